import { printable, shownName, shownValue, TegataError, toSafeJson } from "@tegata/core";
import type { RoleLink, WhoAmI } from "@tegata/engine";
import { type Command, jsonFlag } from "../command.ts";
import type { Row } from "../terminal/two-columns.ts";
import { until } from "../terminal/until.ts";
import { writeSections } from "../terminal/write-pages.ts";

const flag = (description: string) =>
  ({ kind: "boolean", choices: undefined, defaultText: undefined, description }) as const;

/** Of a claim, as many characters are shown, and of claims as many as this. */
const maxClaimCharacters = 500;
const maxClaims = 200;

/** Who the next command is for AWS. Asks nobody, and shows no token and no key. */
export const whoamiCommand: Command = {
  name: "whoami",
  summary: "say who the next command is for AWS, and until when",
  group: "person",
  argument: "profile",
  flags: {
    claims: flag("every claim of the ID token as well"),
    verify: flag("ask AWS whose credentials these are, too"),
    json: jsonFlag,
  },
  examples: [
    { line: "whoami dev", what: "by what is stored" },
    { line: "whoami dev --verify", what: "and by what AWS says" },
  ],
  async run(context) {
    const { flags, system } = context;
    const who = await context.whoAmI({ verify: flags["verify"] === true });
    refuseOther(who);
    const claims = flags["claims"] === true ? who.claims : undefined;
    if (flags["json"] === true) {
      await system.writeStdout(`${toSafeJson(objectOf(who, claims))}\n`);
      return;
    }
    await writeSections(
      [
        { heading: headingOf(who), rows: rowsOf(who, system.clock.now()) },
        ...(flags["claims"] === true ? [claimsSection(claims)] : []),
      ],
      context,
    );
  },
};

/** The STS that was asked is not that of the credentials, or stands in for it. */
function refuseOther({ caller, roles }: WhoAmI): void {
  const stored = roles.at(-1)?.assumedRoleArn;
  if (caller !== undefined && stored !== undefined && caller.arn !== stored) {
    throw new TegataError(
      "sts_invalid_response",
      `AWS says that the credentials are those of ${printable(caller.arn, 300)}, and they were given out for ${printable(stored, 300)}`,
      { hint: "check AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL and the proxy variables" },
    );
  }
}

function objectOf(
  { profile, idp, issuer, subject, email, roles, sessionTags, sourceIdentity, caller }: WhoAmI,
  claims: WhoAmI["claims"],
): unknown {
  const last = roles.at(-1);
  return {
    profile,
    idp,
    issuer,
    subject,
    email,
    account: caller?.accountId ?? last?.account,
    roleArn: last?.roleArn,
    assumedRoleArn: caller?.arn ?? last?.assumedRoleArn,
    roleSessionName: last?.roleSessionName,
    expiresAt: last?.expiresAt,
    sessionTags: Object.keys(sessionTags).length === 0 ? undefined : sessionTags,
    sourceIdentity,
    roles: roles.length > 1 ? roles : undefined,
    caller,
    claims,
  };
}

function headingOf({ email, subject, idpKind, profile }: WhoAmI): string {
  const name = email ?? subject;
  const of = profile === undefined ? "" : `, profile ${shownName(profile, 200)}`;
  return `${idpKind === "workload" ? shownName(subject, 200) : shownName(name, 200)}${of}`;
}

function rowsOf(who: WhoAmI, now: number): readonly Row[] {
  const { idp, issuer, subject, roles, sessionTags, sourceIdentity, caller } = who;
  const tags = Object.entries(sessionTags).map(([key, value]) => `${shownName(key)}=${shownName(value, 120)}`);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["provider", `${shownName(idp)} at ${printable(issuer, 300)}`],
    ["subject", shownValue(subject, 300)],
    ...rolesOf(roles, now),
    ["tags", tags.length === 0 ? undefined : tags.join(", ")],
    ["source identity", sourceIdentity === undefined ? undefined : shownName(sourceIdentity)],
    ["AWS says", caller === undefined ? undefined : `${printable(caller.arn, 400)} (${printable(caller.userId, 200)})`],
    ["CloudTrail", roles.length === 0 ? undefined : evidenceOf(who)],
  ];
  return facts.flatMap(([label, words]) => (words === undefined ? [] : [{ label: `  ${label}`, words }]));
}

function rolesOf(roles: readonly RoleLink[], now: number): readonly (readonly [string, string | undefined])[] {
  if (roles.length === 0) {
    return [["role", "none is named"]];
  }
  return roles.flatMap(({ roleArn, roleSessionName, account, expiresAt }, index) => [
    ["account", index === roles.length - 1 ? account : undefined] as const,
    [index === 0 ? "role" : "then", printable(roleArn, 300)] as const,
    ["session", roleSessionName === undefined ? undefined : shownName(roleSessionName)] as const,
    [
      "credentials",
      expiresAt === undefined ? "none yet: the next command gets them" : until(Date.parse(expiresAt), now),
    ] as const,
  ]);
}

/**
 * What of CloudTrail a reviewer can build on. The name of a session is of the person's own choice where no trust policy says
 * otherwise.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
 */
function evidenceOf({ subject, sourceIdentity, roles }: WhoAmI): string {
  const begun = `the event AssumeRoleWithWebIdentity has the subject ${shownValue(subject, 120)} as userIdentity.userName, from the signed token`;
  const source =
    sourceIdentity === undefined
      ? ""
      : `; every event has userIdentity.sessionContext.sourceIdentity ${shownValue(sourceIdentity)}, which no later step can change`;
  const name = roles.at(-1)?.roleSessionName;
  return `${begun}${source}${name === undefined ? "" : `; the session's name ${shownName(name)} proves nothing unless a trust policy pins sts:RoleSessionName`}`;
}

function claimsSection(claims: WhoAmI["claims"]): { readonly heading: string; readonly rows: readonly Row[] } {
  const names = Object.keys(claims ?? {}).sort();
  const rows = names.slice(0, maxClaims).map((name) => ({
    label: `  ${shownName(name, 120)}`,
    words: printable(toSafeJson(claims?.[name] ?? null), maxClaimCharacters),
  }));
  const more = names.length > maxClaims ? [{ label: "  …", words: `${names.length - maxClaims} more` }] : [];
  return {
    heading:
      claims === undefined ? "no ID token is stored, and so no claims" : "claims of the ID token, as it has them",
    rows: [...rows, ...more],
  };
}
