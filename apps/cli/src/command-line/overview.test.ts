import { thisProgram, words } from "@tegata/core";
import { expect, it } from "vitest";
import type { Command } from "../command.ts";
import { overviewOf } from "./overview.ts";

const command = (rest: Partial<Command> & Pick<Command, "name" | "summary">): Command => ({
  group: "output",
  argument: "profile",
  flags: {},
  run: () => Promise.resolve(),
  ...rest,
});

it("a long summary is broken within the width, and goes on below its beginning", () => {
  const long = command({ name: "env", summary: "print statements that set AWS credentials in a shell of some kind" });
  const text = overviewOf([long, command({ name: "hook", summary: "short", argument: "shell" })], "acme", 60);
  expect(text.split("\n").filter((line) => line.length > 60 && line.startsWith(" "))).toEqual([]);
  expect(text).toContain(
    "  env         print statements that set AWS credentials in a\n              shell of some kind\n  hook SHELL  short\n",
  );
});

it("a heading without a command and an internal command are left out", () => {
  const shown = command({ name: "login", summary: words`sign in with ${thisProgram}`, group: "person" });
  const text = overviewOf([shown, command({ name: "__x", summary: "internal", hidden: true })], "acme", 80);
  expect(text).toMatch(/^acme <command> /);
  expect(text).toContain("sign in, and use credentials:\n  login  sign in with acme\n");
  expect(text).not.toMatch(/internal|print credentials|CI job|set up/);
});
