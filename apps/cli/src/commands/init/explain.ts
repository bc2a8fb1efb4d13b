import { isTegataError, inWords } from "@tegata/core";
import { runtimeName } from "@tegata/engine/system";
import type { CommandContext } from "../../command.ts";
import { shownStep } from "../doctor/shown-step.ts";
import { stepLines } from "../doctor/step-lines.ts";

/**
 * Goes the way of the sign-in once more, step by step, where AWS has refused it, and shows what is not as it should be. What the error
 * has said already is not said again.
 */
export async function explainByDoctor(error: unknown, trial: CommandContext, context: CommandContext): Promise<void> {
  const { terminal, system, version } = context;
  if (!isTegataError(error) || !error.code.startsWith("sts_")) {
    return;
  }
  const { vocabulary, programName } = terminal;
  const { steps } = await trial.diagnose({
    isOffline: false,
    programName,
    versions: [`${programName} ${version}`, runtimeName()],
    onLook: (id) => terminal.status([`looking at ${id} …`]),
  });
  terminal.status(undefined);
  const said = inWords(error.message, vocabulary);
  const stderr = {
    ...system,
    stdoutIsTerminal: system.stderr.isTerminal,
    stdoutColumns: () => terminal.size().columns,
  };
  const lines = stepLines(stderr, programName);
  const worth = steps
    .filter(({ state, id }) => (state === "failed" || state === "warning") && !["settings", "environment"].includes(id))
    .map((step) => shownStep(step, vocabulary))
    .filter(({ message }) => message !== said);
  const text = worth.map((step) => lines.next(step)).join("") + lines.rest();
  if (text !== "") {
    terminal.block(text);
  }
}
