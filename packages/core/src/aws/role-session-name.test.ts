import { expect, test } from "vitest";
import { isRoleSessionName, toRoleSessionName } from "./role-session-name.ts";

test.each([
  ["ann@example.com", "ann@example.com"],
  ["auth0|5f7c8ec7c33c6c004bbafe82", "auth0-5f7c8ec7c33c6c004bbafe82"],
  ["Jürgen Groß", "J-rgen-Gro-"],
  ["ab\u{1f600}", "ab-"],
  ["a".repeat(80), "a".repeat(64)],
  ["", "tegata"],
  ["a", "tegata"],
  ["山田", "tegata"],
  ["a山", "tegata"],
  ["ok", "ok"],
])("%j becomes the session name %j", (candidate, name) => {
  expect(toRoleSessionName(candidate)).toBe(name);
  expect(isRoleSessionName(name)).toBe(true);
});

test("the first candidate that has a usable name becomes the session name", () => {
  expect(toRoleSessionName("山田@例え", "auth0|ann")).toBe("auth0-ann");
  expect(toRoleSessionName("", "ann")).toBe("ann");
  expect(toRoleSessionName("山", "田")).toBe("tegata");
});

test.each(["", "a", "a b", "a|b", "ä1", "a".repeat(65), "ok\n"])("%j is no role session name", (text) => {
  expect(isRoleSessionName(text)).toBe(false);
});
