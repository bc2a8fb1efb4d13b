import * as v from "valibot";
import { shownValue } from "./shown-value.ts";

/**
 * Seconds out of a length of time as people write it: `1h`, `45m`, `90s`, `1h30m`, or a number of seconds, `3600`. `undefined`
 * for what is none.
 */
export function secondsOf(text: string): number | undefined {
  const match = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s?)?$/.exec(text);
  if (match === null || text === "" || /[hm]\d+$/.test(text)) {
    return undefined;
  }
  const [, hours = "0", minutes = "0", seconds = "0"] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** A length of time of any length, zero included, in whole seconds. */
export const lengthOfTimeSchema = v.pipe(
  v.union([v.string(), v.number()], (issue) => explain(issue.input)),
  v.rawTransform<string | number, number>(({ dataset, addIssue, NEVER }) => {
    const seconds = secondsOf(String(dataset.value));
    if (seconds === undefined) {
      addIssue({ message: explain(dataset.value) });
      return NEVER;
    }
    return seconds;
  }),
);

function explain(value: unknown): string {
  const problem = typeof value === "string" ? `${shownValue(value, 80)} is not` : `is ${shownValue(value)}, not`;
  return `${problem} a length of time: write 30m, 8h, 1h30m or a number of seconds`;
}
