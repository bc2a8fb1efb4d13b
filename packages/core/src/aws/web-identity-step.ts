import { assumeRoleWithWebIdentity } from "./assume-role-with-web-identity.ts";
import type { RoleArn } from "./role-arn.ts";
import { toRoleSessionName } from "./role-session-name.ts";
import type { FirstStep } from "./step.ts";
import type { StsTarget } from "./sts-target.ts";

/** What an ID token is exchanged for. */
export interface WebIdentityOptions {
  readonly role: RoleArn;
  /** `undefined`: the e-mail address of the ID token, else its subject, made safe for STS. */
  readonly roleSessionName: string | undefined;
  /** 900 to 43200, and no more than the role's MaxSessionDuration. */
  readonly durationSeconds: number;
  readonly target: StsTarget;
}

/** Credentials of a role by `AssumeRoleWithWebIdentity`. */
export function webIdentityStep({ role, roleSessionName, durationSeconds, target }: WebIdentityOptions): FirstStep {
  return {
    role,
    identity: {
      step: "web-identity",
      roleArn: role.arn,
      roleSessionName,
      durationSeconds,
      region: target.region,
      stsEndpoint: target.endpoint,
      useFipsEndpoint: target.useFipsEndpoint,
      useDualstackEndpoint: target.useDualstackEndpoint,
    },
    begin: async (idToken, ports) => {
      const { email, sub } = idToken.claims;
      const name = roleSessionName ?? toRoleSessionName(email ?? sub, sub);
      const request = { idToken, role, roleSessionName: name, durationSeconds, ...target };
      return { credentials: await assumeRoleWithWebIdentity(request, ports), roleSessionName: name };
    },
  };
}
