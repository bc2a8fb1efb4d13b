import { TegataError } from "@tegata/core";
import { ensurePrivateFolder } from "../files/private-folder.ts";
import { createKeyring, type KeyringOptions } from "./keyring.ts";

/** What {@link readKeyringSecret} works with. */
export interface KeyringSecretOptions extends Omit<KeyringOptions, "folder"> {
  readonly uid: number | undefined;
  /** `undefined` where there is no home folder. */
  readonly stateDir: string | undefined;
}

/**
 * A secret that a person has stored in the operating system's keyring; `undefined` when there is none.
 *
 * @throws TegataError `storage_unreadable` when no keyring answers, or it is locked; `storage_unsafe` and `storage_unwritable` for a
 *   state folder in which the library of the keyring cannot be unpacked
 */
export async function readKeyringSecret(
  service: string,
  account: string,
  { stateDir, ...options }: KeyringSecretOptions,
): Promise<string | undefined> {
  if (stateDir === undefined) {
    throw unusable("there is no home folder");
  }
  await ensurePrivateFolder({ path: stateDir, variable: "TEGATA_STATE_DIR" }, options);
  const result = await createKeyring({ ...options, folder: stateDir }).secret(service, account);
  if (result.kind !== "done") {
    options.signal.throwIfAborted();
    throw unusable(result.reason);
  }
  return result.value;
}

function unusable(reason: string): TegataError {
  return new TegataError("storage_unreadable", `the keyring cannot be used: ${reason}`, { hint: "unlock it" });
}
