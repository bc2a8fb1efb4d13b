import { hint, or, printable, setting, words } from "@tegata/core";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { failed, ok, warning } from "./step.ts";

/** Where a sign-in is stored, and whether the keyring does what it is asked. */
export const tokenStoreCheck: Check<Pick<DiagnosisContext, "tokens" | "hasHome" | "found">> = {
  id: "token-store",
  needs: ["idp"],
  isMeant: ({ hasHome, found }) => hasHome && found.idp?.kind !== "workload",
  run: async ({ tokens }) => {
    const mode = await tokens.mode();
    if (mode === "none") {
      return [ok("token-store", "none: once the credentials end, somebody has to sign in again")];
    }
    if (mode === "file") {
      return [ok("token-store", "a file that only this user can read, as it is set")];
    }
    const trouble = await tokens.probe();
    if (trouble === undefined) {
      return [ok("token-store", "a file that the keyring encrypts")];
    }
    const reason = printable(trouble.reason, 300);
    const ways = [hint`unlock it`, or`store the sign-in in a file: ${setting("token_store", "file")}`];
    if (mode === "keyring") {
      return [failed("token-store", "storage_unreadable", words`the keyring cannot be used: ${reason}`, ways)];
    }
    const message = `a file that only this user can read, as the keyring cannot be used: ${reason}`;
    return [trouble.kind === "missing" ? ok("token-store", message) : warning("token-store", message, ways)];
  },
};
