import { describe, expect, it } from "vitest";
import { isTegataError } from "../base/errors.ts";
import type { Variables } from "./shell-dialect.ts";
import { type ShellName, shells } from "./shells.ts";

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return isTegataError(error) ? `${error.code}: ${error.message}` : error;
  }
}

describe("statements in each shell's own words", () => {
  const variables: Variables = [
    ["OLD", undefined],
    ["K", "it's 50% \\ \u{1f600}"],
  ];
  it.for<[ShellName, string]>([
    ["sh", "unset OLD;\nexport K='it'\\''s 50% \\ \u{1f600}';\n"],
    ["fish", "set -e OLD; or true;\nset -gx K 'it\\'s 50% \\\\ \u{1f600}';\n"],
    ["tcsh", "unsetenv OLD;\nsetenv K 'it'\\''s 50% \\ \u{1f600}';\n"],
    ["powershell", "$Env:OLD = $null; $Env:K = 'it''s 50% \\ ' + [char]0xd83d + '' + [char]0xde00 + '';\n"],
    ["nushell", '{"OLD":null,"K":"it\'s 50% \\\\ \u{1f600}"}\n'],
    ["elvish", "unset-env OLD;\nset E:K = 'it''s 50% \\ \u{1f600}';\n"],
    ["xonsh", "${...}.pop('OLD', None)\n$K = 'it\\'s 50% \\\\ \\U0001f600'\n"],
  ])("are those of %s", ([shell, expected]) => {
    expect(shells[shell].dialect.render(variables)).toBe(expected);
  });

  it("hold no curly quote in PowerShell, which would end the value there", () => {
    const value = "\u2018\u2019\u201a\u201b; Remove-Item canary";
    expect(shells.powershell.dialect.render([["K", value]])).not.toMatch(/[^\n -~]/);
  });

  it("are not made for cmd.exe of a value that it would expand, cut or decode otherwise", () => {
    expect(
      shells.cmd.dialect.render([
        ["OLD", undefined],
        ["K", "a b&c|d<e>f(g)'h/+=\\"],
      ]),
    ).toBe('set "OLD="\nset "K=a b&c|d<e>f(g)\'h/+=\\"\n');
    for (const character of ['"', "%", "!", "^", "\n", "\r", "\t", "é"]) {
      const error = errorOf(() => shells.cmd.dialect.render([["K", `a${character}b`]]));
      expect(error).toMatch(/^output_failed: the value of K holds .*, which cmd\.exe cannot be told$/);
    }
  });

  it("are not made for csh of a value with a line break, at which its statement would end", () => {
    for (const character of ["\n", "\r"]) {
      const error = errorOf(() => shells.csh.dialect.render([["K", `a${character}b`]]));
      expect(error).toBe("output_failed: the value of K holds a line break, which csh cannot be told");
    }
  });
});

describe("a word to paste", () => {
  it.each<[ShellName, string, string]>([
    ["sh", "a'b", String.raw`'a'\''b'`],
    ["bash", "=ls", "'=ls'"],
    ["bash", "a\u001bb", String.raw`$'a\033b'`],
    ["fish", String.raw`a'b\c`, String.raw`'a\'b\\c'`],
    ["csh", "a!b", String.raw`'a\!b'`],
    ["powershell", "a\u2019b'", "'a\u2019\u2019b'''"],
    ["elvish", "a'b", "'a''b'"],
    ["cmd", 'a "b"', '"a ""b"""'],
    ["nushell", 'a "b"', String.raw`"a \"b\""`],
  ])("in %s of %j is %s", (shell, text, word) => {
    expect(shells[shell].dialect.word(text)).toBe(word);
  });

  it("is left as it is where nothing in it is special, in every shell", () => {
    for (const { dialect } of Object.values(shells)) {
      expect(dialect.word("--idp=ann@example.com")).toBe("--idp=ann@example.com");
    }
  });
});
