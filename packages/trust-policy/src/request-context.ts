import { shownName, rolesInToken, sourceIdentityInToken, tagsInToken, type TokenClaims } from "@tegata/core";
import { explainForeignKey, explainUnknownKey } from "./key-fault.ts";
import { type Provider, providerArn } from "./provider.ts";
import { commonKeys, knownProvider } from "./provider-keys.ts";
import { audienceOf, claimTexts } from "./claim-texts.ts";

/** What is known of the request besides the token. What is left out is unknown, and so is what a condition asks of it. */
export interface TrustContext {
  /** The role that is to be assumed: its account and partition are those of the provider. */
  readonly roleArn?: string | undefined;
  /** Of the role, where its ARN is not known: twelve digits. */
  readonly account?: string | undefined;
  /** Of the role, where its ARN is not known: `aws`, when left out. */
  readonly partition?: string | undefined;
  readonly roleSessionName?: string | undefined;
  /** The role's own tags, all of them. */
  readonly roleTags?: Readonly<Record<string, string>> | undefined;
  /** The region whose STS is asked. */
  readonly region?: string | undefined;
  /** The address from which AWS sees the request. */
  readonly sourceIp?: string | undefined;
  /** When AWS judges the request. */
  readonly now?: Date | undefined;
}

/** What a condition key holds at this request. */
export type KeyValue =
  | { readonly state: "present"; readonly values: readonly string[]; readonly isMultivalued: boolean }
  | { readonly state: "absent"; readonly why: string }
  | { readonly state: "unknown"; readonly why: string };

/** A request for `AssumeRoleWithWebIdentity`, as a trust policy sees it. */
export interface TrustRequest {
  readonly provider: Provider;
  readonly claims: TokenClaims;
  readonly context: TrustContext;
}

/** Account and partition of the role; `undefined` where nobody said. */
export function accountOf(context: TrustContext): { readonly account?: string; readonly partition?: string } {
  const [, partition, , , account] = context.roleArn?.split(":") ?? [];
  const ofRole = account === undefined || account === "" ? context.account : account;
  const ofPartition = partition ?? context.partition;
  return {
    ...(ofRole === undefined ? {} : { account: ofRole }),
    ...(ofPartition === undefined ? {} : { partition: ofPartition }),
  };
}

/**
 * The value of a condition key. Names of keys are the same in any case.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function readKey(key: string, request: TrustRequest): KeyValue {
  const lower = key.toLowerCase();
  const prefix = `${request.provider.name.toLowerCase()}:`;
  if (lower.startsWith(prefix)) {
    return readProviderKey(lower.slice(prefix.length), request);
  }
  const [, tagged, tagKey] =
    /^(aws:requesttag|aws:resourcetag|iam:resourcetag|aws:principaltag)\/(.+)$/is.exec(key) ?? [];
  if (tagged !== undefined && tagKey !== undefined) {
    return readTag(tagged.toLowerCase(), tagKey, request);
  }
  const read = globalKeys.get(lower);
  if (read !== undefined) {
    return read(request);
  }
  return lower.startsWith("aws:")
    ? unknown(`this version does not know the key ${shownName(key)}`)
    : absent(explainForeignKey(key, request.provider));
}

function readProviderKey(name: string, request: TrustRequest): KeyValue {
  const { claims, provider } = request;
  const own = knownProvider(provider.name)?.keys.find((key) => key.name.toLowerCase() === name);
  if (own !== undefined) {
    return own.claim === undefined
      ? unknown(`AWS does not say which claim fills ${shownName(own.name)}`)
      : readClaim(own.claim, claims[own.claim]);
  }
  if (!commonKeys.includes(name)) {
    return absent(explainUnknownKey(name, request));
  }
  switch (name) {
    case "aud":
      return audienceOf(claims).length > 1
        ? unknown("STS refuses a token with several audiences and no azp")
        : fromTexts(audienceOf(claims), "the token has no aud");
    case "oaud":
      return readClaim("aud", claims["aud"]);
    case "amr":
      return multivalued(readClaim("amr", claims["amr"]));
    default:
      return readClaim(name, claims[name]);
  }
}

function readClaim(name: string, value: unknown): KeyValue {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? unknown(`the claim ${shownName(name)} is a table`)
    : fromTexts(claimTexts(value), `the token has no claim ${shownName(name)}${onlyWhen(name)}`);
}

/** Why a token may well lack a claim. */
function onlyWhen(name: string): string {
  return name === "environment" ? ": only a job with an environment has it" : "";
}

function readTag(kind: string, tagKey: string, { claims, context }: TrustRequest): KeyValue {
  if (kind === "aws:principaltag") {
    return absent("a web identity has no tags of its own before it assumes the role: use aws:RequestTag");
  }
  if (kind !== "aws:requesttag") {
    if (context.roleTags === undefined) {
      return unknown("the role's tags are not at hand");
    }
    const found = Object.entries(context.roleTags).find(([name]) => name.toLowerCase() === tagKey.toLowerCase());
    return fromTexts(found === undefined ? [] : [found[1]], `the role has no tag ${shownName(tagKey)}`);
  }
  const tags = tagsInToken(claims);
  const all = tags.state === "present" ? [...tags.value.tags] : [];
  const found = all.find(([name]) => name.toLowerCase() === tagKey.toLowerCase());
  return fromTexts(found === undefined ? [] : [found[1]], `the token has no session tag ${shownName(tagKey)}`);
}

