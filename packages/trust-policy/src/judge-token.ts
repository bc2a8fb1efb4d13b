import {
  isLoopbackHost,
  shownValue,
  rolesInToken,
  sourceIdentityInToken,
  tagsInToken,
  type TokenClaims,
} from "@tegata/core";
import type { TrustContext } from "./request-context.ts";
import { audienceOf, claimTexts } from "./claim-texts.ts";

/** Why STS refuses a token before it looks at any trust policy. */
export interface TokenRefusal {
  readonly id:
    | "claim-missing"
    | "claim-kind"
    | "issuer"
    | "audience"
    | "algorithm"
    | "critical"
    | "key-id"
    | "timestamp"
    | "expired"
    | "future"
    | "roles-claim"
    | "tags-claim"
    | "source-identity-claim";
  /** The claim at fault, or the member of the header. */
  readonly claim: string;
  /** `failed`: STS refuses it; `warning`: it may, or it does by now and another token would not be refused. */
  readonly state: "failed" | "warning";
  /** A sentence for a person, without a full stop; text from outside is escaped. */
  readonly message: string;
}

/** A token's header, as it was read; its signature is not looked at. */
export type TokenHeader = Readonly<Record<string, unknown>>;

/** What is judged. */
export interface TokenQuestion {
  readonly claims: TokenClaims;
  readonly header?: TokenHeader | undefined;
  readonly context: Pick<TrustContext, "now" | "roleArn">;
}

/** How long after `exp`, and how far before `iat` and `nbf`, STS still takes a token, in seconds. */
export const stsLeewaySeconds = 300;

const algorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
const maxIssuerCharacters = 255;

