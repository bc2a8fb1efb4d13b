import { defineFormat, TegataError } from "@tegata/core";
import * as v from "valibot";

/**
 * One line for each variable.
 *
 * @throws TegataError `output_failed` for a value that a line cannot hold
 */
export const formatAcme = defineFormat({
  id: "acme",
  summary: "print credentials, one NAME=value a line",
  // Each key is a flag of the command (`--prefix`) and a variable (`TEGATA_PREFIX`).
  options: v.strictObject({
    prefix: v.optional(
      v.pipe(v.string(), v.regex(/^[A-Z_]*$/, "must be capitals"), v.description("what stands before each name")),
      "",
    ),
  }),
  asksPerson: "terminal",
  render(credentials, { prefix }, { region }) {
    const variables = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_REGION: region,
    };
    return (
      Object.entries(variables)
        // Nobody may have chosen a region.
        .map(([name, value]) => (value === undefined ? "" : `${prefix}${name}=${oneLine(name, value)}\n`))
        .join("")
    );
  },
});

/** Nothing is special in a value but the end of its line. */
function oneLine(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) {
    throw new TegataError("output_failed", `the value of ${name} does not fit on a line`);
  }
  return value;
}
