import { hint, printable, toIsoSeconds } from "@tegata/core";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import { type DocumentKey, readKeySet } from "./provider-documents.ts";
import type { Check } from "./run-checks.ts";
import { failed, ok, warning } from "./step.ts";

/** With more RSA keys than that, AWS takes no RSA token of the issuer. */
const maxRsaKeys = 100;
const maxShown = 6;
const tell = hint`tell the administrator of the identity provider`;

/** The provider's key set: how many keys, of which kinds, and which AWS cannot use. */
export const keysCheck: Check<Pick<DiagnosisContext, "provider" | "keys" | "exchanges">> = {
  id: "keys",
  needs: ["discovery"],
  sends: true,
  run: async ({ provider, keys, exchanges }) => {
    const { metadata } = await provider();
    await keys();
    const all = readKeySet(metadata.jwks_uri === undefined ? undefined : exchanges.textOf(metadata.jwks_uri));
    const usable = all.filter((key) => whyNotForAws(key) === undefined);
    const message = `${usable.length} of ${all.length} can sign for AWS: ${shownKeys(usable)}`;
    if (usable.length === 0) {
      return [
        failed(
          "keys",
          "id_token_signature_invalid",
          `no key of ${all.length} can sign an ID token that AWS takes`,
          tell,
        ),
      ];
    }
    const problem = problemOf(all, usable);
    return [problem === undefined ? ok("keys", message) : warning("keys", `${message}; ${problem}`, tell)];
  },
};

function problemOf(all: readonly DocumentKey[], usable: readonly DocumentKey[]): string | undefined {
  if (usable.length > 1 && usable.some(({ kid }) => kid === undefined || kid === "")) {
    return "one of several has no kid, and AWS passes it over";
  }
  if (all.filter(({ kty }) => kty === "RSA").length > maxRsaKeys) {
    return `AWS takes no RSA key of a set with more than ${maxRsaKeys}`;
  }
  return undefined;
}

function whyNotForAws({ kty, use, key_ops: operations, n, x }: DocumentKey): string | undefined {
  if (kty !== "RSA" && kty !== "EC") {
    return "neither RSA nor EC";
  }
  if (use !== undefined && use !== "sig") {
    return "for encryption";
  }
  return operations !== undefined || (n === undefined && x === undefined)
    ? "of a form that AWS does not read"
    : undefined;
}

function shownKeys(keys: readonly DocumentKey[]): string {
  const shown = keys.slice(0, maxShown).map(({ kty, alg, crv, kid, exp }) => {
    const kind = printable(alg ?? crv ?? kty ?? "", 20);
    const until = exp === undefined || exp > 8_640_000_000_000 ? "" : ` until ${toIsoSeconds(exp * 1000)}`;
    return `${kind} ${kid === undefined || kid === "" ? "without kid" : printable(kid, 40)}${until}`;
  });
  return keys.length > maxShown ? `${shown.join(", ")} and ${keys.length - maxShown} more` : shown.join(", ");
}
