import * as v from "valibot";
import { printable } from "../base/foreign-text.ts";
import { commandWordsSchema } from "../base/command-words.ts";
import { clientKeyAlgorithms } from "./client-key.ts";

const textSchema = v.pipe(v.string("must be text"), v.trim(), v.nonEmpty("must not be empty"));

/** Neither PEM nor a JSON Web Key, which somebody put here instead of its file. */
const pathSchema = v.pipe(
  textSchema,
  v.regex(/^(?!\{)(?!.*-----BEGIN)[^\r\n]+$/, "must be the path of a file, not what is in it"),
);

/** A service and an account of 255 characters each. */
const maxEntryCharacters = 511;

/** An entry of a keyring, as it is written in one setting. */
export interface KeyringEntry {
  readonly service: string;
  /** Holds no slash. */
  readonly account: string;
}

/** `SERVICE/ACCOUNT`, split at the last slash: an address or a name has none, and a service may. */
export function keyringEntryIn(text: string): KeyringEntry | undefined {
  const at = text.lastIndexOf("/");
  const [service, account] = [text.slice(0, at), text.slice(at + 1)];
  return at < 1 || account === "" || printable(text, text.length) !== text ? undefined : { service, account };
}

/**
 * How a client signs in by itself, for a plugin's own schema. A secret or a key has no setting that holds it: it stands in a file, in
 * a variable, in the keyring or in another program's store, and is read when it is needed.
 */
export const machineSettings = {
  client_secret_file: v.optional(v.pipe(pathSchema, v.description("a file with the client's secret"))),
  client_secret_variable: v.optional(
    v.pipe(
      textSchema,
      v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable, not its value"),
      v.description("the name of the environment variable that holds the client's secret"),
    ),
  ),
  client_secret_keyring: v.optional(
    v.pipe(
      textSchema,
      v.maxLength(maxEntryCharacters, `must have at most ${maxEntryCharacters} characters`),
      v.check(
        (text) => keyringEntryIn(text) !== undefined,
        "must be SERVICE/ACCOUNT: where the keyring has the secret, not the secret",
      ),
      v.description("where the operating system's keyring has the client's secret: SERVICE/ACCOUNT"),
    ),
  ),
  client_secret_command: v.optional(
    v.pipe(
      commandWordsSchema,
      v.description("a command that prints the client's secret, from a keyring or a vault; started without a shell"),
    ),
  ),
  client_key_file: v.optional(
    v.pipe(pathSchema, v.description("a file with the client's private key, in PEM (PKCS#8) or as a JSON Web Key")),
  ),
  client_key_id: v.optional(
    v.pipe(textSchema, v.description("the id (kid) by which the provider finds the client's public key")),
  ),
  client_key_algorithm: v.optional(
    v.pipe(
      v.picklist(clientKeyAlgorithms),
      v.description("what the client's key signs with, if it is not what the provider usually takes"),
    ),
  ),
  client_scope: v.optional(
    v.pipe(
      textSchema,
      v.transform((scope) => scope.split(/\s+/).join(" ")),
      v.regex(/^[\x20-\x7e]*$/, "must be printable ASCII (RFC 6749 appendix A.4)"),
      v.description("space-separated scopes that the client asks for if it signs in by itself"),
    ),
  ),
};

/** What `machineSettings` give. */
export type MachineSettings = v.InferOutput<v.StrictObjectSchema<typeof machineSettings, undefined>>;
