import { setForLaterSteps } from "@tegata/format-github-env";
import { failureCommand } from "./failure-command.ts";
import { variablesToRestore } from "./previous-variables.ts";
import type { Runner } from "./runner.ts";

/**
 * At the end of the job: takes the variables back, if the step came to setting them. The runner runs the post steps of
 * other actions after this one, those of earlier steps. They find what those steps had: the credentials of an earlier use of the
 * Action, or empty variables, which the SDKs take for unset. `AWS_SKIP_CLEANUP_STEP` leaves everything as it is, as in
 * aws-actions/configure-aws-credentials.
 *
 * Where that fails it warns: what the job did is not undone by it. Never rejects.
 */
export async function runPostStep(runner: Runner): Promise<void> {
  const { env, machine } = runner;
  if (env["STATE_exported"] !== "true") {
    return;
  }
  try {
    if (env["AWS_SKIP_CLEANUP_STEP"]?.trim().toLowerCase() === "true") {
      await runner.writeStdout("AWS_SKIP_CLEANUP_STEP is true: the credentials stay in the environment\n");
      return;
    }
    await setForLaterSteps(variablesToRestore(env), machine);
  } catch (error) {
    await runner.writeStdout(failureCommand("warning", error)).catch(() => undefined);
  }
}
