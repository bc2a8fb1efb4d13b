import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { lengthOfTimeSchema } from "./length-of-time.ts";

describe("a length of time", () => {
  it.each([
    ["30m", 1800],
    ["1h30m", 5400],
    ["90s", 90],
    ["0", 0],
    [3600, 3600],
    ["400h", 1_440_000],
  ])("%j is %i seconds", (text, seconds) => {
    expect(v.parse(lengthOfTimeSchema, text)).toBe(seconds);
  });

  it.each(["", "soon", "-5m", "30 m", "1d", "1h30", 0.5, -1, Number.NaN, true, null])("%j is none", (value) => {
    const { success, issues } = v.safeParse(lengthOfTimeSchema, value);
    expect(success).toBe(false);
    expect(issues?.[0].message).toMatch(/not a length of time: write 30m, 8h, 1h30m or a number of seconds$/);
  });
});
