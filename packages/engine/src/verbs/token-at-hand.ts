import {
  type FirstStep,
  isTegataError,
  readWithoutVerifying,
  type RoleArn,
  toRoleSessionName,
  type UnverifiedToken,
} from "@tegata/core";
import { sessionKeyOf } from "../credentials/cache-key.ts";
import type { ProfileContext } from "../credentials/credentials-of-profile.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import type { LastFailures } from "../storage/last-failure.ts";
import { type FailureStatus, lastFailureOf } from "./status.ts";

/** What the next request for `AssumeRoleWithWebIdentity` would be made of. No token is in it, only what stands in one. */
export interface TokenAtHand {
  /** `undefined`: the run is without a profile. */
  readonly profile: string | undefined;
  /** `workload`: nobody signs in. */
  readonly idpKind: ResolvedIdp["kind"];
  /** The stored ID token's, or that of a workload; `undefined`: there is none. Nobody has verified it, and it may have ended. */
  readonly token: UnverifiedToken | undefined;
  /** The role that the token is for: of a chain, the first one. `undefined`: none is named. */
  readonly role: RoleArn | undefined;
  readonly roleSessionName: string | undefined;
  /** Whose STS is asked. */
  readonly region: string | undefined;
  /** How the last run behind an AWS client failed, where nothing has gone well since. */
  readonly lastFailure: FailureStatus | undefined;
}

/** What finding it works with. */
export interface TokenAtHandContext extends ProfileContext {
  readonly failures: Pick<LastFailures, "list">;
}

/**
 * The ID token that is at hand, without asking anybody.
 *
 * @param sends true: the platform of a workload may be asked for its token, which some do by a request
 * @throws TegataError for settings that are incomplete or bad; what the platform of a workload throws
 */
export async function tokenAtHand(sends: boolean, context: TokenAtHandContext): Promise<TokenAtHand> {
  const profile = await context.profile();
  const idp = await resolveIdp(profile);
  const role = profile.raw("role_arn") === undefined ? undefined : await resolveRole(profile);
  const token = await readToken(idp, sends, context);
  const identity: FirstStep["identity"] | undefined = role?.steps[0].identity;
  const roleSessionName = identity?.["roleSessionName"];
  const region = identity?.["region"];
  const failures = await context.failures.list().catch(() => []);
  return {
    profile: profile.name,
    idpKind: idp.kind,
    token,
    role: role?.steps[0].role,
    roleSessionName: typeof roleSessionName === "string" ? roleSessionName : token && sessionNameOf(token),
    region: typeof region === "string" ? region : undefined,
    lastFailure: lastFailureOf(
      failures.find((failure) => failure.profile === profile.name),
      0,
    ),
  };
}

/** Claims and header of the token of a sign-in, or of a workload; nobody looks at its signature. */
export async function readToken(
  idp: ResolvedIdp,
  sends: boolean,
  { sessions, ports, machine, notify }: Pick<ProfileContext, "sessions" | "ports" | "machine" | "notify">,
): Promise<UnverifiedToken | undefined> {
  if (idp.kind === "workload") {
    if (!sends) {
      return undefined;
    }
    const { idToken } = await idp.identity.acquire({ ...ports, machine });
    await notify.conceal?.(idToken);
    return readWithoutVerifying(idToken);
  }
  const loaded = await sessions.load(await sessionKeyOf(idp)).catch((error: unknown) => {
    if (isTegataError(error) && error.code !== "interrupted") {
      return undefined;
    }
    throw error;
  });
  const jwt = loaded?.kind === "found" ? loaded.record.idToken : undefined;
  return jwt === undefined ? undefined : readWithoutVerifying(jwt);
}

/** What STS is told where nobody has said it: as a run would name the session. */
export function sessionNameOf({ claims: { email, sub } }: Pick<UnverifiedToken, "claims">): string {
  return toRoleSessionName(...[email, sub].filter((name) => typeof name === "string"));
}
