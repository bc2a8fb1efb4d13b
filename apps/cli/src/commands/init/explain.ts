import { inWords, isTegataError, type TegataError } from "@tegata/core";
import type { DiagnosisStep } from "@tegata/engine";
import { runtimeName } from "@tegata/engine/system";
import type { CommandContext } from "../../command.ts";
import { shownStep } from "../doctor/shown-step.ts";
import { stepLines } from "../doctor/step-lines.ts";

/** What doctor writes to stdout, a person who is asked sees on stderr. */
function seenOnStderr({ system, terminal }: CommandContext): CommandContext["system"] {
  return {
    ...system,
    stdoutIsTerminal: system.stderr.isTerminal,
    stdoutColumns: () => terminal.size().columns,
  };
}

/**
 * Goes the way of the sign-in once more, step by step, where AWS has refused it, and shows what is not as it should be. What the error
 * has said already is not said again.
 */
export async function explainByDoctor(error: unknown, trial: CommandContext): Promise<void> {
  const { terminal, version } = trial;
  if (!isTegataError(error) || !error.code.startsWith("sts_")) {
    return;
  }
  const { programName } = terminal;
  const { steps } = await trial.diagnose({
    isOffline: false,
    programName,
    versions: [`${programName} ${version}`, runtimeName()],
    onLook: (id) => terminal.status([`looking at ${id} …`]),
  });
  terminal.status(undefined);
  // What is tried is in no file, and of this shell.
  const isBeside: ReadonlySet<string> = new Set(["settings", "environment", "versions"]);
  show(
    steps.filter(({ state, id }) => (state === "failed" || state === "warning") && !isBeside.has(id)),
    inWords(error.message, terminal.vocabulary),
    trial,
  );
}

/**
 * Holds the trust policy of the role against the sign-in, as doctor does.
 *
 * @param path a file with the policy, or with what `aws iam get-role` says of the role
 * @param refused what AWS said
 * @throws TegataError `usage_invalid` for a file that is no policy
 */
export async function explainByPolicy(path: string, refused: TegataError, trial: CommandContext): Promise<void> {
  const [{ judgeTrust }, { readPolicyInput }] = await Promise.all([
    import("../doctor/trust.ts"),
    import("../doctor/trust-input.ts"),
  ]);
  const policy = await readPolicyInput(path, trial.system);
  const said: DiagnosisStep = { id: "credentials", state: "failed", code: refused.code, message: [refused.message] };
  const typed = {
    roleArn: textOf(trial.flags["role-arn"]),
    roleSessionName: undefined,
    region: textOf(trial.flags["region"]),
  };
  const { steps, text } = await judgeTrust({ policy, token: undefined, typed }, [said], {
    ...trial,
    system: seenOnStderr(trial),
  });
  show(steps, undefined, trial);
  if (text !== "") {
    trial.terminal.block(text.replace(/^\n/, ""));
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** @param said what a person has read already */
function show(steps: readonly DiagnosisStep[], said: string | undefined, context: CommandContext): void {
  const { terminal } = context;
  const lines = stepLines(seenOnStderr(context), terminal.programName);
  const worth = steps.map((step) => shownStep(step, terminal.vocabulary)).filter(({ message }) => message !== said);
  const text = worth.map((step) => lines.next(step)).join("") + lines.rest();
  if (text !== "") {
    terminal.block(text);
  }
}
