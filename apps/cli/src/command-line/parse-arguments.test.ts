import { describe, expect, it } from "vitest";
import { type FlagsByName, parseArguments } from "./parse-arguments.ts";

const known: FlagsByName = new Map([
  ["trust-policy", { kind: "text" }],
  ["json", { kind: "boolean" }],
] as const);

describe("a lone dash", () => {
  it("behind a flag that takes a text is its value", () => {
    expect(parseArguments(["--trust-policy", "-", "--json"], known).flags).toMatchObject({
      "trust-policy": "-",
      json: true,
    });
    expect(parseArguments(["--trust-policy=-"], known).flags).toMatchObject({ "trust-policy": "-" });
  });

  it("behind a switch, or by itself, is a word", () => {
    expect(parseArguments(["--json", "-"], known)).toMatchObject({ flags: { json: true }, words: ["-"] });
    expect(parseArguments(["-"], known).words).toEqual(["-"]);
  });

  it("behind two dashes is a word", () => {
    expect(parseArguments(["--", "--trust-policy", "-"], known).words).toEqual(["--trust-policy", "-"]);
  });
});
