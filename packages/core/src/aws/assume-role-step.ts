import { assumeRole, type AssumeRoleOptions } from "./assume-role.ts";
import type { RoleArn } from "./role-arn.ts";
import { policyIdentity } from "./session-policy.ts";
import type { NextStep } from "./step.ts";
import { addressOf, type StsTarget, targetIdentity } from "./sts-target.ts";

/** AWS's limit for credentials that other temporary credentials asked for, no matter what the role's own is. */
export const maxChainedSeconds = 3600;

/** A role that is assumed with the credentials of the one before. */
export interface AssumeRoleStepOptions extends AssumeRoleOptions {
  readonly role: RoleArn;
  /** `undefined`: that of the step before. */
  readonly roleSessionName: string | undefined;
  /** 900 to {@link maxChainedSeconds}. */
  readonly durationSeconds: number;
  readonly target: StsTarget;
}

/** Credentials of a role by `AssumeRole`, with those of the step before: a link of a role chain. */
export function assumeRoleStep(options: AssumeRoleStepOptions): NextStep {
  const { role, roleSessionName, durationSeconds, target, ...others } = options;
  const { externalId, sourceIdentity, tags, transitiveTagKeys, sessionPolicy } = others;
  return {
    role,
    identity: {
      step: "assume-role",
      roleArn: role.arn,
      roleSessionName,
      durationSeconds,
      externalId,
      sourceIdentity,
      tags,
      transitiveTagKeys,
      ...policyIdentity(sessionPolicy),
      ...targetIdentity(target),
    },
    address: () => addressOf(target).href,
    callerIdentity: async (credentials, ports) => {
      // Asked for by people, and rarely.
      const { getCallerIdentity } = await import("./caller-identity.ts");
      return getCallerIdentity({ credentials, role, ...target }, ports);
    },
    goOn: async (from, ports) => {
      const name = roleSessionName ?? from.roleSessionName;
      const { credentials, roleArn: sourceRoleArn } = from;
      const request = {
        ...others,
        ...target,
        credentials,
        sourceRoleArn,
        role,
        roleSessionName: name,
        durationSeconds,
      };
      return { credentials: await assumeRole(request, ports), roleArn: role.arn, roleSessionName: name };
    },
  };
}
