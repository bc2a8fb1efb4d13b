import * as v from "valibot";
import { isTegataError, TegataError, type ErrorCode } from "../base/errors.ts";
import { printable, wordsOf } from "../base/foreign-text.ts";
import { isBrokenConnection } from "../base/http.ts";
import { partitionNamed } from "./partition.ts";
import { knownRegions } from "./region.ts";
import type { RoleArn } from "./role-arn.ts";
import type { IdTokenForSts } from "../oidc/verified-id-token.ts";

/** What was asked of STS: the values that an error has to name. */
export interface StsErrorContext {
  readonly idToken: IdTokenForSts;
  readonly role: RoleArn;
  readonly durationSeconds: number;
  readonly region: string;
  /** The base URL of another STS than the region's own. */
  readonly endpoint?: string | undefined;
}

/** A failed request: ours to show, and whether the same request can succeed a moment later. */
export interface StsFailure {
  readonly error: unknown;
  readonly transient: boolean;
}

/** What messages and hints are made of. All of it is printable, none of it is secret. */
interface Facts {
  /** AWS's own words. */
  readonly words: string;
  readonly role: string;
  readonly account: string;
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly durationSeconds: number;
  readonly region: string;
  readonly otherRegion: string;
  readonly carriesTags: boolean;
}

interface Row {
  /** AWS's codes, without the `Exception` that some of them end in. */
  readonly awsCodes: readonly string[];
  /** Which of AWS's messages; all of them when left out. */
  readonly words?: RegExp;
  readonly code: ErrorCode;
  /** AWS asks to try again. */
  readonly transient?: true;
  readonly message: (facts: Facts) => string;
  readonly hint?: (facts: Facts) => string;
  /** A new sign-in helps, after what the hint asks for. */
  readonly nextCommand?: "login";
}

const throttlingCodes =
  "Throttling Throttled ThrottledException ThrottlingException RequestThrottled RequestLimitExceeded TooManyRequests SlowDown BandwidthLimitExceeded PriorRequestNotComplete";

