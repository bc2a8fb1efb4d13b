import * as v from "valibot";
import { expect, test } from "vitest";
import { durationSecondsSchema } from "./duration.ts";

test.each([
  ["1h", 3600],
  ["45m", 2700],
  ["900s", 900],
  ["1h30m", 5400],
  ["1h0m5s", 3605],
  ["3600", 3600],
  [3600, 3600],
  ["12h", 43_200],
])("%j is %i seconds", (text, seconds) => {
  expect(v.parse(durationSecondsSchema, text)).toBe(seconds);
});

test.each(["", "h", "1.5h", "1d", "1h30", "30m1h", " 1h", "1H", "-1h", "1e9", "PT1H", 1800.5, Number.NaN, true, null])(
  "%j is not a duration",
  (value) => {
    expect(v.safeParse(durationSecondsSchema, value).issues?.[0].message).toMatch(
      /not a duration: write 1h, 45m, 1h30m or a number of seconds, from 15m \(900\) to 12h \(43200\)$/,
    );
  },
);

test.each([
  ["90s", 90],
  ["14m59s", 899],
  ["12h1s", 43_201],
  [0, 0],
  ["999999999h", 3_599_999_996_400],
])("%s is refused: %i seconds are outside of what AWS takes", (value, seconds) => {
  expect(v.safeParse(durationSecondsSchema, value).issues?.[0].message).toBe(
    `${typeof value === "string" ? `"${value}" ` : ""}is ${seconds} seconds: AWS takes durations from 15m (900) to 12h (43200)`,
  );
});
