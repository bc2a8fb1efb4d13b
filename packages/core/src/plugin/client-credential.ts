import * as v from "valibot";
import { isTegataError, reworded, TegataError } from "../base/errors.ts";
import { wordsOf } from "../base/foreign-text.ts";
import { enterNestedRun, nestedRunsVariable, reasonIn } from "../base/nested-runs.ts";
import { shownPath, shownValue } from "../base/shown-value.ts";
import { hint, type HintInput, or, setting, words, type Words } from "../base/wording.ts";
import { type ClientKeyAlgorithm, readClientKey } from "../oidc/client-key.ts";
import type { ClientCredential } from "../oidc/machine-client.ts";
import { type KeyringEntry, keyringEntryIn, machineSettings, type MachineSettings } from "../oidc/machine-settings.ts";
import type { Machine } from "./machine.ts";

/** Longer than any secret and any key with its certificates. */
const maxFileBytes = 65_536;
const programLimits = { timeoutMilliseconds: 15_000, maxBytes: 65_536 };

const sources = [
  "client_secret_file",
  "client_secret_variable",
  "client_secret_keyring",
  "client_secret_command",
  "client_key_file",
] as const;

const machineSettingsSchema = v.object(machineSettings);

/** Reads a secret or a key from where the settings say it is. */
export type ReadCredential = (machine: Machine) => Promise<ClientCredential>;

/**
 * From where a client has its secret or its key. Nothing is read yet: a secret is read when it is needed, and not stored.
 *
 * @param settings of a plugin that has `machineSettings`
 * @param allowed what a key may sign with at this provider, the usual one first
 * @throws TegataError `settings_incomplete` where there is none, `settings_invalid` where there are two; the function,
 *   `client_credential_invalid`, `file_unreadable`, `storage_unreadable`, `process_failed`
 */
export function credentialSource(
  settings: unknown,
  allowed: readonly [ClientKeyAlgorithm, ...ClientKeyAlgorithm[]],
): ReadCredential {
  const given = v.parse(machineSettingsSchema, settings);
  const [named, another] = sources.filter((name) => given[name] !== undefined);
  if (another !== undefined) {
    throw new TegataError(
      "settings_invalid",
      `${named ?? ""} and ${another} are both set, and a client has one of them`,
      {
        hint: hint`leave ${setting(another)} out`,
      },
    );
  }
  const {
    client_secret_file: file,
    client_secret_variable: variable,
    client_secret_keyring: keyring,
    client_secret_command: command,
    client_key_file: keyFile,
  } = given;
  if (file !== undefined) {
    return async (machine) =>
      secretOf(await readSecret(file, machine), words`the file that ${setting("client_secret_file")} names`);
  }
  if (variable !== undefined) {
    // A person may have set the secret instead of its place: neither is shown.
    const where = words`the variable that ${setting("client_secret_variable")} names`;
    return async (machine) => secretOf(machine.variable(variable) ?? "", where);
  }
  const entry = keyring === undefined ? undefined : keyringEntryIn(keyring);
  if (entry !== undefined) {
    // That may be the secret, with a slash in it.
    const where = words`the entry of the keyring that ${setting("client_secret_keyring")} names`;
    return async (machine) => secretOf((await inKeyring(entry, machine)) ?? "", where);
  }
  if (command !== undefined) {
    return async (machine) => secretOf(await printedBy(command, machine), [`what ${shownPath(command[0])} printed`]);
  }
  if (keyFile !== undefined) {
    return async (machine) => {
      const text = await machine.readSecretFile(keyFile, maxFileBytes);
      if (text === undefined) {
        throw unusable(`the file ${shownPath(keyFile)} is not there`, hint`correct ${setting("client_key_file")}`);
      }
      return {
        kind: "key",
        key: await readClientKey(text, { ...keyRules(given), where: shownPath(keyFile), allowed }),
      };
    };
  }
  throw new TegataError("settings_incomplete", "the client has neither a secret nor a key", {
    hint: [
      hint`set ${setting("client_secret_file")}, ${setting("client_secret_variable")}, ${setting("client_secret_keyring")} or ${setting("client_secret_command")}`,
      or`for private_key_jwt, ${setting("client_key_file")}`,
    ],
    details: { missing: sources.join(" ") },
  });
}

function keyRules({ client_key_id: keyId, client_key_algorithm: algorithm }: MachineSettings) {
  return { keyId, algorithm };
}

async function readSecret(path: string, machine: Machine): Promise<string> {
  const text = await machine.readSecretFile(path, maxFileBytes);
  if (text === undefined) {
    const name = setting("client_secret_file");
    throw unusable(words`the file that ${name} names is not there`, hint`correct ${name}: it is the path of a file`);
  }
  return text;
}

async function inKeyring({ service, account }: KeyringEntry, machine: Machine): Promise<string | undefined> {
  try {
    return await machine.readKeyringSecret(service, account);
  } catch (error) {
    throw isTegataError(error) && error.code === "storage_unreadable"
      ? reworded(error, {
          hint: [
            hint`unlock the keyring`,
            or`run this in the session that has it`,
            or`where nobody signs in to the desktop, use ${setting("client_secret_file")}`,
          ],
        })
      : error;
  }
}

function secretOf(text: string, where: Words): ClientCredential {
  const secret = text.trim();
  if (secret === "") {
    throw unusable(
      words`the client's secret is missing: ${where} is empty, or not there`,
      "put the secret there, as the identity provider shows it",
    );
  }
  // RFC 6749 appendix A.2.
  if (!/^[\x20-\x7e]+$/.test(secret)) {
    throw unusable(
      words`the client's secret cannot be used: ${where} has more than printable ASCII`,
      "put the secret there and nothing else, on one line",
    );
  }
  return { kind: "secret", secret };
}

/** What it writes to stderr may quote the secret as little as its stdout: only the last line is shown, and no long word. */
async function printedBy(command: readonly [string, ...string[]], machine: Machine): Promise<string> {
  const shown = shownPath(command[0]);
  const variables = enterNestedRun(
    machine.variable(nestedRunsVariable),
    ["client_secret_command", ...command],
    words`${setting("client_secret_command")} (${shown})`,
  );
  const { status, stdout, stderr } = await machine.run(command, { ...programLimits, variables });
  if (status !== 0) {
    const how = status === undefined ? "was ended by a signal" : `ended with status ${status}`;
    const said = wordsOf((reasonIn(stderr.split("\n")) ?? "").replaceAll(/\S{24,}/g, "…"), 200);
    throw new TegataError("process_failed", `${shown} ${how}${said === "" ? "" : `: ${said}`}`, {
      hint: `run ${shown} by hand to see what is wrong`,
    });
  }
  return stdout;
}

function unusable(message: string | Words, advice: HintInput): TegataError {
  return new TegataError("client_credential_invalid", message, { hint: advice });
}

/** Settings that a provider's grant for machines cannot do without. */
export function lackingSettings(missing: readonly [string, ...string[]], clientId: string): TegataError {
  return new TegataError(
    "settings_incomplete",
    `the client ${shownValue(clientId)} cannot sign in by itself without ${missing.join(" and ")}`,
    { hint: hint`set ${setting(missing[0])}`, details: { missing: missing.join(" ") } },
  );
}
