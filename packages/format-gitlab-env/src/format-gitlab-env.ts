import {
  awsVariables,
  command,
  defineFormat,
  environmentLines,
  flag,
  hint,
  refuseChosenProfile,
  regionVariables,
  shownPath,
  stepEnvironment,
  TegataError,
} from "@tegata/core";
import * as v from "valibot";

/** What GitLab takes by default; a self-managed instance can take more. */
const reportLimitBytes = 5120;
/** What is read of a report that is there already. */
const maxBytes = 65_536;

/** Kept as they are: GitLab takes quotes and spaces literally, expands `$`, and knows no escape. */
const safeValue = /^[\w+/=:.@-]*$/;

/**
 * Credentials for the later jobs of a GitLab pipeline, in a dotenv report. Reports are artifacts, so that anyone who can see
 * the job's artifacts has the credentials: nothing is written unless that is said in so many words.
 *
 * @throws TegataError `usage_invalid` without the switch, `output_failed` for what a report cannot hold,
 *   `file_unwritable`, `file_unreadable`; as `stepEnvironment`
 * @see https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv
 */
export const formatGitlabEnv = defineFormat({
  id: "gitlab-env",
  summary: "write AWS credentials into a dotenv report of GitLab CI",
  group: "ci",
  examples: [
    { line: "gitlab-env --role-arn ARN", what: "by the job's own token" },
    { line: "gitlab-env --unset", what: "take it back" },
  ],
  options: v.strictObject({
    report_file: v.optional(
      v.pipe(
        v.string(),
        v.nonEmpty("must not be empty"),
        v.description("the file that artifacts:reports:dotenv names"),
      ),
      "tegata.env",
    ),
    expose_credentials_in_artifact: v.optional(
      v.pipe(v.boolean(), v.description("allow that everyone who can see the job's artifacts gets the credentials")),
      false,
    ),
  }),
  asksPerson: "terminal",
  checkPlatform({ expose_credentials_in_artifact: isAccepted }, { machine }) {
    requireConsent(isAccepted);
    refuseChosenProfile(machine);
  },
  render(credentials, { report_file: path, expose_credentials_in_artifact: isAccepted }, { machine, region }) {
    requireConsent(isAccepted);
    const variables = stepEnvironment(credentials, region, machine);
    for (const [name, value] of variables) {
      if (!safeValue.test(value)) {
        throw new TegataError("output_failed", `the value of ${name} does not fit into a dotenv report of GitLab`, {
          hint: "check the settings of the profile",
        });
      }
    }
    const lines = environmentLines(variables);
    const change = (text = "") => withinLimit(`${without([...variables.keys()], withoutOurs(text))}${lines}`, path);
    return { stdout: "", afterwards: () => machine.updateFile(path, maxBytes, change) };
  },
  unsetOptions: ["report_file"],
  renderUnset({ report_file: path }, { machine }) {
    return {
      stdout: "",
      afterwards: () =>
        machine.updateFile(path, maxBytes, (text) => (text === undefined ? undefined : withoutOurs(text))),
    };
  },
});

function requireConsent(isAccepted: boolean): void {
  if (!isAccepted) {
    throw new TegataError(
      "usage_invalid",
      "a dotenv report is an artifact: everyone who can see the job's artifacts would get the credentials",
      {
        hint: [
          hint`in each job: ${command("exec", "--", "command")}`,
          hint`if you do want that, ${flag("expose-credentials-in-artifact")}`,
        ],
      },
    );
  }
}

/** Other variables of the report stay as they are, a region that stands alone among them; the last line is finished. */
function withoutOurs(report: string): string {
  let isBehindKeys = false;
  const kept = linesOf(report).filter((line) => {
    const name = nameIn(line);
    const isRegion = regions.has(name);
    isBehindKeys = name === "AWS_SESSION_TOKEN" || (isRegion && isBehindKeys);
    return isRegion ? !isBehindKeys : !ours.has(name);
  });
  const text = kept.join("");
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** GitLab refuses a report that has a variable twice. */
function without(names: readonly string[], report: string): string {
  return linesOf(report)
    .filter((line) => !names.includes(nameIn(line)))
    .join("");
}

const linesOf = (report: string): readonly string[] => report.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const nameIn = (line: string): string => line.split("=", 1)[0] ?? "";
const ours: ReadonlySet<string> = new Set([...awsVariables, "AWS_SECURITY_TOKEN"]);
/** Written right behind the keys. */
const regions: ReadonlySet<string> = new Set(regionVariables);

function withinLimit(report: string, path: string): string {
  const bytes = new TextEncoder().encode(report).length;
  if (bytes >= reportLimitBytes) {
    throw new TegataError(
      "output_failed",
      `${shownPath(path)} would have ${bytes} bytes, and GitLab takes dotenv reports below ${reportLimitBytes}`,
      { hint: hint`in each job: ${command("exec", "--", "command")}` },
    );
  }
  return report;
}
