import { assumeRoleWithWebIdentity } from "./assume-role-with-web-identity.ts";
import type { RoleArn } from "./role-arn.ts";
import { toRoleSessionName } from "./role-session-name.ts";
import { policyIdentity, type SessionPolicy } from "./session-policy.ts";
import type { FirstStep } from "./step.ts";
import { addressOf, type StsTarget, targetIdentity } from "./sts-target.ts";

/** What an ID token is exchanged for. */
export interface WebIdentityOptions {
  readonly role: RoleArn;
  /** `undefined`: the e-mail address of the ID token, else its subject, made safe for STS. */
  readonly roleSessionName: string | undefined;
  /** 900 to 43200, and no more than the role's MaxSessionDuration. */
  readonly durationSeconds: number;
  readonly sessionPolicy: SessionPolicy;
  readonly target: StsTarget;
}

/** Credentials of a role by `AssumeRoleWithWebIdentity`. */
export function webIdentityStep(options: WebIdentityOptions): FirstStep {
  const { role, roleSessionName, durationSeconds, sessionPolicy, target } = options;
  return {
    role,
    identity: {
      step: "web-identity",
      roleArn: role.arn,
      roleSessionName,
      durationSeconds,
      ...policyIdentity(sessionPolicy),
      ...targetIdentity(target),
    },
    address: () => addressOf(target).href,
    callerIdentity: async (credentials, ports) => {
      // Asked for by people, and rarely.
      const { getCallerIdentity } = await import("./caller-identity.ts");
      return getCallerIdentity({ credentials, role, ...target }, ports);
    },
    begin: async (idToken, ports) => {
      const { email, sub } = idToken.claims;
      const name = roleSessionName ?? toRoleSessionName(email ?? sub, sub);
      const request = { idToken, role, roleSessionName: name, durationSeconds, sessionPolicy, ...target };
      const credentials = await assumeRoleWithWebIdentity(request, ports);
      return { credentials, roleArn: role.arn, roleSessionName: name };
    },
  };
}
