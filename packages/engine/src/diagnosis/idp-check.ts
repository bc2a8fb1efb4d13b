import { printable, shownName, shownValue } from "@tegata/core";
import type { ResolvedIdp } from "../settings/resolved.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok } from "./step.ts";

/** Who gives the ID tokens: an identity provider and a client there, or a platform. */
export const idpCheck: Check<Pick<DiagnosisContext, "idp">> = {
  id: "idp",
  needs: ["profile"],
  run: async ({ idp }) => [ok("idp", described(await idp()))],
};

function described(idp: ResolvedIdp): string {
  const name = shownName(idp.name, 200);
  if (idp.kind === "workload") {
    const issuer = idp.issuer === undefined ? "" : ` at ${printable(idp.issuer)}`;
    return `${name}: ${printable(idp.identity.platform)}${issuer}; nobody signs in`;
  }
  const { issuer, audience } = idp.plugin.expectations(idp.settings);
  return `${name} (${idp.plugin.id}): ${printable(issuer)}, client ${shownValue(audience, 200)}`;
}
