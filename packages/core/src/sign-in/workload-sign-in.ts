import { observeClocks } from "../oidc/clock-offset.ts";
import { isTegataError, type TegataError } from "../base/errors.ts";
import { shownValue } from "../base/shown-value.ts";
import { isBrokenConnection } from "../base/http.ts";
import { contradictedByKeptKeys, judgeWithoutVerifying, verifyIdToken } from "../oidc/id-token.ts";
import { verifyAccessToken } from "../oidc/access-token.ts";
import type { WorkloadContext, WorkloadIdentity, WorkloadToken } from "../plugin/idp.ts";
import { discover } from "../oidc/openid-provider.ts";
import type { Ports } from "../base/ports.ts";
import { judgeClock } from "./sign-in.ts";
import type { IdTokenForSts, PlatformIdToken } from "../oidc/verified-id-token.ts";

/** What a workload's token is good for. */
export interface WorkloadSignIn {
  readonly idToken: IdTokenForSts;
  readonly fromSession: false;
  /** What a person should know before AWS refuses the token: AWS compares another claim than the audience that the settings name. */
  readonly warning?: string;
}

/**
 * An ID token of the platform that this process runs on: a new one each time, verified like any other. Nothing is stored of it:
 * the next renewal asks the platform again.
 *
 * Where the platform vouches for the token and its issuer cannot be reached, as in a private cluster, its claims are judged and
 * AWS decides about its signature. A wrong signature, and a document that contradicts, are final.
 *
 * @throws TegataError `workload_token_missing`, `id_token_*`, `idp_*`
 */
export async function signInAsWorkload(identity: WorkloadIdentity, context: WorkloadContext): Promise<WorkloadSignIn> {
  const ports = { ...observeClocks(context), machine: context.machine };
  const token = await identity.acquire(ports);
  const idToken = await verifyOrVouch(token, ports);
  judgeClock(idToken.claims, ports);
  const warning = otherAudience(idToken, token);
  return { idToken, fromSession: false, ...(warning === undefined ? {} : { warning }) };
}

/** Of an ID token `azp` is the audience, or AWS documents it for its platform, as for Google. */
function otherAudience({ claims: { azp } }: IdTokenForSts, { accessToken }: WorkloadToken): string | undefined {
  return accessToken === undefined || azp === undefined || azp === accessToken.audience
    ? undefined
    : `the access token has an azp, and AWS compares that: the IAM provider and the trust policy (:aud) must name ${shownValue(azp, 200)}, not ${shownValue(accessToken.audience, 200)}`;
}

async function verifyOrVouch(token: WorkloadToken, ports: Ports): Promise<IdTokenForSts> {
  const { idToken: jwt, issuer, audience, profile, accessToken } = token;
  if (accessToken !== undefined) {
    return verifyAccessToken(jwt, await discover(issuer, ports), accessToken, ports);
  }
  try {
    return await verifyIdToken(jwt, await discover(issuer, ports), audience, ports, profile);
  } catch (error) {
    if (token.platformVouches !== true || !isTegataError(error) || !saysNothing(error)) {
      throw error;
    }
    // Kept keys of an earlier run may know better than an issuer that does not answer.
    const contradiction = await contradictedByKeptKeys(jwt, issuer, ports);
    if (contradiction !== undefined) {
      throw contradiction;
    }
    return takeOnPlatformsWord(token, error, ports);
  }
}

/** True for an issuer that is out of reach or out of order: nothing that it says is against the token. */
function saysNothing(error: TegataError): boolean {
  return error.code === "idp_unavailable" || (error.code === "idp_unreachable" && isBrokenConnection(error));
}

function takeOnPlatformsWord(
  { idToken: jwt, profile, ...expectations }: WorkloadToken,
  why: TegataError,
  ports: Ports,
): PlatformIdToken {
  const claims = judgeWithoutVerifying(jwt, expectations, ports, profile);
  ports.log(`the signature of the ID token is not verified here, AWS does it: ${why.message}`);
  // Only this code may say so.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { jwt, claims, whyUnverified: why.message } as PlatformIdToken;
}
