import { observeClocks } from "./clock-offset.ts";
import { verifyIdToken } from "./id-token.ts";
import type { WorkloadContext, WorkloadIdentity } from "./idp.ts";
import { discover } from "./openid-provider.ts";
import { judgeClock, type SignIn } from "./sign-in.ts";

/**
 * A verified ID token of the place that this process runs in: a new one each time, verified like any other. Nothing is
 * kept of it: the next renewal asks the place again.
 *
 * @throws TegataError `workload_token_missing`, `id_token_*`, `idp_*`
 */
export async function signInAsWorkload(identity: WorkloadIdentity, context: WorkloadContext): Promise<SignIn> {
  const ports = { ...observeClocks(context), machine: context.machine };
  const { idToken: jwt, issuer, audience } = await identity.acquire(ports);
  const idToken = await verifyIdToken(jwt, await discover(issuer, ports), audience, ports);
  judgeClock(idToken.claims, ports);
  return { idToken, fromSession: false };
}
