import { describe, expect, it } from "vitest";
import { createSecretHider } from "./hide-secrets.ts";

const secret = "bXkvc2VjcmV0K2tleS93aXRoL3NsYXNoZXM=";
const hideSecrets = createSecretHider([secret, "another-secret-of-some-length"]);

describe("the text of a plugin program", () => {
  it.each([
    ["a whole secret", `key=${secret}.`, "key=…."],
    ["the beginning of one", `key=${secret.slice(0, 15)} end`, "key=… end"],
    ["the end of one", `${secret.slice(-13)} end`, "… end"],
    ["several, of which two touch", `a ${secret}another-secret-of-some-length b ${secret}`, "a … b …"],
    ["a token that nobody gave it", "got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln end", "got … end"],
    ["nothing of the kind", "no answer from login.example.com", "no answer from login.example.com"],
    ["escape sequences", "\u001b[31mred\u001b[0m\u202e\u0000", "[31mred [0m"],
  ])("is shown without secrets, tokens and escape sequences: %s", (_name, text, shown) => {
    expect(hideSecrets(text)).toBe(shown);
  });

  it("loses a secret that is shorter than what counts as a part of one", () => {
    expect(createSecretHider(["tok-1", ""])("said tok-1, twice tok-1")).toBe("said …, twice …");
  });

  it("is read quickly when it looks like the beginning of many tokens", () => {
    const start = performance.now();
    expect(hideSecrets("eyJhbGciOiJSUzI1-".repeat(100_000))).toHaveLength(300);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("loses its secrets before it is cut", () => {
    expect(hideSecrets(`${"x".repeat(290)}${secret}`, 300)).toBe(`${"x".repeat(290)}…`);
  });
});
