import { shownName } from "@tegata/core";
import { nearestName } from "./nearest-name.ts";
import type { SectionKind } from "./setting-definitions.ts";

/** What other tools call what stands in a settings file, in lower case and without separators. */
const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  ["role_arn", ["role", "arn", "awsrole", "iamrole", "iamrolearn", "assumerole", "assumerolearn", "roletoassume"]],
  ["role_session_name", ["sessionname", "rolesession"]],
  ["duration", ["durationseconds", "roledurationseconds", "sessionduration", "maxsessionduration", "ttl", "lifetime"]],
  ["region", ["defaultregion", "stsregion"]],
  ["idp", ["provider", "identityprovider"]],
  ["type", ["kind"]],
  ["issuer", ["issuerurl", "issueruri", "url", "providerurl", "authority"]],
  ["domain", ["host", "auth0domain"]],
  ["client_id", ["client", "app", "appid", "applicationid"]],
  ["sts_endpoint", ["endpoint", "endpointurl", "endpointurlsts"]],
  ["token_file", ["webidentitytokenfile"]],
  ["default_profile", ["default"]],
]);

const otherSections: ReadonlyMap<string, SectionKind> = new Map([
  ["idp", "idp"],
  ["idps", "idp"],
  ["provider", "idp"],
  ["identityprovider", "idp"],
  ["ssosession", "idp"],
  ["profile", "profile"],
  ["profiles", "profile"],
]);

/** Keys of `~/.aws/config` that mean nothing here, and why. */
const awsKeys: readonly (readonly [RegExp, string])[] = [
  [
    /^sso/,
    "is for AWS IAM Identity Center: here people sign in at an OpenID Connect provider, named by issuer or domain and client_id in [idp.NAME]",
  ],
  [/^aws(accesskeyid|secretaccesskey|sessiontoken)$/, "is a key of AWS, and others are fetched here: leave it out"],
  [
    /^(credentialsource|credentialprocess|mfaserial|output|s3|services|retrymode|cli\w*)$/,
    "is for ~/.aws/config, and unknown here: leave it out",
  ],
];

/** The key that was meant: the same in another spelling, what other tools call it, or a name with a slip in it. */
export function meantKey(key: string, known: readonly string[]): string | undefined {
  return sameKey(key, known) ?? (ofAws(key) === undefined ? nearestName(key, known) : undefined);
}

/** The message about an unknown key: `none` and `; did you mean role_arn?`, or why there is no such key; else `undefined`. */
export function explainMeantKey(key: string, none: string, known: readonly string[]): string | undefined {
  const meant = meantKey(key, known);
  return meant === undefined ? ofAws(key) : `${none}; did you mean ${shownName(meant)}?`;
}

/** The kind of section that a word names in another tool's file, or with a slip in it. */
export function meantSection(word: string): SectionKind | undefined {
  const nearest = nearestName(word, ["profile", "idp"]);
  return otherSections.get(bare(word)) ?? (nearest === "profile" || nearest === "idp" ? nearest : undefined);
}

function sameKey(key: string, known: readonly string[]): string | undefined {
  const spellings = new Set([bare(key), bare(key).replace(/^(aws|tegata|oidc)/, "")]);
  return (
    known.find((each) => spellings.has(bare(each))) ??
    known.find((each) => otherNames.get(each)?.some((other) => spellings.has(other)))
  );
}

function ofAws(key: string): string | undefined {
  return awsKeys.find(([pattern]) => pattern.test(bare(key)))?.[1];
}

/** Without case and separators: `roleArn`, `role-arn` and `role_arn` are one. */
function bare(key: string): string {
  return key.slice(0, 100).toLowerCase().replaceAll(/[-_ ]/g, "");
}