/** The first row that fits counts. The codes and messages are those of `AssumeRoleWithWebIdentity`, and MinIO's. */
const rows: readonly Row[] = [
  {
    awsCodes: ["ExpiredToken"],
    code: "sts_id_token_expired",
    message: ({ words }) => `AWS says that the ID token has expired: ${words}`,
    hint: () => "check this machine's clock",
    nextCommand: "login",
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /no openidconnect provider found/i,
    code: "sts_provider_unknown",
    message: ({ account, issuer }) => `${account} has no IAM OIDC provider for the issuer ${issuer}`,
    hint: ({ account, issuer, audience }) =>
      `create it in ${account} with exactly the URL ${issuer} (${slash(issuer)}) and the client id ${audience}`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /audience/i,
    code: "sts_audience_rejected",
    message: ({ account, issuer, audience }) =>
      `the IAM OIDC provider for ${issuer} in ${account} does not list the client id ${audience}`,
    hint: ({ audience }) => `add ${audience} to the client ids (audiences) of that provider`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /retrieve verification key/i,
    code: "sts_verification_key_unavailable",
    transient: true,
    message: ({ issuer }) => `AWS could not fetch the signing key of ${issuer}`,
    hint: ({ issuer }) => `try again; ${discoveryUrl(issuer)} and its jwks_uri must answer from the internet`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /thumbprint|certificate/i,
    code: "sts_id_token_rejected",
    message: ({ issuer, words }) => `AWS does not trust the certificate of ${issuer}: ${words}`,
    hint: ({ account, issuer }) => `update the thumbprints of the IAM OIDC provider for ${issuer} in ${account}`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /missing a required claim/i,
    code: "sts_id_token_rejected",
    message: ({ words }) => `the ID token lacks a claim that AWS needs: ${words}`,
    hint: ({ issuer }) => `let ${issuer} put iss, sub, aud, exp and iat into its ID tokens`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    code: "sts_id_token_rejected",
    message: ({ words }) => `AWS refuses the ID token: ${words}`,
    hint: ({ issuer, audience }) => `let ${issuer} sign the ID tokens for ${audience} with RS256 or ES256`,
    nextCommand: "login",
  },
  {
    awsCodes: ["IDPCommunicationError"],
    code: "sts_idp_unreachable",
    transient: true,
    message: ({ issuer }) => `AWS cannot reach the identity provider ${issuer}`,
    hint: ({ issuer }) => `try again; ${discoveryUrl(issuer)} must answer from the internet`,
  },
  {
    awsCodes: ["IDPRejectedClaim"],
    code: "sts_claim_rejected",
    message: ({ issuer, words }) => `${issuer} told AWS that the sign-in does not hold any more: ${words}`,
    nextCommand: "login",
  },
  {
    awsCodes: ["AccessDenied"],
    code: "sts_access_denied",
    message: ({ role, words }) => `AWS does not let this sign-in assume ${role}: ${words}`,
    hint: ({ issuer, audience, subject, carriesTags }) =>
      `compare the role's trust policy with iss ${issuer}, aud ${audience}, sub ${subject}` +
      (carriesTags ? "; the ID token carries session tags, so it must allow sts:TagSession too" : ""),
  },
  {
    awsCodes: ["ValidationError", "InvalidParameterValue"],
    words: /durationseconds|maxsessionduration/i,
    code: "sts_duration_rejected",
    message: ({ durationSeconds, role, words }) => `${durationSeconds} seconds are too long for ${role}: ${words}`,
    hint: () => "pass --duration 1h, or raise the role's MaxSessionDuration",
  },
  {
    awsCodes: ["MalformedPolicyDocument"],
    code: "sts_policy_rejected",
    message: ({ words }) => `AWS cannot read the session policy: ${words}`,
    hint: () => "correct the session policy",
  },
  {
    awsCodes: ["PackedPolicyTooLarge"],
    code: "sts_policy_rejected",
    message: ({ words }) => `session policy and session tags are too large together: ${words}`,
    hint: () => "use a shorter session policy, or fewer and shorter session tags in the ID token",
  },
  {
    awsCodes: ["RegionDisabled"],
    code: "sts_region_disabled",
    message: ({ region, account }) => `STS is not active in ${region} for ${account}`,
    hint: ({ region, otherRegion }) =>
      `name another region, like --region ${otherRegion}, or activate STS in ${region}`,
  },
  {
    awsCodes: throttlingCodes.split(" "),
    code: "sts_throttled",
    transient: true,
    message: ({ words }) => `STS asks to slow down: ${words}`,
    hint: () => "try again in a moment",
  },
  {
    awsCodes: ["ServiceUnavailable", "InternalFailure", "InternalError", "InternalServerError", "RequestTimeout"],
    code: "sts_unavailable",
    transient: true,
    message: ({ words }) => `STS cannot answer right now: ${words}`,
    hint: () => "try again in a moment",
  },
  {
    awsCodes: ["InvalidParameterValue"],
    words: /verification error|token|claim|signature/i,
    code: "sts_id_token_rejected",
    message: ({ words }) => `the store refuses the ID token: ${words}`,
    hint: ({ issuer, audience }) => `let the store trust the issuer ${issuer} and the client id ${audience}`,
  },
  {
    awsCodes: ["ValidationError"],
    words: /rolesessionname/i,
    code: "sts_request_invalid",
    message: ({ words }) => `STS refuses the role session name: ${words}`,
    hint: () => "pass another --role-session-name: 2 to 64 letters, digits and _+=,.@-",
  },
  {
    awsCodes: ["ValidationError", "InvalidParameterValue"],
    code: "sts_request_invalid",
    message: ({ role, words }) => `STS refuses the request for ${role}: ${words}`,
    hint: ({ role }) => `check the role: ${role}`,
  },
];

/** The SDK's exceptions, reduced to what AWS said. */
const sdkErrorSchema = v.object({
  message: v.fallback(v.string(), ""),
  Error: v.fallback(v.optional(v.object({ Code: v.optional(v.string()) })), undefined),
  $metadata: v.object({ httpStatusCode: v.number(), requestId: v.fallback(v.optional(v.string()), undefined) }),
});

/**
 * Judges what a request to STS threw. An error that did not come from an answer of STS is handed back as it is.
 *
 * The SDK's error is not kept as `cause`: it carries the raw answer, which may hold keys.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
 */
