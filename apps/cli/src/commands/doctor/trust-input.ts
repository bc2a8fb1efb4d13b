import { isTegataError, readWithoutVerifying, shownPath, TegataError, type UnverifiedToken } from "@tegata/core";
import { maxPolicyCharacters, readTrustPolicy, type TrustPolicy } from "@tegata/trust-policy";
import * as v from "valibot";
import type { CliSystem } from "../../cli-system.ts";

/** A policy that was given, and what to call it. */
export interface PolicyInput {
  readonly name: string;
  readonly policy: TrustPolicy;
}

/** A token that was given, without its signature. */
export interface TokenInput {
  readonly name: string;
  readonly token: Pick<UnverifiedToken, "claims"> & Partial<UnverifiedToken>;
  /** Others on this machine can read or change it. */
  readonly isExposed: boolean;
}

/** Twice what AWS takes of a token, for blanks and for claims that are written one by a line. */
const maxTokenBytes = 65_536;
/** A person who pipes a command may have to give a code to it first. */
const patienceMilliseconds = 300_000;

/**
 * Reads the policy of a file, or of stdin by `-`.
 *
 * @throws TegataError `usage_invalid` for what cannot be read, with its name
 */
export async function readPolicyInput(path: string, system: CliSystem): Promise<PolicyInput> {
  const isStdin = path === "-";
  const name = isStdin ? "stdin" : shownPath(path);
  const text = isStdin ? await readStdin(system) : await readText(path, maxPolicyCharacters * 4, system);
  return { name, policy: readTrustPolicy(text, name) };
}

/**
 * Reads a token: a JWT, or its claims as JSON. What is in it is in no message.
 *
 * @throws TegataError `usage_invalid` for what cannot be read, with its name
 */
export async function readTokenInput(path: string, system: CliSystem): Promise<TokenInput> {
  const name = shownPath(path);
  const text = await readText(path, maxTokenBytes, system);
  const isExposed = await othersCanRead(path, system);
  const token = readWithoutVerifying(text.trim()) ?? claimsIn(text);
  if (token === undefined) {
    throw unreadable(
      `${name} is no token: it is neither a signed JWT nor its claims as JSON`,
      "give the ID token itself",
    );
  }
  return { name, token, isExposed };
}

/** Any other JSON is not what was meant. */
const claimsSchema = v.looseObject({ iss: v.string() });

function claimsIn(text: string): Pick<UnverifiedToken, "claims"> | undefined {
  try {
    const claims: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return v.is(claimsSchema, claims) ? { claims } : undefined;
  } catch {
    return undefined;
  }
}

async function readText(path: string, maxBytes: number, { machine }: CliSystem): Promise<string> {
  if (path === "") {
    throw unreadable("the name of a file is empty", "name a file");
  }
  let text: string | undefined;
  try {
    text = await machine.readFile(path, maxBytes);
  } catch (error) {
    throw isTegataError(error) && error.code === "file_unreadable"
      ? unreadable(error.message, "check the path and its permissions")
      : error;
  }
  if (text === undefined) {
    throw unreadable(`${shownPath(path)} is not there`, "check the path");
  }
  return text;
}

/** As a secret it would be refused; here it is only looked at. */
async function othersCanRead(path: string, { machine }: CliSystem): Promise<boolean> {
  try {
    return (await machine.readSecretFile(path, maxTokenBytes)) === undefined;
  } catch (error) {
    if (isTegataError(error) && error.code === "file_unreadable") {
      return true;
    }
    throw error;
  }
}

async function readStdin({ readStdin: read, clock, signal }: CliSystem): Promise<string> {
  if (read === undefined) {
    throw unreadable(
      "stdin is a terminal, and nothing is piped into it",
      "pipe the answer of aws iam get-role --role-name NAME --output json into it",
    );
  }
  const isOver = new AbortController();
  const bytes = await Promise.race([
    read(maxPolicyCharacters * 4),
    clock.sleep(patienceMilliseconds, AbortSignal.any([signal, isOver.signal])).then(() => "too late" as const),
  ]).finally(() => isOver.abort());
  if (typeof bytes === "string") {
    throw unreadable(
      bytes === "too late"
        ? `stdin gave no policy within ${patienceMilliseconds / 60_000} minutes`
        : `stdin gave more than ${maxPolicyCharacters * 4} bytes`,
      "give the answer of aws iam get-role",
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable("stdin is not UTF-8 text", "give the answer of aws iam get-role --output json");
  }
}

function unreadable(message: string, hint: string): TegataError {
  return new TegataError("usage_invalid", message, { hint });
}
