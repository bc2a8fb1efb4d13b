import { split } from "shlex";
import * as v from "valibot";

/**
 * A program and its arguments: a list in the file, or one text that is split as a POSIX shell and `credential_process` do
 * it. No shell is started.
 */
export const commandWordsSchema = v.pipe(
  v.union([v.string(), v.array(v.string("must be a list of texts"))], "must be text or a list of texts"),
  v.rawTransform(({ dataset, addIssue, NEVER }): readonly [string, ...string[]] => {
    const [program, ...args] = typeof dataset.value === "string" ? wordsIn(dataset.value) : dataset.value;
    if (program === undefined || program === "") {
      addIssue({ message: "must be a program and its arguments; every quote needs its other half" });
      return NEVER;
    }
    return [program, ...args];
  }),
);

function wordsIn(text: string): readonly string[] {
  try {
    return split(text);
  } catch {
    return [];
  }
}
