import { expect, it } from "vitest";
import { inOwnName, programNamePattern } from "./program-name.ts";

it.each([
  ["run tegata login, and check this clock", "run acme login, and check this clock"],
  ["tegata: error", "acme: error"],
  ['in each job: eval "$(tegata env)"', 'in each job: eval "$(acme env)"'],
  ["keys that tegata did not write", "keys that acme did not write"],
])("a text says the name of the program: %s", (words, spoken) => {
  expect(inOwnName(words, "acme")).toBe(spoken);
  expect(inOwnName(words, "tegata")).toBe(words);
});

it.each([
  "/home/ann/.config/tegata/tegata.toml:12: profile.tegata.region",
  'the profile "tegata" is not a section',
  "npm install @tegata/cli",
  "run acme-tegata login",
  "TEGATA_PROFILE",
])("a name that somebody else gave stays as it is: %s", (words) => {
  expect(inOwnName(words, "acme")).toBe(words);
});

it.each(["acme", "acme-tegata", "a1"])("a program may be called %s", (name) => {
  expect(name).toMatch(programNamePattern);
});

it.each(["Acme", "-acme", "acme-", "acme--x", "ac me", "$(acme)", ""])("a program may not be called %j", (name) => {
  expect(name).not.toMatch(programNamePattern);
});
