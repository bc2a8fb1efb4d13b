import { describe, expect, it } from "vitest";
import { isTegataError, reworded, TegataError, wordingOf } from "./errors.ts";
import {
  again,
  command,
  commandOfRun,
  flag,
  hint,
  hintInWords,
  hintOf,
  inWords,
  next,
  or,
  plainVocabulary,
  thisProgram,
  setting,
  variable,
  type Vocabulary,
  words,
} from "./wording.ts";

/** A surface that has one setting, and nothing else. */
const form: Vocabulary = {
  setting: ({ key, value }) =>
    key === "region" ? `field ${key}${value === undefined ? "" : ` (${value})`}` : undefined,
  command: () => undefined,
  flag: () => undefined,
  variable: () => undefined,
  program: "acme",
  again: "send the form again",
};

describe("a hint", () => {
  it("is one clause where it is given as text", () => {
    expect(hintOf("check the clock")).toEqual([{ link: "and", words: ["check the clock"] }]);
  });

  it.each([
    ["semicolon", [hint`one`, hint`two`], "one; two"],
    ["or", [hint`one`, or`two`], "one, or two"],
    ["then", [hint`one`, next`two`], "one, then two"],
  ])("links its clauses by %s", (_link, given, text) => {
    expect(hintInWords(given, form)).toBe(text);
  });

  it("calls a setting as the surface does, with the value to write", () => {
    expect(hintInWords([hint`check ${setting("region")}`], form)).toBe("check field region");
    expect(hintInWords([hint`pass ${setting("region", "eu-west-1")}`], form)).toBe("pass field region (eu-west-1)");
  });

  it.each([
    ["a command", next`run ${command("login")}`],
    ["a command of the run", next`run ${commandOfRun("login")}`],
    ["a flag", or`add ${flag("force")}`],
    ["a variable", or`unset ${variable("TEGATA_CONFIG")}`],
    ["a setting", or`pass ${setting("token_file", "FILE")}`],
  ])("loses the clause that names %s where the surface has none, and keeps the others", (_what, clause) => {
    expect(hintInWords([hint`one`, clause, hint`three`], form)).toBe("one; three");
    expect(hintInWords([clause, or`two`], form)).toBe("two");
    expect(hintInWords([clause], form)).toBeUndefined();
  });

  it("says how to run it again, and the program's name, in the surface's words", () => {
    expect(hintInWords([hint`${again}; ${thisProgram} is patient`], form)).toBe("send the form again; acme is patient");
  });
});

describe("a message", () => {
  it("leaves nothing out: what the surface does not have is called plainly", () => {
    const text = words`${setting("region")} and ${setting("token_file")} of ${command("exec", "dev")}: ${2}`;
    expect(inWords(text, form)).toBe("field region and token_file of exec dev: 2");
  });

  it("takes other words in", () => {
    expect(words`not kept: ${words`${flag("force")} is missing`}`).toEqual([
      "not kept: ",
      { kind: "flag", name: "force" },
      " is missing",
    ]);
  });
});

describe("an error", () => {
  const error = new TegataError("sts_duration_rejected", words`${setting("duration")} is too long`, {
    hint: [hint`pass ${setting("duration", "1h")}`, next`run ${commandOfRun("login")}`],
    details: { httpStatus: 400 },
  });

  it("has plain words for a program that looks at it", () => {
    expect(error.message).toBe("duration is too long");
    expect(error.hint).toBe("pass duration 1h, then run login");
  });

  it("keeps code, details and what is not reworded", () => {
    const other = reworded(error, { hint: "ask the administrator" });
    expect(other).toMatchObject({
      code: error.code,
      details: error.details,
      hint: "ask the administrator",
      cause: error,
    });
    expect(wordingOf(other).message).toEqual(wordingOf(error).message);
  });

  it("of another copy of the package, which has no such words, says its text", () => {
    const foreign: unknown = Object.assign(new Error("no"), {
      name: "TegataError",
      code: "internal",
      hint: "report it",
    });
    if (!isTegataError(foreign)) {
      throw new TypeError("not one of ours");
    }
    expect(wordingOf(foreign)).toEqual({ message: ["no"], hint: [{ link: "and", words: ["report it"] }] });
    expect(hintInWords(hintOf("report it"), plainVocabulary)).toBe("report it");
  });

  it("survives being written down and read", () => {
    const copy: unknown = JSON.parse(JSON.stringify(wordingOf(error)));
    expect(copy).toEqual(wordingOf(error));
  });
});
