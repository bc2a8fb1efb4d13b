import type { IdentityProvider } from "@tegata/core";
import { requiredSettings } from "./implied-idp.ts";

/** How the token of a job or a pod is named. */
export const tokenKeys = ["token_file", "token_variable", "token_command"] as const;

/** By list of plugins: each layer asks about the same list. */
const known = new WeakMap<readonly IdentityProvider[], ReadonlySet<string>>();

/**
 * The settings that say whose sign-in it is: what the identity providers that sign people in cannot be without, `issuer`,
 * `domain` and `client_id`, and how a token of a machine is named.
 */
export function identityKeys(idps: readonly IdentityProvider[]): ReadonlySet<string> {
  const keys =
    known.get(idps) ??
    new Set([...idps.flatMap((idp) => (idp.kind === "interactive" ? requiredSettings(idp) : [])), ...tokenKeys]);
  known.set(idps, keys);
  return keys;
}
