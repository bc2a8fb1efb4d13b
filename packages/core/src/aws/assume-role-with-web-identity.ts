import { isTegataError, type ErrorCode } from "../base/errors.ts";
import type { Ports } from "../base/ports.ts";
import type { IdTokenForSts } from "../oidc/verified-id-token.ts";
import type { AwsCredentials } from "./credentials.ts";
import type { RoleArn } from "./role-arn.ts";
import { policyParameters, type SessionPolicy } from "./session-policy.ts";
import { callSts } from "./sts-call.ts";
import type { StsTarget } from "./sts-target.ts";
import { explainWebIdentityError } from "./web-identity-errors.ts";

/** The parameters of `AssumeRoleWithWebIdentity`, and where to send them. */
export interface AssumeRoleWithWebIdentityRequest extends StsTarget {
  readonly idToken: IdTokenForSts;
  readonly role: RoleArn;
  /** As `isRoleSessionName` takes it. */
  readonly roleSessionName: string;
  /** 900 to 43200, and no more than the role's MaxSessionDuration. */
  readonly durationSeconds: number;
  readonly sessionPolicy: SessionPolicy;
}

/** AWS did not find the token's key, or finds that it does not fit: the issuer may have changed its keys. */
const keyCodes: ReadonlySet<ErrorCode> = new Set(["sts_verification_key_unavailable", "sts_id_token_rejected"]);

/**
 * Exchanges an ID token for temporary credentials of a role. The request is not signed: it needs no AWS credentials.
 *
 * It is retried as `callSts` does. a token that stored keys have verified is verified again, with new ones, when AWS finds
 * no key for it.
 *
 * @throws TegataError as `callSts` does; `id_token_signature_invalid` when the issuer has dropped the token's key
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function assumeRoleWithWebIdentity(
  request: AssumeRoleWithWebIdentityRequest,
  ports: Ports,
): Promise<AwsCredentials> {
  const { idToken, role, roleSessionName, durationSeconds, sessionPolicy } = request;
  let verifyAgain = "verifyAgain" in idToken ? idToken.verifyAgain : undefined;
  return callSts(
    {
      role,
      target: request,
      operation: "AssumeRoleWithWebIdentity",
      parameters: {
        RoleArn: role.arn,
        RoleSessionName: roleSessionName,
        WebIdentityToken: idToken.jwt,
        DurationSeconds: durationSeconds,
        ...policyParameters(sessionPolicy),
      },
      explain: (thrown) => explainWebIdentityError(thrown, request),
      onError: async ({ code }) => {
        if (keyCodes.has(code)) {
          await verifyAgain?.().catch(unlessKeyIsGone);
          verifyAgain = undefined;
        }
      },
    },
    ports,
  );
}

/** Out of reach, the keys prove nothing: what STS said counts. */
function unlessKeyIsGone(error: unknown): void {
  if (!isTegataError(error) || error.code === "id_token_signature_invalid") {
    throw error;
  }
}
