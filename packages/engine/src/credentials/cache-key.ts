import type { Steps } from "@tegata/core";
import { sha256 } from "../files/sha256.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import type { CredentialsKey } from "../storage/credentials-cache.ts";

/** Raised whenever a field is added, dropped or read differently: every older record is a miss then. */
const keyVersion = 2;

/**
 * The key of a sign-in session: which IdP, which issuer, for which client and account, and every setting of the plugin. The section's name is
 * no part of it, so that two names for the same thing share one sign-in. A workload has no session; its key tells it from
 * every other that runs, or will run, on this machine.
 */
export async function sessionKeyOf(idp: ResolvedIdp): Promise<string> {
  if (idp.kind === "workload") {
    const { platform, fingerprint } = idp.identity;
    // Credentials from before issuers were fixed may be of another one.
    const { allowedIssuers } = idp;
    return digestOf("workload", { platform, fingerprint, settings: idp.settings, allowedIssuers });
  }
  const { issuer, audience } = idp.plugin.expectations(idp.settings);
  const { account, maxAgeSeconds, acrValues, accountDomains } = idp.wanted ?? {};
  // A sign-in from before the flow was fixed may have gone another way.
  const wanted = { account, maxAgeSeconds, acrValues, accountDomains, fixedFlow: idp.fixedFlow };
  return digestOf("session", { idp: idp.plugin.id, issuer, audience, settings: idp.settings, ...wanted });
}

/**
 * The key of AWS credentials: the sign-in, and the identities of the steps from its ID token to them, in their order. What
 * is done with the credentials afterwards is no part of it.
 */
export async function credentialsKeyOf(session: string, steps: Steps): Promise<CredentialsKey> {
  const digest = digestOf("credentials", { session, steps: steps.map(({ identity }) => identity) });
  return { session, digest };
}

function digestOf(kind: string, fields: Readonly<Record<string, unknown>>): string {
  return sha256(JSON.stringify(["tegata", keyVersion, kind, canonical(fields)]));
}

/** Objects become sorted lists of pairs, so that neither order nor a clever string can make two inputs look alike. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    return ["list", value.map(canonical)];
  }
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]): [string, unknown] => [name, canonical(member)]);
    return ["object", pairs.sort(([a], [b]) => (a < b ? -1 : 1))];
  }
  return typeof value === "bigint" ? ["bigint", value.toString()] : value;
}
