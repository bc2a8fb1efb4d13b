import { printable } from "@tegata/core";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, ok } from "./step.ts";

type Context = Pick<DiagnosisContext, "idp" | "found" | "ports" | "machine" | "notify">;

/** What the platform of this process gives. It says who issues it, so that everything else comes after. */
export const platformTokenCheck: Check<Context> = {
  id: "platform-token",
  needs: ["idp"],
  isMeant: ({ found: { idp } }) => idp?.kind === "workload" && idp.issuer === undefined,
  sends: true,
  run: (context) => acquire("platform-token", context),
};

/** What the provider gives to a client that signs in by itself. */
export const clientTokenCheck: Check<Context> = {
  id: "client-token",
  needs: ["discovery", "flow"],
  isMeant: ({ found: { idp } }) => idp?.kind === "workload" && idp.issuer !== undefined,
  sends: true,
  run: (context) => acquire("client-token", context),
};

async function acquire(id: string, { idp, found, ports, machine, notify }: Context): Promise<readonly DiagnosisStep[]> {
  const resolved = await idp();
  if (resolved.kind === "interactive") {
    return [];
  }
  const { identity } = resolved;
  const token = await identity.acquire({ ...ports, machine });
  await notify.conceal?.(token.idToken);
  found.platformToken = token;
  return [ok(id, `${printable(identity.platform)} has one, of the issuer ${printable(token.issuer)}`)];
}
