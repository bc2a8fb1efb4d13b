import { describe, expect, it } from "vitest";
import { processLine } from "./process-line.ts";
import { shellWordsOf } from "./shell-words.ts";

const lineOf = (platform: string, ...words: readonly string[]) => {
  const made = processLine(words, platform);
  return made.kind === "line" ? made.line : made;
};

describe("a line of credential_process", () => {
  it.each([
    ["tegata", "credential-process", "dev"],
    ["/opt/te gata/tegata", "credential-process", "my dev"],
    ["/opt/tegata", "--config", "/home/ann's/$HOME `x`/tegata.toml", "größe", "開発"],
  ])("is the words again for those who take it apart as a shell: %j", (...words) => {
    const made = processLine(words, "linux");
    expect(made.kind === "line" ? shellWordsOf(made.line) : made).toEqual(words);
  });

  it.each([
    [["tegata", "credential-process", "dev"], "tegata credential-process dev"],
    [["C:\\tools\\tegata.exe", "credential-process", "dev"], "C:\\tools\\tegata.exe credential-process dev"],
    [
      ["C:\\Program Files\\te gata\\tegata.exe", "credential-process", "dev"],
      '"C:\\Program Files\\te gata\\tegata.exe" credential-process dev',
    ],
    [["tegata", "credential-process", "my dev"], 'tegata credential-process "my dev"'],
  ])("has one pair of quotes at most on Windows: %j", (words, line) => {
    expect(lineOf("win32", ...words)).toBe(line);
  });

  it("is not written on Windows for two words that need quotes, nor for one that none help", () => {
    expect(lineOf("win32", "C:\\a b\\tegata.exe", "my dev")).toEqual({
      kind: "impossible",
      words: ["C:\\a b\\tegata.exe", "my dev"],
    });
    expect(lineOf("win32", "C:\\a\\tegata.exe", "%PATH%")).toEqual({ kind: "impossible", words: ["%PATH%"] });
    expect(lineOf("win32", "C:\\a\\tegata.exe", "a b\\")).toEqual({ kind: "impossible", words: ["a b\\"] });
  });

  it("tells a path in quotes, which the SDK for Go does not start", () => {
    expect(processLine(["C:\\a b\\tegata.exe", "dev"], "win32")).toMatchObject({ isQuotedPath: true });
    expect(processLine(["tegata", "my dev"], "win32")).toMatchObject({ isQuotedPath: false });
    expect(processLine(["/a b/tegata", "dev"], "linux")).toMatchObject({ isQuotedPath: false });
  });

  it.each(["a #b", "a ;b", "#b", "a\nb", "a\u00a0b", "", "a\u202eb"])(
    "is not written with a word that clients cut or read in several ways: %j",
    (word) => {
      expect(lineOf("linux", "tegata", word)).toEqual({ kind: "impossible", words: [word] });
    },
  );
});