/**
 * What STS says of a token alone, in the order in which it looks: header, claims, times, claims of AWS's own. An empty list: it
 * goes on to the provider in IAM, and to the trust policy. The signature and the provider's keys are not judged.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function judgeTokenForSts(question: TokenQuestion): readonly TokenRefusal[] {
  return [
    ...judgeHeader(question.header),
    ...judgeClaims(question.claims),
    ...judgeTimes(question.claims, question.context.now),
    ...judgeAwsClaims(question),
  ];
}

function judgeHeader(header: TokenHeader | undefined): readonly TokenRefusal[] {
  if (header === undefined) {
    return [];
  }
  const { alg, crit, kid } = header;
  return [
    ...(typeof alg === "string" && algorithms.includes(alg)
      ? []
      : [
          failed(
            "algorithm",
            "alg",
            `the token is signed by ${shownValue(alg, 40)}: AWS takes ${algorithms.slice(0, -1).join(", ")} and ${algorithms.at(-1) ?? ""}`,
          ),
        ]),
    ...(crit === undefined
      ? []
      : [failed("critical", "crit", "the header has crit, and AWS refuses every token with it")]),
    ...(typeof kid === "string" && kid !== ""
      ? []
      : [
          warning(
            "key-id",
            "kid",
            "the header names no key (kid): AWS takes the token only if the provider has a single key that fits",
          ),
        ]),
  ];
}

function judgeClaims(claims: TokenClaims): readonly TokenRefusal[] {
  const refusals: TokenRefusal[] = [];
  for (const name of ["iss", "sub", "aud", "iat", "exp"]) {
    if (claims[name] === undefined) {
      refusals.push(failed("claim-missing", name, `the token has no ${name}, which AWS needs`));
    }
  }
  return [...refusals, ...judgeIssuer(claims["iss"]), ...judgeSubject(claims["sub"]), ...judgeAudience(claims)];
}

function judgeIssuer(iss: unknown): readonly TokenRefusal[] {
  if (iss === undefined) {
    return [];
  }
  if (typeof iss !== "string") {
    return [failed("claim-kind", "iss", `iss is ${shownValue(iss, 80)}, and not a text`)];
  }
  const problem = problemOfIssuer(iss);
  // What stands in for an issuer on this machine is known to no AWS anyhow.
  const refuse = isOnLoopback(iss) ? warning : failed;
  return problem === undefined ? [] : [refuse("issuer", "iss", `iss is ${shownValue(iss, 200)}: ${problem}`)];
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html */
function problemOfIssuer(iss: string): string | undefined {
  const name = iss.replace(/^https:\/\//, "");
  if (name === iss && iss !== "accounts.google.com") {
    return "AWS knows only providers whose URL begins with https://";
  }
  if (iss.length > maxIssuerCharacters) {
    return `it has ${iss.length} characters, and an IAM provider's URL has at most ${maxIssuerCharacters}`;
  }
  return /^[^/]*:\d/.test(name) || /[?#]/.test(name) ? "an IAM provider's URL has no port and no query" : undefined;
}

function isOnLoopback(iss: string): boolean {
  return URL.canParse(iss) && isLoopbackHost(new URL(iss).hostname);
}

function judgeSubject(sub: unknown): readonly TokenRefusal[] {
  if (sub === null) {
    return [
      failed(
        "claim-kind",
        "sub",
        "sub is null: AWS answers InternalFailure (Unknown error validating third-party token)",
      ),
    ];
  }
  return sub === undefined || typeof sub === "string" || typeof sub === "number"
    ? []
    : [failed("claim-kind", "sub", `sub is ${shownValue(sub, 80)}, and not a text`)];
}

function judgeAudience(claims: TokenClaims): readonly TokenRefusal[] {
  const { aud, azp } = claims;
  if (aud === undefined) {
    return [];
  }
  const audiences = claimTexts(aud);
  if (audiences.length !== [aud].flat().length) {
    return [failed("claim-kind", "aud", `aud is ${shownValue(aud, 80)}, and neither a text nor a list of texts`)];
  }
  if (audiences.length === 0) {
    return [failed("audience", "aud", "aud is an empty list")];
  }
  if (azp === "") {
    return [failed("audience", "azp", "azp is empty, and where there is one AWS takes it for the audience")];
  }
  if (azp !== undefined && typeof azp !== "string") {
    return [failed("claim-kind", "azp", `azp is ${shownValue(azp, 80)}, and not a text`)];
  }
  if (audienceOf(claims).length > 1) {
    return [
      failed(
        "audience",
        "aud",
        `aud has ${audiences.length} values and the token no azp: let the provider write one audience, or azp`,
      ),
    ];
  }
  return audiences.every((audience) => audience === "") ? [failed("audience", "aud", "aud is empty")] : [];
}

function judgeTimes(claims: TokenClaims, now: Date | undefined): readonly TokenRefusal[] {
  const refusals: TokenRefusal[] = [];
  for (const name of ["exp", "iat", "nbf"]) {
    const value = claims[name];
    const seconds = secondsOf(value);
    if (value === undefined) {
      continue;
    }
    if (seconds === undefined) {
      refusals.push(failed("timestamp", name, `${name} is ${shownValue(value, 80)}: AWS takes whole seconds`));
    } else if (now !== undefined) {
      refusals.push(...judgeTime(name, seconds, Math.floor(now.getTime() / 1000)));
    }
  }
  return refusals;
}

function judgeTime(name: string, seconds: number, now: number): readonly TokenRefusal[] {
  if (name === "exp") {
    return seconds + stsLeewaySeconds < now
      ? [warning("expired", "exp", `the token expired ${shownSpan(now - seconds)} ago, and AWS refuses it by now`)]
      : seconds < now
        ? [
            warning(
              "expired",
              "exp",
              `the token expired ${shownSpan(now - seconds)} ago: AWS takes it for five minutes more`,
            ),
          ]
        : [];
  }
  return seconds > now + stsLeewaySeconds
    ? [
        failed(
          "future",
          name,
          `${name} lies ${shownSpan(seconds - now)} in the future, and AWS takes five minutes: check the provider's clock`,
        ),
      ]
    : [];
}

function judgeAwsClaims({ claims, context: { roleArn } }: TokenQuestion): readonly TokenRefusal[] {
  const roles = rolesInToken(claims);
  const tags = tagsInToken(claims);
  const sourceIdentity = sourceIdentityInToken(claims);
  return [
    ...(roles.state === "invalid" ? [failed("roles-claim", "https://aws.amazon.com/roles", roles.problem)] : []),
    ...(roles.state === "present" && roleArn !== undefined && !roles.value.includes(roleArn)
      ? [
          failed(
            "roles-claim",
            "https://aws.amazon.com/roles",
            `the provider does not let this token assume ${shownValue(roleArn, 200)}: the claim https://aws.amazon.com/roles lists ${shownValue(roles.value[0], 200)}${roles.value.length > 1 ? ` and ${roles.value.length - 1} more` : ""}`,
          ),
        ]
      : []),
    ...(tags.state === "invalid" ? [failed("tags-claim", "https://aws.amazon.com/tags", tags.problem)] : []),
    ...(sourceIdentity.state === "invalid"
      ? [failed("source-identity-claim", "https://aws.amazon.com/source_identity", sourceIdentity.problem)]
      : []),
  ];
}

/** Whole seconds, as a number or as text. */
function secondsOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** `2 minutes`, `3 hours`, `5 days`. */
function shownSpan(seconds: number): string {
  const [count, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [Math.floor(seconds / 60), "minute"]
        : seconds < 172_800
          ? [Math.floor(seconds / 3600), "hour"]
          : [Math.floor(seconds / 86_400), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function failed(id: TokenRefusal["id"], claim: string, message: string): TokenRefusal {
  return { id, claim, state: "failed", message };
}

function warning(id: TokenRefusal["id"], claim: string, message: string): TokenRefusal {
  return { id, claim, state: "warning", message };
}
