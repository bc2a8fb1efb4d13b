import { awsEnvironment, defineFormat, environmentLines, stepEnvironmentUnset, TegataError } from "@tegata/core";
import * as v from "valibot";

/** What no reader of these files gives a meaning to; the credentials of STS are made of nothing else. */
const plainValue = /^[\w+/=:.@-]*$/;

/**
 * Lines for a dotenv file, as `node --env-file`, the dotenv packages and Docker Compose read it.
 *
 * @throws TegataError `output_failed` for a value that they would read in different ways; as `awsEnvironment`
 */
export const formatDotenv = defineFormat({
  id: "dotenv",
  summary: "print AWS credentials as lines for a dotenv file",
  examples: [
    { line: "dotenv dev", what: "lines for a file .env" },
    { line: "dotenv dev --region eu-west-1", what: "with that region" },
  ],
  options: v.strictObject({}),
  asksPerson: "terminal",
  repeatable: true,
  render: (credentials, _options, { region }) =>
    environmentLines(Object.entries(awsEnvironment(credentials, region)), quoted),
  renderUnset: () => environmentLines(stepEnvironmentUnset),
});

/** Between single quotes the readers agree on everything but a quote and a backslash. */
function quoted(name: string, value: string): string {
  if (plainValue.test(value)) {
    return value;
  }
  if (/['\\]/.test(value)) {
    throw new TegataError("output_failed", `the value of ${name} holds a quote or a backslash`, {
      hint: "check the settings of the profile",
    });
  }
  return `'${value}'`;
}
