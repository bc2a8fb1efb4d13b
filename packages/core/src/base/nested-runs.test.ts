import { failure } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { enterNestedRun, hintIn, nestedRunsVariable, reasonIn } from "./nested-runs.ts";

const enter = (inside: string | undefined, ...facts: readonly string[]) =>
  enterNestedRun(inside, facts, "token_command (x)")[nestedRunsVariable];

describe("enterNestedRun", () => {
  it("names the runs around it by digests, the outermost first", () => {
    const outer = enter(undefined, "get-token", "secret");
    expect(outer).toMatch(/^[0-9a-f]{16}$/);
    expect(enter(outer, "another")).toMatch(new RegExp(`^${outer},[0-9a-f]{16}$`));
    expect(enter("", "get-token", "secret")).toBe(outer);
  });

  it("refuses a run inside of itself, also with another one in between", async () => {
    const outer = enter(undefined, "get-token");
    const inner = enter(outer, "another");
    for (const inside of [outer, inner]) {
      const error = await failure(
        Promise.resolve().then(() => enter(inside, "get-token")),
        "settings_invalid",
      );
      expect(error.message).toBe("a loop: token_command (x) runs tegata, which would run it again");
    }
  });

  it("refuses runs that are nested too deeply", () => {
    const deeper = (inside: string | undefined, depth: number): number =>
      depth > 20 ? depth : deeper(enter(inside, String(depth)), depth + 1);
    expect(() => deeper(undefined, 0)).toThrow("a loop");
  });
});

describe("reasonIn", () => {
  it.each([
    [["warning: old", "no such token", ""], "no such token"],
    [["tegata: error: a loop", "tegata: hint: do it otherwise"], "a loop"],
    [["tegata: hint: do it otherwise"], "tegata: hint: do it otherwise"],
    [[""], undefined],
  ])("finds in %j the line that says why", (lines, reason) => {
    expect(reasonIn(lines)).toBe(reason);
  });
});

describe("hintIn", () => {
  it.each([
    [["tegata: error: a loop", "tegata: hint: do it otherwise", ""], "do it otherwise"],
    [["acme: error: x", "acme: hint: acme login dev"], "acme login dev"],
    [["tegata: hint: do it otherwise", "and then it failed"], undefined],
    [["no such token"], undefined],
    [[], undefined],
  ])("finds in %j what tegata advises", (lines, hint) => {
    expect(hintIn(lines)).toBe(hint);
  });
});
