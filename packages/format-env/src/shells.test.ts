/// <reference types="node" />
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { fish } from "./fish.ts";
import { posix } from "./posix.ts";
import type { ShellDialect } from "./shell-dialect.ts";

const nasty = [
  "plain",
  "",
  "it's",
  "''",
  "'; touch /tmp/tegata-must-not-exist; '",
  '"double"',
  "$HOME ${HOME} $(id) `id`",
  String.raw`back\slash \' \\ \n trailing\\`,
  "trailing\\",
  "!! !$ !x",
  "%s %d %",
  "a;b&c|d<e>f(g)h{i}j[k]~l#m",
  "#comment",
  "-n",
  "=ls ~root",
  "grüße 山田 \u{1f600} \u202e",
  "\u001b[31m",
];
const newlines = ["two\nlines", "\nleading", "trailing\n", "a\r\nb", "'\n;id\n'"];

const posixLoaders = { quoted: 'eval "$(cat)"', unquoted: "eval $(cat)" };
const fishLoaders = { quoted: "cat | source", unquoted: "eval (cat)" };

const shells: readonly { name: string; dialect: ShellDialect; loaders: typeof posixLoaders }[] = [
  { name: "sh", dialect: posix, loaders: posixLoaders },
  { name: "bash", dialect: posix, loaders: posixLoaders },
  { name: "dash", dialect: posix, loaders: posixLoaders },
  { name: "zsh", dialect: posix, loaders: posixLoaders },
  { name: "ksh", dialect: posix, loaders: posixLoaders },
  { name: "fish", dialect: fish, loaders: fishLoaders },
];

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** What a child of the shell finds in its environment after the shell has loaded the statements. */
function load(shell: string, loader: string, statements: string, locale: string): Map<string, string> {
  const output = execFileSync(shell, ["-c", `${loader}\nexec env -0`], {
    input: statements,
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", LC_ALL: locale, GONE: "still here" },
  });
  const entries = output
    .toString("utf8")
    .split("\0")
    .filter((entry) => entry.includes("="));
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}

/** Loads the values, and what stands before and after them. */
function loadAll(shell: string, dialect: ShellDialect, loader: string, values: readonly string[], locale: string) {
  const set = values.map((value, index) => `${dialect.set(`VALUE_${index}`, value)}\n`);
  const found = load(
    shell,
    loader,
    `${dialect.unset("GONE")}\n${set.join("")}${dialect.set("LAST", "last")}\n`,
    locale,
  );
  return {
    values: values.map((_, index) => found.get(`VALUE_${index}`)),
    last: found.get("LAST"),
    gone: found.get("GONE"),
    hasRun: existsSync("/tmp/tegata-must-not-exist"),
  };
}

const unharmed = (values: readonly string[]) => ({ values, last: "last", gone: undefined, hasRun: false });

describe.each(shells)("$name", ({ name, dialect, loaders }) => {
  const word = isOnPath(name) ? "" : ` (skipped: no ${name} on PATH)`;

  test.skipIf(word !== "").each(["C", "C.UTF-8"])(`a value arrives changed, or runs, in locale %s${word}`, (locale) => {
    const values = [...nasty, ...newlines];
    expect(loadAll(name, dialect, loaders.quoted, values, locale)).toEqual(unharmed(values));
  });

  test.skipIf(word !== "")(`an eval without quotes runs a value or changes it${word}`, () => {
    expect(loadAll(name, dialect, loaders.unquoted, nasty, "C.UTF-8")).toEqual(unharmed(nasty));
  });
});
