import { describe, expect, it } from "vitest";
import { type Candidate, candidateLines, type CandidateShell, typedLine } from "./candidate-lines.ts";

const candidates: readonly Candidate[] = [
  { word: "dev", description: "Developer in 123456789012" },
  { word: "my dev", description: "a\tb\u001b[31m" },
  { word: "@x" },
  { word: "it's" },
  { word: "büro" },
  { word: '$(id)`id`"\\' },
  { word: "wow!" },
  { word: "ann@acme:prod" },
  { word: "unseen\u202e" },
  { word: "two\nlines" },
  { word: "" },
];

function lines(shell: CandidateShell, ...given: readonly string[]): readonly string[] {
  return candidateLines(candidates, typedLine(given, shell), shell).split("\n").slice(0, -1);
}

describe("a typed line of bash", () => {
  it.each<[string, readonly string[], readonly string[], number]>([
    ["tegata login ", ["login", ""], ["login", ""], 0],
    ["tegata login de", ["login", "de"], ["login", "de"], 0],
    ["tegata  login  --idp  ac", ["login", "--idp", "ac"], ["login", "--idp", "ac"], 0],
    ["tegata login --idp=ac", ["login", "--idp", "=", "ac"], ["login", "--idp=ac"], 6],
    ["tegata login --idp=", ["login", "--idp", "="], ["login", "--idp="], 6],
    ["tegata login ann@acme:p", ["login", "ann", "@", "acme", ":", "p"], ["login", "ann@acme:p"], 9],
    ["tegata login 'my d", ["login", "'my d"], ["login", "'my d"], 0],
    ["tegata login my\\ d", ["login", "my\\ d"], ["login", "my\\ d"], 0],
  ])("%j has the words that a person sees", (line, pieces, words, kept) => {
    expect(typedLine([line, ...pieces], "bash")).toMatchObject({ words, kept });
  });

  it("whose cursor stands in the middle of a word goes on without it", () => {
    expect(typedLine(["tegata login d", "login", "dev"], "bash").words).toEqual(["login", "dev"]);
  });
});

describe("candidates", () => {
  it("are quoted for bash, and only those that begin as typed are offered", () => {
    expect(lines("bash", "tegata login ", "login", "")).toEqual([
      "dev",
      "'my dev'",
      "@x",
      "'it'\\''s'",
      "'büro'",
      "'$(id)`id`\"\\'",
      "'wow!'",
      "ann@acme:prod",
    ]);
    expect(lines("bash", "tegata login my", "login", "my")).toEqual(["'my dev'"]);
    expect(lines("bash", "tegata login my\\ d", "login", "my\\ d")).toEqual(["'my dev'"]);
    expect(lines("bash", "tegata login ann@acme:p", "login", "ann", "@", "acme", ":", "p")).toEqual(["prod"]);
  });

  it("go on inside a quote that is open, which bash closes", () => {
    expect(lines("bash", "tegata login 'my", "login", "'my")).toEqual(["my dev"]);
    expect(lines("bash", "tegata login 'it", "login", "'it")).toEqual(["it'\\''s"]);
    expect(lines("bash", 'tegata login "$', "login", '"$')).toEqual(['\\$(id)\\`id\\`\\"\\\\']);
    expect(lines("bash", 'tegata login "w', "login", '"w')).toEqual([]);
  });

  it.each(["zsh", "fish"] as const)("have what they are beside them for %s, which quotes them itself", (shell) => {
    expect(lines(shell, "login", "my")).toEqual([
      "dev\tDeveloper in 123456789012",
      "my dev\ta b [31m",
      "@x",
      "it's",
      "büro",
      '$(id)`id`"\\',
      "wow!",
      "ann@acme:prod",
    ]);
  });

  it("are text, word and tool tip in ASCII for PowerShell", () => {
    expect(lines("powershell", "login", " ")).toEqual([
      "dev\tdev\tDeveloper in 123456789012",
      "'my dev'\tmy dev\ta b [31m",
      "'@x'\t@x\t@x",
      "'it''s'\tit's\tit's",
      "'b\\u00fcro'\tb\\u00fcro\tb\\u00fcro",
      '\'$(id)`id`"\\\\\'\t$(id)`id`"\\\\\t$(id)`id`"\\\\',
      "'wow!'\twow!\twow!",
      "ann@acme:prod\tann@acme:prod\tann@acme:prod",
    ]);
    expect(lines("powershell", "login", "'my")).toEqual(["'my dev'\tmy dev\ta b [31m"]);
    expect(lines("powershell", "login", "my` d")).toEqual(["'my dev'\tmy dev\ta b [31m"]);
  });
});
