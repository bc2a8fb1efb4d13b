import { inWords, type Words } from "@tegata/core";
import { describe, expect, it } from "vitest";
import { createTerminal } from "../../terminal/terminal.ts";
import { vocabularyOf } from "../../terminal/vocabulary.ts";
import { firstUse, sayNext } from "./next-step.ts";

const vocabulary = vocabularyOf({ programName: "tegata", args: [], env: {} });
const shown = (next: Words | undefined) => next && inWords(next, vocabulary);

describe("a first command with credentials", () => {
  it("names the profile where that has to be named", () => {
    expect(shown(firstUse("my dev", { flags: {} }))).toBe("tegata exec 'my dev' -- aws sts get-caller-identity");
    expect(shown(firstUse(undefined, { flags: { flow: "device" } }))).toBe(
      "tegata exec -- aws sts get-caller-identity",
    );
  });

  it("is none where it would need the flags of this run once more", () => {
    expect(firstUse("dev", { flags: { "role-arn": "x" } })).toBeUndefined();
  });
});

const said = (isTerminal: boolean, quiet: boolean) => {
  let text = "";
  const stderr = {
    write: (more: string) => void (text += more),
    isTerminal,
    size: () => ({ columns: 80, rows: 24 }),
  };
  const terminal = createTerminal({ stderr, env: {}, platform: "linux" }, { quiet, verbose: false });
  sayNext("aws s3 ls", { terminal });
  return text;
};

describe("what comes next", () => {
  it("is said on a terminal, and neither with --quiet nor to a pipe", () => {
    expect([said(true, false), said(true, true), said(false, false)]).toEqual(["tegata: next: aws s3 ls\n", "", ""]);
  });
});
