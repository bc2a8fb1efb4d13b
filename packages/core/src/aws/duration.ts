import * as v from "valibot";
import { secondsOf } from "../base/length-of-time.ts";
import { shownValue } from "../base/shown-value.ts";

/** What `DurationSeconds` and `SessionDuration` take, in seconds. */
const minSeconds = 900;
const maxSeconds = 43_200;

const limits = "from 15m (900) to 12h (43200)";

/**
 * A length of time as people write it, `1h`, `45m`, `90s`, `1h30m`, or a number of seconds, `3600`; gives whole seconds
 * within what AWS takes for a role session and for a console session.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const durationSecondsSchema = v.pipe(
  v.union([v.string(), v.number()], (issue) => explainShape(issue.input)),
  v.rawTransform<string | number, number>(({ dataset, addIssue, NEVER }) => {
    const seconds = secondsOf(String(dataset.value));
    if (seconds === undefined) {
      addIssue({ message: explainShape(dataset.value) });
      return NEVER;
    }
    if (seconds < minSeconds || seconds > maxSeconds) {
      const shown = typeof dataset.value === "string" ? `${shownValue(dataset.value, 80)} ` : "";
      addIssue({ message: `${shown}is ${seconds} seconds: AWS takes durations ${limits}` });
      return NEVER;
    }
    return seconds;
  }),
);

function explainShape(value: unknown): string {
  const problem = typeof value === "string" ? `${shownValue(value, 80)} is not` : `is ${shownValue(value)}, not`;
  return `${problem} a duration: write 1h, 45m, 1h30m or a number of seconds, ${limits}`;
}
