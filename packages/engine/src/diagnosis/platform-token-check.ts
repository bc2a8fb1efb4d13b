import { printable } from "@tegata/core";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok } from "./step.ts";

/** What the platform of this process, or the provider for this client, gives where nobody signs in. */
export const platformTokenCheck: Check<Pick<DiagnosisContext, "idp" | "found" | "ports" | "machine" | "notify">> = {
  id: "platform-token",
  needs: ["idp"],
  isMeant: ({ found }) => found.idp?.kind === "workload",
  sends: true,
  run: async ({ idp, found, ports, machine, notify }) => {
    const resolved = await idp();
    if (resolved.kind === "interactive") {
      return [];
    }
    const { identity } = resolved;
    const token = await identity.acquire({ ...ports, machine });
    await notify.conceal?.(token.idToken);
    found.platformToken = token;
    return [ok("platform-token", `${printable(identity.platform)} gave one, of the issuer ${printable(token.issuer)}`)];
  },
};
