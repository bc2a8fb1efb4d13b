import type { Ports } from "../base/ports.ts";
import { type AssumeRoleErrorContext, explainAssumeRoleError } from "./assume-role-errors.ts";
import type { AwsCredentials } from "./credentials.ts";
import { policyParameters, type SessionPolicy } from "./session-policy.ts";
import type { SessionTags } from "./session-tags.ts";
import { callSts } from "./sts-call.ts";
import type { StsTarget } from "./sts-target.ts";

/** What may go with the assumption of a role, beside the role. */
export interface AssumeRoleOptions {
  /** What the role's trust policy wants to see; `undefined`: nothing is sent. */
  readonly externalId: string | undefined;
  /** Who the person is, for CloudTrail; cannot change in the steps behind. */
  readonly sourceIdentity: string | undefined;
  readonly tags: SessionTags;
  /** Of the tags, those that go on through the steps behind. */
  readonly transitiveTagKeys: readonly string[];
  readonly sessionPolicy: SessionPolicy;
}

/** The parameters of `AssumeRole`, and where to send them. */
export interface AssumeRoleRequest extends StsTarget, AssumeRoleOptions, AssumeRoleErrorContext {
  /** Those that sign the request: of the role that assumes. */
  readonly credentials: AwsCredentials;
  /** As `isRoleSessionName` takes it. */
  readonly roleSessionName: string;
}

/**
 * Temporary credentials of a role, by those of another. The request is signed with these (Signature Version 4), and with no
 * others.
 *
 * @throws TegataError as `callSts` does; `sts_source_rejected` where AWS does not take the credentials that signed it
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function assumeRole(request: AssumeRoleRequest, ports: Ports): Promise<AwsCredentials> {
  const { credentials, role, roleSessionName, durationSeconds, externalId, sourceIdentity, tags } = request;
  const { transitiveTagKeys, sessionPolicy } = request;
  const named = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return callSts(
    {
      role,
      target: request,
      operation: "AssumeRole",
      parameters: {
        RoleArn: role.arn,
        RoleSessionName: roleSessionName,
        DurationSeconds: durationSeconds,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
        ...(named.length === 0 ? {} : { Tags: named }),
        ...(transitiveTagKeys.length === 0 ? {} : { TransitiveTagKeys: transitiveTagKeys }),
        ...policyParameters(sessionPolicy),
      },
      signWith: credentials,
      explain: (thrown) => explainAssumeRoleError(thrown, request),
    },
    ports,
  );
}
