/// <reference types="node" />
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { hostileValues } from "./hostile-values.ts";
import type { Variables } from "../src/shell/shell-dialect.ts";
import { type ShellName, shellNames, shells } from "../src/shell/shells.ts";

interface RealShell {
  readonly program: string;
  readonly shell: ShellName;
  /** Without start-up files, and before the code. */
  readonly options: readonly string[];
  /** Loads what `cat answer` prints, as the README says it for `tegata env`. */
  readonly load: string;
  /** Another way that people write, which takes no line breaks, nor blanks as they are. */
  readonly loadUnquoted?: string;
  /** Becomes or starts `env -0`. */
  readonly dump: string;
  /** Runs the program at a path; the path itself when left out. */
  readonly external?: (path: string) => string;
}

const posix = {
  options: ["-c"],
  load: 'eval "$(cat answer)"',
  loadUnquoted: "eval $(cat answer)",
  dump: "exec env -0",
};

const realShells: readonly RealShell[] = [
  { ...posix, program: "sh", shell: "sh" },
  { ...posix, program: "dash", shell: "sh" },
  { ...posix, program: "busybox", shell: "sh", options: ["sh", "-c"] },
  { ...posix, program: "bash", shell: "bash" },
  { ...posix, program: "zsh", shell: "zsh", options: ["-f", "-c"] },
  { ...posix, program: "ksh", shell: "ksh" },
  { ...posix, program: "mksh", shell: "ksh" },
  {
    program: "fish",
    shell: "fish",
    options: ["--no-config", "-c"],
    load: "cat answer | source",
    loadUnquoted: "eval (cat answer)",
    dump: "exec env -0",
  },
  {
    program: "tcsh",
    shell: "tcsh",
    options: ["-f", "-c"],
    load: 'eval "`cat answer`"',
    loadUnquoted: "eval `cat answer`",
    dump: "exec env -0",
  },
  {
    program: "bsd-csh",
    shell: "csh",
    options: ["-f", "-c"],
    load: 'eval "`cat answer`"',
    loadUnquoted: "eval `cat answer`",
    dump: "exec env -0",
  },
  {
    program: "pwsh",
    shell: "powershell",
    options: ["-NoProfile", "-Command"],
    load: "/bin/cat answer | Out-String | Invoke-Expression",
    dump: "env -0",
  },
  {
    program: "nu",
    shell: "nushell",
    options: ["--no-config-file", "--no-std-lib", "-c"],
    load: "^cat answer | from json | load-env",
    dump: "^env -0",
    external: (path) => `^${path}`,
  },
  {
    program: "elvish",
    shell: "elvish",
    options: ["-norc", "-c"],
    load: "eval (cat answer | slurp)",
    dump: "exec env -0",
  },
  { program: "xonsh", shell: "xonsh", options: ["--no-rc", "-c"], load: "execx($(cat answer))", dump: "env -0" },
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tegata-shells-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function need(program: string, context: TestContext): void {
  if (!(process.env["PATH"] ?? "").split(delimiter).some((each) => existsSync(join(each, program)))) {
    context.skip(`${program} is not installed here`);
  }
}

/** What a child of the shell finds in its environment after the shell has loaded an answer. */
function load({ program, options, dump }: RealShell, loader: string, answer: string, locale: string) {
  rmSync(join(folder, "canary"), { force: true });
  writeFileSync(join(folder, "answer"), answer);
  const output = execFileSync(program, [...options, `${loader}\n${dump}`], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, LC_ALL: locale, GONE: "still here" },
    maxBuffer: 16 * 1024 * 1024,
  });
  const entries = output
    .toString("utf8")
    .split("\0")
    .filter((entry) => entry.includes("="));
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}

/** Loads the values, and what stands before and after them. */
function loadAll(real: RealShell, loader: string, values: readonly string[], locale = "C.UTF-8") {
  const variables: Variables = [
    ["GONE", undefined],
    ["NEVER_SET", undefined],
    ...values.map((value, index): Variables[number] => [`VALUE_${index}`, value]),
    ["LAST", "last"],
  ];
  const found = load(real, loader, shells[real.shell].dialect.render(variables), locale);
  return {
    values: values.map((_, index) => found.get(`VALUE_${index}`)),
    last: found.get("LAST"),
    gone: found.get("GONE"),
    hasRun: readdirSync(folder).includes("canary"),
  };
}

const unharmed = (values: readonly string[]) => ({ values, last: "last", gone: undefined, hasRun: false });

/** csh is told no line breaks, and says so: dialects.test.ts. */
const canHold = (shell: ShellName) => (value: string) =>
  !(shells[shell].dialect === shells.csh.dialect && /[\r\n]/.test(value));

describe.each(realShells)("$program", (real) => {
  it("is told a thousand hostile values byte for byte, and runs none of them", (context) => {
    need(real.program, context);
    const values = hostileValues(1000, 2026).filter(canHold(real.shell));
    expect(loadAll(real, real.load, values)).toEqual(unharmed(values));
  });

  it("is told them in a locale that knows ASCII only", (context) => {
    need(real.program, context);
    const values = hostileValues(60, 7).filter(canHold(real.shell));
    expect(loadAll(real, real.load, values, "C")).toEqual(unharmed(values));
  });

  it("gives a pasted word to a program as it is, and runs nothing in it", (context) => {
    need(real.program, context);
    const { word } = shells[real.shell].dialect;
    // A line is pasted: what ends it is no part of a word.
    const hostile = hostileValues(300, 5).filter((text) => text !== "" && !/[\p{C}\u2028\u2029]/u.test(text));
    const texts = [...hostile, "=ls", "@a", "a,b", "~", "$HOME", "a=~", "-a:b"];
    const { external = (path: string) => path } = real;
    const lines = texts.map((text) => `${external("/usr/bin/printf")} '%s\\0' ${word(text)}`);
    rmSync(join(folder, "canary"), { force: true });
    const output = execFileSync(real.program, [...real.options, lines.join("\n")], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, LC_ALL: "C.UTF-8" },
      maxBuffer: 16 * 1024 * 1024,
    });
    expect(output.toString("utf8").split("\0").slice(0, -1)).toEqual(texts);
    expect(readdirSync(folder)).not.toContain("canary");
  });
});

it("every shell but cmd, which is Windows' own, is run for real", () => {
  const real = new Set(realShells.map(({ shell }) => shell));
  expect(shellNames.filter((name) => !real.has(name))).toEqual(["cmd"]);
});

const lenient = realShells.flatMap(({ loadUnquoted, ...real }) =>
  loadUnquoted === undefined ? [] : [{ ...real, loadUnquoted }],
);

it.for(lenient)("an eval without quotes in $program changes no value and runs none", (real, context) => {
  need(real.program, context);
  // What shells do to an unquoted substitution: blanks become one, patterns become file names, braces are expanded.
  const values = hostileValues(300, 12).filter((value) => !/[\s*?[\]{}]/.test(value));
  expect(loadAll(real, real.loadUnquoted, values)).toEqual(unharmed(values));
});
