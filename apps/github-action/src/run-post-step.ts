import { toRenderedAnswer } from "@tegata/core";
import { formatGithubEnv } from "@tegata/format-github-env";
import type { Outside } from "../../cli/src/outside.ts";
import { failureCommand } from "./failure-command.ts";

/**
 * At the end of the job: takes the variables back, if the step came to setting them. The runner runs the post steps of
 * other actions after this one; they find the variables empty, which the SDKs take for unset.
 *
 * Where that fails it warns: what the job did is not undone by it. Never rejects.
 */
export async function runPostStep(outside: Outside): Promise<void> {
  if (outside.env["STATE_exported"] !== "true" || formatGithubEnv.renderUnset === undefined) {
    return;
  }
  try {
    const context = { profile: undefined, machine: outside.machine, tell: () => undefined };
    const { stdout, afterwards } = toRenderedAnswer(await formatGithubEnv.renderUnset({}, context));
    await outside.writeStdout(stdout);
    await afterwards?.();
  } catch (error) {
    await outside.writeStdout(failureCommand("warning", error)).catch(() => undefined);
  }
}
