import { type Flow, hint, type OpenIdProvider, or, type PersonFlow, setting, shownValue, words } from "@tegata/core";
import type { ResolvedInteractiveIdp } from "../settings/resolved.ts";
import { type DiagnosisContext, documentUrlOf, issuerOf } from "./diagnosis-context.ts";
import { type DiscoveryDocument, readDiscoveryDocument } from "./provider-documents.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, failed, ok, warning } from "./step.ts";

/** As RFC 8628, RFC 6749 and the registry of OAuth call them. */
const grantTypes: Readonly<Record<Flow, string>> = {
  device: "urn:ietf:params:oauth:grant-type:device_code",
  browser: "authorization_code",
  "client-credentials": "client_credentials",
};

/** Whether the provider offers the flow that a person, or the client, would go. Whether this client may, only a sign-in tells. */
export const flowCheck: Check<Pick<DiagnosisContext, "idp" | "provider" | "exchanges" | "found">> = {
  id: "flow",
  needs: ["discovery"],
  // The token of a platform comes by no flow.
  isMeant: ({ found }) => found.idp?.kind !== "workload" || found.idp.issuer !== undefined,
  sends: true,
  run: async ({ idp, provider, exchanges, found }) => {
    const resolved = await idp();
    const discovered = await provider();
    const issuer = issuerOf(resolved, found);
    const document = readDiscoveryDocument(exchanges.textOf(documentUrlOf(issuer)));
    if (resolved.kind === "interactive") {
      return [ofPerson(resolved, discovered, document)];
    }
    return [ofClient(discovered, document)];
  },
};

function ofPerson(
  { plugin, settings, flows }: ResolvedInteractiveIdp,
  provider: OpenIdProvider,
  document: DiscoveryDocument,
): DiagnosisStep {
  const own = (plugin.flows?.(settings) ?? ["device"]).filter((flow) => flow !== "client-credentials");
  const wanted = flows === undefined ? own : flows.filter((flow) => own.includes(flow));
  const offered = plugin.offeredFlows?.(settings, provider);
  if (offered === undefined) {
    return ok("flow", `${wanted.join(", else ")}; whether the provider offers it, only a sign-in tells`);
  }
  const taken = wanted.find((flow) => offered.includes(flow));
  if (taken === undefined) {
    const [other] = offered;
    const name = wanted.map((flow) => shownValue(flow)).join(" or ");
    return failed(
      "flow",
      "idp_grant_disabled",
      `the provider offers no flow ${name}${offered.length === 0 ? "" : `, but ${offered.join(", ")}`}`,
      other === undefined
        ? hint`ask its administrator to enable the device grant for this client`
        : [hint`use ${setting("flow", other)}`, or`ask its administrator to enable it`],
    );
  }
  return judged(taken, provider, document, settings["scope"]);
}

function judged(
  flow: PersonFlow,
  { metadata }: OpenIdProvider,
  { grant_types_supported: grants }: DiscoveryDocument,
  scope: unknown,
): DiagnosisStep {
  const ask = hint`ask its administrator`;
  const methods = metadata.code_challenge_methods_supported;
  if (flow === "browser" && methods !== undefined && !methods.includes("S256")) {
    return warning(
      "flow",
      `browser; the provider does not say that it takes PKCE with S256 (it says ${methods.join(", ")})`,
      ask,
    );
  }
  if (grants !== undefined && !grants.includes(grantTypes[flow])) {
    return warning("flow", `${flow}; the provider has an endpoint for it, and does not list the grant`, ask);
  }
  const scopes = metadata.scopes_supported;
  const unknown =
    typeof scope === "string" && scopes !== undefined
      ? scope.split(" ").find((each) => !scopes.includes(each))
      : undefined;
  const client = "whether this client may, only a sign-in tells";
  return unknown === undefined
    ? ok("flow", `${flow}, which the provider offers; ${client}`)
    : warning(
        "flow",
        words`${flow}, which the provider offers; it does not list the scope ${shownValue(unknown, 80)} of ${setting("scope")}`,
        hint`if a sign-in is refused or not renewed, correct ${setting("scope")}`,
      );
}

function ofClient({ metadata }: OpenIdProvider, { grant_types_supported: grants }: DiscoveryDocument): DiagnosisStep {
  if (metadata.token_endpoint === undefined) {
    return failed("flow", "idp_invalid_response", "the provider names no token endpoint", hint`check the issuer`);
  }
  return grants === undefined || grants.includes(grantTypes["client-credentials"])
    ? ok("flow", "client-credentials, which the provider offers")
    : ok("flow", "client-credentials, which the provider does not list");
}