type ReadGlobalKey = (request: TrustRequest) => KeyValue;

const atEveryCall = "it depends on who calls, and from where";
const noPrincipal = "a web identity has it only once it has assumed the role";
const notOfThisCall = "it is no parameter of AssumeRoleWithWebIdentity";

/** Keys that do not depend on the provider, in lower case. */
const globalKeys: ReadonlyMap<string, ReadGlobalKey> = new Map<string, ReadGlobalKey>([
  ["sts:rolesessionname", ({ context }) => known(context.roleSessionName, "the role session name is not at hand")],
  ["sts:sourceidentity", readSourceIdentity],
  ["sts:transitivetagkeys", (request) => readTagKeys(request, "transitive")],
  ["aws:tagkeys", (request) => readTagKeys(request, "all")],
  ["sts:roleauthorizedbyidp", readRoleAuthorizedByIdp],
  ["aws:federatedprovider", ({ provider, context }) => readFederatedProvider(provider, context)],
  ["aws:userid", ({ provider, context }) => readFederatedProvider(provider, context)],
  ["aws:principaltype", () => single("User")],
  ["aws:principalaccount", ({ context }) => known(accountOf(context).account, "the role's account is not at hand")],
  ["aws:resourceaccount", ({ context }) => known(accountOf(context).account, "the role's account is not at hand")],
  ["aws:requestedregion", ({ context }) => known(context.region, "the region of STS is not at hand")],
  ["aws:sourceip", ({ context }) => known(context.sourceIp, "AWS sees the caller's address, and nobody here knows it")],
  ["aws:currenttime", ({ context }) => known(context.now?.toISOString(), "the time is not at hand")],
  ["aws:epochtime", ({ context }) => known(epochSeconds(context.now), "the time is not at hand")],
  ["aws:securetransport", () => single("true")],
  ["aws:viaawsservice", () => single("false")],
  ["aws:principalisawsservice", () => single("false")],
  ...["aws:useragent", "aws:referer", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn"].map(
    (key) => [key, () => unknown(atEveryCall)] as const,
  ),
  ...["aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"].map((key) => [key, () => unknown(atEveryCall)] as const),
  ...["aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgid", "aws:resourceorgpaths"].map(
    (key) => [key, () => unknown("the organization of the account is not at hand")] as const,
  ),
  ...["aws:principalarn", "aws:username", "aws:multifactorauthpresent", "aws:multifactorauthage"].map(
    (key) => [key, () => absent(noPrincipal)] as const,
  ),
  ...["aws:tokenissuetime", "aws:principalservicename", "aws:principalservicenameslist", "aws:calledvia"].map(
    (key) => [key, () => absent(noPrincipal)] as const,
  ),
  ...["sts:externalid", "sts:awsservicename", "sts:durationseconds", "sts:taskpolicyarn"].map(
    (key) => [key, () => absent(notOfThisCall)] as const,
  ),
  ...["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"].map(
    (key) => [key, () => absent("only an AWS service that calls fills it")] as const,
  ),
]);

function readSourceIdentity({ claims }: TrustRequest): KeyValue {
  const sourceIdentity = sourceIdentityInToken(claims);
  return sourceIdentity.state === "present" ? single(sourceIdentity.value) : absent("the token has no source identity");
}

function readTagKeys({ claims }: TrustRequest, which: "all" | "transitive"): KeyValue {
  const tags = tagsInToken(claims);
  const keys =
    tags.state !== "present" ? [] : which === "all" ? [...tags.value.tags.keys()] : tags.value.transitiveKeys;
  return keys.length === 0
    ? absent(which === "all" ? "the token has no session tags" : "the token has no transitive session tags")
    : { state: "present", values: keys, isMultivalued: true };
}

function readRoleAuthorizedByIdp({ claims, context }: TrustRequest): KeyValue {
  const roles = rolesInToken(claims);
  if (roles.state === "absent") {
    return single("false");
  }
  return roles.state === "present" && context.roleArn !== undefined
    ? single(String(roles.value.includes(context.roleArn)))
    : unknown("the ARN of the role is not at hand");
}

function readFederatedProvider(provider: Provider, context: TrustContext): KeyValue {
  const { account, partition } = accountOf(context);
  return provider.builtIn !== undefined
    ? single(provider.builtIn)
    : known(
        account === undefined ? undefined : providerArn(provider, account, partition),
        "the role's account is not at hand",
      );
}

function epochSeconds(now: Date | undefined): string | undefined {
  return now === undefined ? undefined : String(Math.floor(now.getTime() / 1000));
}

function fromTexts(values: readonly string[], whyAbsent: string): KeyValue {
  return values.length === 0 ? absent(whyAbsent) : { state: "present", values, isMultivalued: values.length > 1 };
}

function known(value: string | undefined, whyUnknown: string): KeyValue {
  return value === undefined ? unknown(whyUnknown) : single(value);
}

function multivalued(value: KeyValue): KeyValue {
  return value.state === "present" ? { ...value, isMultivalued: true } : value;
}

function single(value: string): KeyValue {
  return { state: "present", values: [value], isMultivalued: false };
}

function absent(why: string): KeyValue {
  return { state: "absent", why };
}

function unknown(why: string): KeyValue {
  return { state: "unknown", why };
}
