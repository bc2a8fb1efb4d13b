import { printable, shownValue } from "@tegata/core";
import type * as v from "valibot";
import { didYouMean } from "./nearest-name.ts";
import { kindOf } from "./describe-schema.ts";

/** What a flag, a variable or the file said, before any schema has seen it. */
export interface RawValue<From extends Origin = Origin> {
  readonly value: unknown;
  readonly origin: From;
}

export type Origin = TypedOrigin | FileOrigin | DefaultOrigin;

/** A flag or an input; a variable: `TEGATA_ROLE_ARN`, `AWS_REGION`. */
export type TypedOrigin = FlagOrigin | VariableOrigin;

export interface FlagOrigin {
  readonly kind: "flag";
  /** The setting's key, or that of an option: `role_arn`. What it is called is the surface's business. */
  readonly key: string;
}

export interface VariableOrigin {
  readonly kind: "variable";
  readonly name: string;
}

export interface FileOrigin {
  readonly kind: "file";
  /** `["profile", "dev", "role_arn"]`. */
  readonly path: readonly string[];
}

/** From the author of the composed binary: `the default region`. */
export interface DefaultOrigin {
  readonly kind: "default";
  readonly name: string;
}

/** True for what was said for this run: a flag or a variable. */
export function isTyped(origin: Origin): origin is TypedOrigin {
  return origin.kind === "flag" || origin.kind === "variable";
}

const booleanWords = new Map([
  ["1", true],
  ["true", true],
  ["yes", true],
  ["0", false],
  ["false", false],
  ["no", false],
]);

/** What the text of a flag or a variable means where a boolean is wanted; `undefined`: nothing. */
export function booleanOf(text: string): boolean | undefined {
  return booleanWords.get(text.trim().toLowerCase());
}

/** Stands behind the value. */
export const explainBoolean = "must be 1, true, yes, 0, false or no";

/** The end of a message about a value that is not one of the words. */
export function explainChoice(value: unknown, words: readonly string[]): string {
  return `must be one of ${words.join(", ")}${typeof value === "string" ? didYouMean(value, words) : ""}`;
}

/**
 * What a schema is to judge: the text of a flag or a variable becomes a boolean, a number, a list or a table where the schema
 * wants one. A
 * value of the file or of the program is taken as it is, because TOML has its own booleans and numbers.
 */
export function schemaInput(raw: RawValue, schema: v.GenericSchema): unknown {
  const { value } = raw;
  if (Array.isArray(value) && kindOf(schema) === "table") {
    // The schema would read it as a table by the numbers of its members.
    return null;
  }
  if (!isTyped(raw.origin) || typeof value !== "string") {
    return value;
  }
  const kind = kindOf(schema);
  if (kind === "boolean") {
    return booleanOf(value) ?? value;
  }
  if (kind === "list") {
    return wordsOf(value);
  }
  if (kind === "table") {
    return tableOf(value) ?? value;
  }
  return kind === "number" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}

/** The keys that a schema of a table leaves out without a word. */
const unsafeKeys: ReadonlySet<string> = new Set(["__proto__", "prototype", "constructor"]);

/** `undefined` if a part of the text does not fit: no part may get lost. */
function tableOf(text: string): Readonly<Record<string, string>> | undefined {
  const table = new Map<string, string>();
  for (const word of wordsOf(text)) {
    const end = word.indexOf("=");
    const key = word.slice(0, end);
    if (end < 0 || table.has(key) || unsafeKeys.has(key)) {
      return undefined;
    }
    table.set(key, word.slice(end + 1));
  }
  return Object.fromEntries(table);
}

function wordsOf(text: string): readonly string[] {
  return text
    .split(/[,\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/**
 * What is wrong with a value, worded to follow its origin: `"maybe" must be true or false`, `is the number 5, and
 * must be text`. Messages that begin with "must" do not hold the value yet; those of valibot itself are worded again.
 */
export function explainIssue(issue: v.BaseIssue<unknown>, raw: RawValue, name: string): string {
  const shown = subjectOf(raw.value, name);
  if (Array.isArray(raw.value) && raw.origin.kind === "flag") {
    return "is given more than once";
  }
  if (issue.type === "boolean" && isTyped(raw.origin)) {
    return `${shown} ${explainBoolean}`;
  }
  if (issue.type === "record" && isTyped(raw.origin)) {
    return `${shown} must be KEY=VALUE, several with commas between them`;
  }
  if (issue.type === "picklist") {
    const words = [...(issue.expected ?? "").matchAll(/"([^"]*)"/g)].map(([, word = ""]) => word);
    return `${shown} ${explainChoice(raw.value, words)}`;
  }
  if (!/^Invalid [a-z ]+: /.test(issue.message)) {
    const message = printable(issue.message, 500);
    return /^must\b/.test(message) ? `${shown} ${message}` : message;
  }
  if (issue.kind === "schema") {
    return `${shown} must be ${kindNames.get(issue.expected ?? "") ?? printable(issue.expected ?? "something else")}`;
  }
  return issue.expected === "!0" ? "must not be empty" : `${shown} is not valid`;
}

/** What valibot calls the kinds of value that settings have. */
const kindNames = new Map([
  ["string", "text"],
  ["number", "a number"],
  ["boolean", "true or false"],
]);

// Where a sign-in is kept is no secret; a file or a variable of a token, or of a key, may have been given the token or the key itself.
const secretName = /secret|password|token(?![_-]store)|private|credential|key[_-]file/;

/** True for a setting whose value is not to be shown. */
export function isSecretSetting(name: string): boolean {
  return secretName.test(name);
}

const heldSecretName = /(?:secret|password|passphrase|token|private_key|credentials?)$/;

/**
 * True for a setting whose value is the secret itself, and not the file, the variable or the command that has it. It is no flag:
 * others on the machine can read the arguments of a program, and shells keep them.
 */
export function holdsSecret(name: string): boolean {
  return heldSecretName.test(name);
}

/** A setting's value for a message, without what may be secret: the user part of a URL, and any value of a setting called so. */
export function shownSetting(value: unknown, name: string): string {
  if (isSecretSetting(name)) {
    return "the value";
  }
  return shownValue(typeof value === "string" ? value.replace(/^.*(?::|\/\/).*@/s, "…@") : value);
}

/** The value, to stand between its origin and "must". */
function subjectOf(value: unknown, name: string): string {
  const shown = shownSetting(value, name);
  return typeof value === "string" || isSecretSetting(name) ? shown : `is ${shown}, and`;
}
