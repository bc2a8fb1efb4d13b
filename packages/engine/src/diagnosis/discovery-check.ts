import {
  type Clause,
  hint,
  isLocalHost,
  isTegataError,
  type OpenIdProvider,
  printable,
  shownValue,
} from "@tegata/core";
import { type DiagnosisContext, documentUrlOf, issuerOf } from "./diagnosis-context.ts";
import { readDiscoveryDocument } from "./provider-documents.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, failedBy, ok, warning } from "./step.ts";

/** Those that a run can use, as people call them. */
const endpoints = [
  ["device_authorization_endpoint", "device authorization"],
  ["authorization_endpoint", "authorization"],
  ["token_endpoint", "token"],
  ["revocation_endpoint", "revocation"],
  ["jwks_uri", "keys"],
] as const;

/** AWS reads the document too, and finds no key where one of these is missing. */
const neededByAws = [
  "response_types_supported",
  "subject_types_supported",
  "id_token_signing_alg_values_supported",
] as const;

/** The provider's discovery document: that it is there, names the issuer, and has what AWS wants of it. */
export const discoveryCheck: Check<Pick<DiagnosisContext, "idp" | "provider" | "found" | "exchanges" | "role">> = {
  id: "discovery",
  needs: ["idp", "platform-token"],
  sends: true,
  run: async (context) => {
    const { provider, found, idp, exchanges } = context;
    let discovered: OpenIdProvider;
    try {
      discovered = await provider();
    } catch (error) {
      return [unlessPlatformVouches(error, found)];
    }
    const { issuer } = discovered;
    const asked = issuerOf(await idp(), found);
    const names =
      issuer === asked
        ? printable(issuer)
        : `${printable(issuer)}, as it calls itself and as IAM must know it, to the last slash,`;
    const message = `${names} ${described(discovered)}`;
    const problem = problemForAws(issuer, exchanges.textOf(documentUrlOf(asked)), await asksAws(context));
    return [
      problem === undefined
        ? ok("discovery", message)
        : warning("discovery", `${message}; ${problem.what}`, problem.hint),
    ];
  },
};

function described({ metadata }: OpenIdProvider): string {
  const has = endpoints.filter(([name]) => metadata[name] !== undefined).map(([, name]) => name);
  return `answers; endpoints: ${has.join(", ")}`;
}

function problemForAws(
  issuer: string,
  text: string | undefined,
  isAws: boolean,
): { readonly what: string; readonly hint: Clause } | undefined {
  const tell = hint`tell the administrator of the identity provider`;
  if (isAws && isLocalHost(new URL(issuer).hostname)) {
    return {
      what: "AWS cannot reach it there, and it must",
      hint: hint`use an issuer that answers from the internet`,
    };
  }
  const document = readDiscoveryDocument(text);
  const missing = neededByAws.filter((name) => document[name] === undefined);
  if (text !== undefined && missing.length > 0) {
    return { what: `AWS may find no key there: the document lacks ${missing.join(" and ")}`, hint: tell };
  }
  const algorithms = document.id_token_signing_alg_values_supported;
  if (algorithms !== undefined && !algorithms.some((name) => /^[RE]S(?:256|384|512)$/.test(name))) {
    const names = algorithms.map((name) => shownValue(name, 20)).slice(0, 8);
    return { what: `it signs ID tokens with ${names.join(", ")}, and AWS takes RS256 and ES256`, hint: tell };
  }
  return undefined;
}

async function asksAws({ role }: Pick<DiagnosisContext, "role">): Promise<boolean> {
  const steps = await role().then(
    (resolved) => resolved.steps,
    () => [],
  );
  return steps.some((step) => /\.amazonaws\./.test(step.address?.() ?? ""));
}

/** A private cluster's issuer answers nobody outside; AWS then has its keys. */
function unlessPlatformVouches(error: unknown, { platformToken }: DiagnosisContext["found"]): DiagnosisStep {
  if (!isTegataError(error) || error.code === "interrupted") {
    throw error;
  }
  const step = failedBy("discovery", error);
  const isSilent = error.code === "idp_unreachable" || error.code === "idp_unavailable";
  return isSilent && platformToken?.platformVouches === true
    ? warning("discovery", ["AWS alone verifies the token, as its issuer does not answer here: ", ...step.message])
    : step;
}
