import {
  commandOfRun,
  hint,
  inWords,
  isTegataError,
  next,
  plainVocabulary,
  setting,
  TegataError,
  wordingOf,
} from "@tegata/core";
import { describe, expect, it } from "vitest";
import { commandText } from "../settings/command-text.ts";
import { aboutRun } from "./about-run.ts";

const run = { profile: "dev", settings: { role_arn: "arn:aws:iam::1:role/My Role", fresh: true } } as const;
const login = "acme login dev --role-arn 'arn:aws:iam::1:role/My Role' --fresh";

function hintOfRun(error: TegataError, facts: typeof run | undefined): string | undefined {
  const told = aboutRun(error, facts);
  if (!isTegataError(told)) {
    throw new TypeError("an error of ours becomes another of ours");
  }
  const vocabulary = {
    ...plainVocabulary,
    command: (part: Parameters<typeof commandText>[0]) => commandText(part, "acme"),
  };
  return wordingOf(told)
    .hint?.map(({ words }) => inWords(words, vocabulary))
    .join(" | ");
}

const refused = new TegataError("sts_id_token_expired", "too old", {
  hint: [hint`check the clock`, next`run ${commandOfRun("login")}`],
});

describe("an error of a run", () => {
  it("names its commands with the profile and the settings of the run", () => {
    expect(hintOfRun(refused, run)).toBe(`check the clock | run ${login}`);
  });

  it("is the same error where it names none", () => {
    const error = new TegataError("usage_invalid", "no", { hint: "correct it" });
    expect(aboutRun(error, run)).toBe(error);
    expect(aboutRun(error, undefined)).toBe(error);
    const foreign = new TypeError("x");
    expect(aboutRun(foreign, run)).toBe(foreign);
  });
});

it("a diagnosis is of the run, and none where nobody signs in", () => {
  const error = new TegataError("idp_unreachable", "no", {
    hint: [hint`check the network`, hint`find out: ${commandOfRun("doctor")}`],
  });
  expect(hintOfRun(error, run)).toBe(`check the network | find out: ${login.replace("login", "doctor")}`);
  expect(hintOfRun(error, undefined)).toBe("check the network");
});

describe("where only a person can help", () => {
  it("the login of the run is not named beside another flow, which it would not go", () => {
    const error = new TegataError("sign_in_required", "no", { hint: hint`use ${setting("flow", "device")}` });
    expect(hintOfRun(error, run)).toBe("use flow device");
  });

  it("a sign-in is the way out", () => {
    expect(hintOfRun(new TegataError("sign_in_required", "no"), run)).toBe(login);
  });

  it("a sign-in is the other way out beside what the hint says", () => {
    const locked = new TegataError("sign_in_required", "no", { hint: "unlock the keyring" });
    expect(hintOfRun(locked, run)).toBe(`unlock the keyring | sign in again: ${login}`);
  });

  it("a hint that names the sign-in already does so once", () => {
    const known = new TegataError("sign_in_required", "no", { hint: hint`make room && ${commandOfRun("login")}` });
    expect(hintOfRun(known, run)).toBe(`make room && ${login}`);
  });
});

describe("where nobody signs in", () => {
  it("nobody is told to, and the rest of the hint stays", () => {
    expect(hintOfRun(refused, undefined)).toBe("check the clock");
  });

  it("another run is the way out where a sign-in was the only one", () => {
    expect(hintOfRun(new TegataError("sign_in_required", "no"), undefined)).toBe("try again");
    const claim = new TegataError("sts_claim_rejected", "no", { hint: hint`${commandOfRun("login")}` });
    expect(hintOfRun(claim, undefined)).toBe("try again");
  });
});