export function explainStsError(thrown: unknown, context: StsErrorContext): StsFailure {
  if (isTegataError(thrown)) {
    const error = ofUnknownRegion(thrown, context);
    return { error, transient: thrown.code === "sts_unreachable" && isBrokenConnection(thrown) };
  }
  const parsed = v.safeParse(sdkErrorSchema, thrown);
  if (!parsed.success) {
    return { error: thrown, transient: false };
  }
  const { httpStatusCode: httpStatus, requestId } = parsed.output.$metadata;
  const awsCode = parsed.output.Error?.Code;
  const words = wordsOf(parsed.output.message.replaceAll(context.idToken.jwt, "…"));
  const details = {
    httpStatus,
    ...(awsCode === undefined ? {} : { awsCode: printable(awsCode, 80) }),
    ...(requestId === undefined ? {} : { requestId: printable(requestId, 80) }),
  };
  const row = rows.find((candidate) => fits(candidate, awsCode, words));
  if (row !== undefined) {
    const facts = factsOf(context, words);
    const hint = row.hint === undefined ? undefined : `${row.hint(facts)}${aboutVerification(row, context.idToken)}`;
    const error = new TegataError(row.code, row.message(facts), {
      ...(hint === undefined ? {} : { hint }),
      ...(row.nextCommand === undefined ? {} : { nextCommand: row.nextCommand }),
      details,
    });
    return { error, transient: row.transient === true };
  }
  if (httpStatus === 429 || httpStatus >= 500) {
    const error = new TegataError(
      httpStatus === 429 ? "sts_throttled" : "sts_unavailable",
      `STS answers HTTP ${httpStatus}${awsCode === undefined ? "" : ` (${printable(awsCode, 80)})`}`,
      { hint: "try again in a moment", details },
    );
    return { error, transient: true };
  }
  return {
    error: awsCode === undefined ? notSts(httpStatus, details) : unknownCode(awsCode, words, details),
    transient: false,
  };
}

/** A region that passed by its shape alone may not exist: its host does not either. */
function ofUnknownRegion(error: TegataError, { region, endpoint }: StsErrorContext): TegataError {
  if (error.code !== "sts_unreachable" || endpoint !== undefined || knownRegions.includes(region)) {
    return error;
  }
  return new TegataError(error.code, error.message, {
    hint: `check the region: ${region} is not one that this version knows${error.hint === undefined ? "" : `; if it is right, ${error.hint}`}`,
    details: { ...error.details, region },
    cause: error.cause,
  });
}

/** Something answered that is not STS: a proxy's page, a wrong endpoint. */
export function notSts(httpStatus: number | undefined, details: TegataError["details"] = {}): TegataError {
  return new TegataError(
    "sts_invalid_response",
    `the answer${httpStatus === undefined ? "" : ` (HTTP ${httpStatus})`} is not from STS`,
    { hint: "check AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL and the proxy variables", details },
  );
}

function unknownCode(awsCode: string, words: string, details: TegataError["details"]): TegataError {
  return new TegataError("sts_rejected", `STS refuses: ${words} (${printable(awsCode, 80)})`, {
    hint: "look the code up in the documentation of AssumeRoleWithWebIdentity",
    details,
  });
}

function fits(row: Row, awsCode: string | undefined, words: string): boolean {
  return (
    awsCode !== undefined &&
    row.awsCodes.includes(awsCode.replace(/Exception$/, "")) &&
    (row.words === undefined || row.words.test(words))
  );
}

function factsOf({ idToken, role, durationSeconds, region }: StsErrorContext, words: string): Facts {
  const defaultRegion = partitionNamed(role.partition)?.defaultRegion ?? "us-east-1";
  return {
    words,
    role: role.arn,
    account: role.accountId === undefined ? "the role's account" : `account ${role.accountId}`,
    issuer: printable(idToken.claims.iss),
    audience: printable(idToken.claims.aud.join(", ")),
    subject: printable(idToken.claims.sub),
    durationSeconds,
    region,
    otherRegion: region === defaultRegion && role.partition === "aws" ? "us-east-2" : defaultRegion,
    carriesTags: carriesSessionTags(idToken.jwt),
  };
}

/** Where nobody here could verify the token, AWS is the first to find out what is wrong with it or with its issuer. */
function aboutVerification({ awsCodes }: Row, idToken: IdTokenForSts): string {
  const isAboutToken = awsCodes.some((code) => ["InvalidIdentityToken", "IDPCommunicationError"].includes(code));
  return isAboutToken && "whyUnverified" in idToken ? `; from here too, ${idToken.whyUnverified}` : "";
}

function slash(issuer: string): string {
  return issuer.endsWith("/") ? "with the slash at its end" : "without a slash at its end";
}

function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** Session tags come from a claim of AWS's own name; the role must allow `sts:TagSession` for them. */
function carriesSessionTags(jwt: string): boolean {
  const payload = jwt.split(".")[1] ?? "";
  try {
    const claims = v.parse(
      v.record(v.string(), v.unknown()),
      JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))),
    );
    return Object.keys(claims).some((name) => name.startsWith("https://aws.amazon.com/tags"));
  } catch {
    return false;
  }
}
