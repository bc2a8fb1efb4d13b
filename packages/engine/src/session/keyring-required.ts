import { hint, or, TegataError } from "@tegata/core";
import type { SignInStorage } from "./stored-sign-in.ts";

/** A sign-in that is there, encrypted, and cannot be opened: the keyring is what is missing, not the person. */
export async function keyringRequired(
  sessionKey: string,
  { sessions }: Pick<SignInStorage, "sessions">,
): Promise<TegataError | undefined> {
  const { tokenStore, loaded } = await sessions.peek(sessionKey);
  if (tokenStore !== "keyring" || loaded.kind === "found") {
    return undefined;
  }
  const message = `a sign-in in the browser is needed: the stored one is encrypted by the keyring, and cannot be read: ${loaded.reason}`;
  return new TegataError("sign_in_required", message, {
    ...(loaded.awaitsKeyring === true
      ? { hint: [hint`unlock the keyring`, or`run this in the session that has it`] }
      : {}),
    details: { keyring: loaded.reason },
  });
}
