import * as v from "valibot";
import { isTegataError, TegataError, wordingOf, type ErrorCode } from "../base/errors.ts";
import { hint, type HintInput, or, setting } from "../base/wording.ts";
import { printable, wordsOf } from "../base/foreign-text.ts";
import { isBrokenConnection } from "../base/http.ts";
import { partitionNamed } from "./partition.ts";
import { knownRegions } from "./region.ts";
import type { RoleArn } from "./role-arn.ts";

/** What was asked of STS: the values that an error has to name. */
export interface StsErrorContext {
  readonly role: RoleArn;
  readonly durationSeconds: number;
  readonly region: string;
  /** The base URL of another STS than the region's own. */
  readonly endpoint: string | undefined;
}

/** A failed request: ours to show, and whether the same request can succeed a moment later. */
export interface StsFailure {
  readonly error: unknown;
  readonly transient: boolean;
}

/** What messages and hints of every operation are made of. All of it is printable, none of it is secret. */
export interface StsMessageParts {
  /** AWS's own words. */
  readonly words: string;
  readonly role: string;
  readonly account: string;
  readonly durationSeconds: number;
  readonly region: string;
  readonly otherRegion: string;
}

/** What an error of STS means. */
export interface StsErrorRow<Parts extends StsMessageParts> {
  /** AWS's codes, without the `Exception` that some of them end in. */
  readonly awsCodes: readonly string[];
  /** Which of AWS's messages; all of them when left out. */
  readonly words?: RegExp;
  readonly code: ErrorCode;
  /** AWS asks to try again. */
  readonly transient?: true;
  readonly message: (parts: Parts) => string;
  readonly hint?: (parts: Parts) => HintInput;
}

/** What the errors of one operation mean. */
interface StsErrorTable<Parts extends StsMessageParts> {
  /** As AWS calls it. */
  readonly operation: string;
  /** The first row that fits counts; after these come the rows of every operation. */
  readonly rows: readonly StsErrorRow<Parts>[];
  /** What these rows need besides. */
  readonly parts: (common: StsMessageParts) => Parts;
  /** What an answer may repeat, and no message may. */
  readonly secrets: readonly string[];
}

const throttlingCodes =
  "Throttling Throttled ThrottledException ThrottlingException RequestThrottled RequestLimitExceeded TooManyRequests SlowDown BandwidthLimitExceeded PriorRequestNotComplete";

/** What the errors mean that every operation has, in AWS's words and MinIO's. */
const commonRows: readonly StsErrorRow<StsMessageParts>[] = [
  {
    awsCodes: ["ValidationError", "InvalidParameterValue"],
    words: /durationseconds|maxsessionduration/i,
    code: "sts_duration_rejected",
    message: ({ durationSeconds, role, words }) => `${durationSeconds} seconds are too long for ${role}: ${words}`,
    hint: () => [hint`pass ${setting("duration", "1h")}`, or`raise the role's MaxSessionDuration`],
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
    message: ({ role, words }) =>
      `session policy and session tags for ${role} are too large together: ${packedSize(words)}`,
    hint: () =>
      hint`use a shorter session policy, managed policies by ${setting("session_policy_arns")} in its place, or fewer and shorter session tags, those of the ID token and of roles before included`,
  },
  {
    awsCodes: ["RegionDisabled"],
    code: "sts_region_disabled",
    message: ({ region, account }) => `STS is not active in ${region} for ${account}`,
    hint: ({ region, otherRegion }) => [
      hint`name another region, like ${setting("region", otherRegion)}`,
      or`activate STS in ${region}`,
    ],
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
    awsCodes: ["ValidationError"],
    words: /rolesessionname/i,
    code: "sts_request_invalid",
    message: ({ words }) => `STS refuses the role session name: ${words}`,
    hint: () => hint`pass another ${setting("role_session_name", "NAME")}: 2 to 64 letters, digits and _+=,.@-`,
  },
  {
    awsCodes: ["ValidationError", "InvalidParameterValue"],
    code: "sts_request_invalid",
    message: ({ role, words }) => `STS refuses the request for ${role}: ${words}`,
    hint: ({ role }) => `check the role: ${role}`,
  },
];

/** AWS packs them before it measures, so that no count of characters tells the size. */
function packedSize(words: string): string {
  const percent = /(\d+) ?%/.exec(words)?.[1];
  return percent === undefined ? words : `packed, they take ${percent} % of the space that AWS has for them (${words})`;
}

/** The SDK's exceptions, reduced to what AWS said. */
const sdkErrorSchema = v.object({
  message: v.fallback(v.string(), ""),
  Error: v.fallback(v.optional(v.object({ Code: v.optional(v.string()) })), undefined),
  $metadata: v.object({ httpStatusCode: v.number(), requestId: v.fallback(v.optional(v.string()), undefined) }),
});

/**
 * Judges what a request to STS threw. An error that did not come from an answer of STS is handed back as it is.
 *
 * The SDK's error is not stored as `cause`: it carries the raw answer, which may hold keys.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
export function explainStsError<Parts extends StsMessageParts>(
  thrown: unknown,
  context: StsErrorContext,
  table: StsErrorTable<Parts>,
): StsFailure {
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
  const words = wordsOf(table.secrets.reduce((text, secret) => text.replaceAll(secret, "…"), parsed.output.message));
  const details = {
    httpStatus,
    ...(awsCode === undefined ? {} : { awsCode: printable(awsCode, 80) }),
    ...(requestId === undefined ? {} : { requestId: printable(requestId, 80) }),
  };
  const parts = table.parts(partsOf(context, words));
  const row = [...table.rows, ...commonRows].find((candidate) => fits(candidate, awsCode, words));
  if (row !== undefined) {
    const error = new TegataError(row.code, row.message(parts), {
      hint: row.hint?.(parts),
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
    error: awsCode === undefined ? notSts(httpStatus, details) : unknownCode(awsCode, words, table.operation, details),
    transient: false,
  };
}

/** A region that passed by its shape alone may not exist: its host does not either. */
function ofUnknownRegion(error: TegataError, { region, endpoint }: StsErrorContext): TegataError {
  if (error.code !== "sts_unreachable" || endpoint !== undefined || knownRegions.includes(region)) {
    return error;
  }
  const said = wordingOf(error);
  const [first, ...others] = said.hint ?? [];
  return new TegataError(error.code, said.message, {
    hint: [
      hint`check the region: ${region} is not one that this version knows`,
      ...(first === undefined ? [] : [hint`if it is right, ${first.words}`]),
      ...others,
    ],
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

function unknownCode(awsCode: string, words: string, operation: string, details: TegataError["details"]): TegataError {
  return new TegataError("sts_rejected", `STS refuses: ${words} (${printable(awsCode, 80)})`, {
    hint: `look the code up in the documentation of ${operation}`,
    details,
  });
}

function fits<Parts extends StsMessageParts>(
  row: StsErrorRow<Parts>,
  awsCode: string | undefined,
  words: string,
): boolean {
  return (
    awsCode !== undefined &&
    row.awsCodes.includes(awsCode.replace(/Exception$/, "")) &&
    (row.words === undefined || row.words.test(words))
  );
}

function partsOf({ role, durationSeconds, region }: StsErrorContext, words: string): StsMessageParts {
  const defaultRegion = partitionNamed(role.partition)?.defaultRegion ?? "us-east-1";
  return {
    words,
    role: role.arn,
    account: role.accountId === undefined ? "the role's account" : `account ${role.accountId}`,
    durationSeconds,
    region,
    otherRegion: region === defaultRegion && role.partition === "aws" ? "us-east-2" : defaultRegion,
  };
}
