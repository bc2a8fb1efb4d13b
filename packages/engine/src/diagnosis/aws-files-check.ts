import { shownPath } from "@tegata/core";
import { readAwsFiles } from "../system/aws-files.ts";
import { outrankingKeys } from "../system/outranking-keys.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import { lintAwsFile } from "./lint-aws-file.ts";
import type { Check } from "./run-checks.ts";
import { ok, warning } from "./step.ts";

const kinds = ["config", "credentials"] as const;
const maxShown = 5;

/** The files of the AWS CLI: what in them counts before this program, and what clients read in different ways. */
export const awsFilesCheck: Check<Pick<DiagnosisContext, "system" | "settingsFile" | "hasHome" | "programName">> = {
  id: "aws-files",
  isMeant: ({ hasHome }) => hasHome,
  run: async ({ system, settingsFile, programName }) => {
    const profiles = await settingsFile().then(
      (file) => [...file.profiles.keys()],
      () => [],
    );
    const found = kinds.flatMap((kind) => readAwsFiles(kind, system).map((each) => ({ kind, ...each })));
    const rivals = outrankingKeys(profiles, programName, system);
    const odd = found.flatMap((each) =>
      lintAwsFile(each).map(
        ({ line, what }) => `${shownPath(each.path)}${line === undefined ? "" : `:${line}`} ${what}`,
      ),
    );
    const shown = odd.slice(0, maxShown);
    const more = odd.length > shown.length ? [`and ${odd.length - shown.length} more lines`] : [];
    const problems = [...rivals, ...shown, ...more];
    if (problems.length === 0) {
      const files = found.map(({ path }) => shownPath(path)).join(", ");
      return [ok("aws-files", files === "" ? "there are none" : `nothing in them is in the way: ${files}`)];
    }
    const advice =
      rivals.length === 0
        ? "correct the lines, so that every AWS client reads them alike"
        : "delete those keys, or give that profile another name";
    return [warning("aws-files", problems.join("\n"), advice)];
  },
};
