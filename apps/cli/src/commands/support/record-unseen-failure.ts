import { shownError } from "@tegata/engine";
import type { CommandContext } from "../../command.ts";
import { createTerminal } from "../../terminal/terminal.ts";

/** A run for an AWS client: a failure is stored for `tegata status`, and shown on the terminal where `hint` says so. */
export function recordingUnseenFailure<Value>(context: CommandContext, run: () => Promise<Value>): Promise<Value> {
  const { stderr } = context.system;
  return context.recordFailure(run, stderr.isTerminal ? undefined : (error) => showOnTerminal(error, context));
}

function showOnTerminal(error: unknown, { system, commandLine, terminal }: CommandContext): void {
  const stderr = system.openTerminalDevice();
  if (stderr !== undefined) {
    const { hint, message } = shownError(error, terminal.vocabulary);
    createTerminal({ ...system, stderr }, commandLine).ask(`hint: ${hint ?? message}`);
  }
}
