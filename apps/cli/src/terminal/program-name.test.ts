import { expect, it } from "vitest";
import { programNamePattern } from "./program-name.ts";

it.each(["acme", "acme-tegata", "a1"])("a program may be called %s", (name) => {
  expect(name).toMatch(programNamePattern);
});

it.each(["Acme", "-acme", "acme-", "acme--x", "ac me", "$(acme)", ""])("a program may not be called %j", (name) => {
  expect(name).not.toMatch(programNamePattern);
});
