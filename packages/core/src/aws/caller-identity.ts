import * as v from "valibot";
import type { Ports } from "../base/ports.ts";
import { again, hint, setting } from "../base/wording.ts";
import type { AwsCredentials } from "./credentials.ts";
import type { RoleArn } from "./role-arn.ts";
import { askSts } from "./sts-call.ts";
import {
  explainStsError,
  notSts,
  type StsErrorContext,
  type StsErrorRow,
  type StsFailure,
  type StsMessageParts,
} from "./sts-error.ts";
import type { StsTarget } from "./sts-target.ts";

/** Whose credentials AWS says they are. */
export interface CallerIdentity {
  /** Twelve digits. */
  readonly accountId: string;
  /** Of a session of a role: `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`. */
  readonly arn: string;
  /** Of such a session: the role's own id, a colon, the session's name. */
  readonly userId: string;
}

interface CallerIdentityRequest extends StsTarget {
  readonly credentials: AwsCredentials;
  /** The role that they are of, for messages. */
  readonly role: RoleArn;
}

const visibleAscii = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,2048}$/));
const responseSchema = v.object({ Account: visibleAscii, Arn: visibleAscii, UserId: visibleAscii });

const rows: readonly StsErrorRow<StsMessageParts>[] = [
  {
    awsCodes: ["ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient"],
    code: "sts_source_rejected",
    message: ({ role, words }) => `AWS does not take the credentials of ${role} any more: ${words}`,
    hint: () => [
      hint`get new ones: ${again} with ${setting("fresh", true)}`,
      hint`if it stays, check this machine's clock`,
    ],
  },
  {
    awsCodes: ["SignatureDoesNotMatch", "RequestExpired"],
    // Signed again by the clock of the answer.
    words: /expired|not yet current/i,
    code: "sts_source_rejected",
    transient: true,
    message: ({ words }) => `AWS finds that the request was signed at another time: ${words}`,
    hint: () => "check this machine's clock",
  },
  {
    awsCodes: ["AccessDenied"],
    code: "sts_access_denied",
    message: ({ role, words }) => `AWS does not tell the session of ${role} who it is: ${words}`,
    hint: () =>
      "this needs no permission: look at the policy of the VPC endpoint for STS, and at service control policies",
  },
];

/**
 * Asks STS whose credentials these are. The request is signed with them (Signature Version 4); it needs no permission.
 *
 * @throws TegataError as `callSts` does; `sts_source_rejected` where AWS does not take the credentials
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function getCallerIdentity(request: CallerIdentityRequest, ports: Ports): Promise<CallerIdentity> {
  const { credentials, role } = request;
  return askSts(
    {
      role,
      target: request,
      operation: "GetCallerIdentity",
      parameters: {},
      signWith: credentials,
      explain: (thrown) => explain(thrown, { ...request, durationSeconds: 0 }, credentials),
    },
    read,
    ports,
  );
}

function explain(thrown: unknown, context: StsErrorContext, credentials: AwsCredentials): StsFailure {
  return explainStsError(thrown, context, {
    operation: "GetCallerIdentity",
    rows,
    secrets: [credentials.secretAccessKey, credentials.sessionToken],
    parts: (common) => common,
  });
}

function read(response: unknown): CallerIdentity {
  const parsed = v.safeParse(responseSchema, response);
  if (!parsed.success) {
    throw notSts(200);
  }
  const { Account: accountId, Arn: arn, UserId: userId } = parsed.output;
  return { accountId, arn, userId };
}
