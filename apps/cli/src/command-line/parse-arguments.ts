// oxlint-disable-next-line typescript/triple-slash-reference -- declares a module, for every package that reads this source
/// <reference path="./yargs-parser-browser.d.ts" />
import { command, hint, printable, TegataError } from "@tegata/core";
// Not "yargs-parser": for a format of its messages, that one loads what `console.log` is made of.
import parse from "yargs-parser/browser";
import type { FlagDefinition } from "../command.ts";

/** What taking arguments apart has to know of a flag. */
export interface FlagShape extends Pick<FlagDefinition, "kind"> {
  readonly alias?: string | undefined;
}

/** By name without dashes. */
export type FlagsByName = ReadonlyMap<string, FlagShape>;

interface ParsedArguments {
  /** By name without dashes and by alias; also those that nobody knows. A text that stands more than once is a list. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What is no flag and no flag's value, in order. */
  readonly words: readonly string[];
}

/**
 * How arguments are taken apart: nothing is turned into a number or an object. A text that
 * stands more than once becomes a list, so that nothing of it is lost; of a boolean, the last counts. What is a list by itself
 * is its words with commas between them, as in a variable.
 */
const parserConfiguration = {
  "camel-case-expansion": false,
  "dot-notation": false,
  "duplicate-arguments-array": true,
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "populate--": false,
} as const;

/**
 * Takes arguments apart. A text without a value is empty, and `--no-NAME` is false, no matter what the flag is.
 *
 * @throws TegataError `usage_invalid`
 */
export function parseArguments(args: readonly string[], known: FlagsByName): ParsedArguments {
  const named = [...known];
  const { argv, error } = parse.detailed(withLoneDashes(args, known), {
    string: named.filter(([, { kind }]) => kind !== "boolean").map(([name]) => name),
    boolean: named.filter(([, { kind }]) => kind === "boolean").map(([name]) => name),
    alias: Object.fromEntries(named.flatMap(([name, { alias }]) => (alias === undefined ? [] : [[name, [alias]]]))),
    configuration: parserConfiguration,
  });
  if (error !== null) {
    throw new TegataError("usage_invalid", printable(error.message), { hint: hint`${command("--help")}` });
  }
  const { _: words, ...flags } = argv;
  const lists = named.filter(([name, { kind }]) => (kind === "list" || kind === "table") && Array.isArray(flags[name]));
  const joined = Object.fromEntries(lists.map(([name]) => [name, [flags[name]].flat().join(",")]));
  return { flags: { ...flags, ...joined }, words: words.map(String) };
}

/** `--trust-policy -`, which is stdin, as `--trust-policy=-`: the parser would take the dash for a flag. */
function withLoneDashes(args: readonly string[], known: FlagsByName): string[] {
  const end = args.indexOf("--");
  const joined: string[] = [];
  for (const [index, arg] of args.entries()) {
    const before = joined.at(-1);
    const kind = before?.startsWith("--") === true ? known.get(before.slice(2))?.kind : undefined;
    if (arg === "-" && (end < 0 || index < end) && kind !== undefined && kind !== "boolean") {
      joined.splice(-1, 1, `${before ?? ""}=-`);
    } else {
      joined.push(arg);
    }
  }
  return joined;
}
