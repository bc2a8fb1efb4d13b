import type { IssuedCredentials } from "./credentials.ts";
import type { StsWorld } from "./assume-role-with-web-identity.ts";
import type { Role } from "./iam.ts";
import { type AssumeRoleParameters, parseAssumeRoleParameters } from "./parameters.ts";
import { issueFor, packedSize, sessionMembers } from "./role-session.ts";
import { StsError, validationError } from "./sts-error.ts";
import { isTrusted } from "./trust-policy.ts";
import type { XmlMembers } from "./xml.ts";

/** What AWS gives to credentials that were asked for by other temporary ones. */
const MAX_CHAINED_SECONDS = 3600;

/**
 * The action AssumeRole, for a caller whose signature holds: parameters, tags and source identity, then the role. Every caller
 * here is a session of a role, so this is always role chaining. `now` in milliseconds since the epoch.
 *
 * @throws {StsError} with AWS's code
 */
export function assumeRole(
  query: URLSearchParams,
  caller: IssuedCredentials,
  { iam, credentials }: StsWorld,
  now: number,
): XmlMembers {
  const parameters = parseAssumeRoleParameters(query);
  const { roleArn, roleSessionName: sessionName, durationSeconds, transitiveTagKeys } = parameters;
  if (durationSeconds > MAX_CHAINED_SECONDS) {
    throw validationError(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    );
  }
  const tags = sessionTags(parameters, caller);
  const sourceIdentity = sourceIdentityOf(parameters, caller);
  const role = trustedRole(iam.role(roleArn), caller, { ...parameters, tags, sourceIdentity });
  const packedPolicySize = packedSize({ ...parameters, tags }, role);
  const goingOn = [...transitiveTagKeys, ...caller.transitiveTags.keys()];
  const session = { sessionName, durationSeconds, tags, transitiveTagKeys: goingOn, sourceIdentity };
  const issued = issueFor(role, session, credentials, now);
  return {
    ...sessionMembers(issued, role),
    PackedPolicySize: packedPolicySize,
    SourceIdentity: sourceIdentity,
  };
}

/** Tags that the caller's session hands on, and those of the request; none of these may be one of those. */
function sessionTags(
  { tags, transitiveTagKeys }: AssumeRoleParameters,
  { transitiveTags }: IssuedCredentials,
): ReadonlyMap<string, string> {
  const inherited = new Set([...transitiveTags.keys()].map((key) => key.toLowerCase()));
  if ([...tags.keys()].some((key) => inherited.has(key.toLowerCase()))) {
    throw new StsError(
      "InvalidParameterValue",
      400,
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  if (transitiveTagKeys.some((key) => !tags.has(key))) {
    throw new StsError(
      "InvalidParameterValue",
      400,
      "The specified transitive tag key must be included in the requested tags.",
    );
  }
  return new Map([...transitiveTags, ...tags]);
}

function sourceIdentityOf({ sourceIdentity }: AssumeRoleParameters, caller: IssuedCredentials): string | undefined {
  if (sourceIdentity !== undefined && caller.sourceIdentity !== undefined && sourceIdentity !== caller.sourceIdentity) {
    throw validationError("The source identity of the calling session cannot be changed.");
  }
  return sourceIdentity ?? caller.sourceIdentity;
}

/** Role, trust policy and condition failures all look alike from outside. */
function trustedRole(
  role: Role | undefined,
  caller: IssuedCredentials,
  { roleArn, roleSessionName, externalId, tags, sourceIdentity }: AssumeRoleParameters,
): Role {
  const context = new Map<string, readonly string[]>([
    ["sts:RoleSessionName", [roleSessionName]],
    ...(externalId === undefined ? [] : [["sts:ExternalId", [externalId]] as const]),
    ...(sourceIdentity === undefined ? [] : [["sts:SourceIdentity", [sourceIdentity]] as const]),
    ...[...tags].map(([key, value]) => [`aws:RequestTag/${key}`, [value]] as const),
  ]);
  const actions = [
    "sts:AssumeRole",
    ...(tags.size > 0 ? ["sts:TagSession"] : []),
    ...(sourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
  const { roleArn: own, assumedRoleArn, accountId } = caller;
  const names = [own, assumedRoleArn, accountId, `arn:aws:iam::${accountId}:root`];
  const principals = { kind: "AWS", names } as const;
  if (role === undefined || !actions.every((action) => isTrusted(role.trustPolicy, { action, principals, context }))) {
    throw new StsError(
      "AccessDenied",
      403,
      `User: ${assumedRoleArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    );
  }
  return role;
}
