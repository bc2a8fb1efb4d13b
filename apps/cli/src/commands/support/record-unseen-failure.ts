import { isTegataError } from "@tegata/core";
import { resolveHint, shownError } from "@tegata/engine";
import type { CommandContext } from "../../command.ts";
import { createTerminal } from "../../terminal/terminal.ts";

/** A run for an AWS client: a failure is kept for `tegata status`, and shown on the terminal where `hint` says so. */
export async function recordingUnseenFailure<Value>(
  context: CommandContext,
  run: () => Promise<Value>,
): Promise<Value> {
  try {
    return await context.recordFailure(run);
  } catch (error) {
    if (!isTegataError(error) || error.code !== "interrupted") {
      const { hint, message } = shownError(error, context.terminal.vocabulary);
      await showOnTerminal(hint ?? message, context).catch(() => undefined);
    }
    throw error;
  }
}

async function showOnTerminal(hint: string, context: CommandContext): Promise<void> {
  const { outside, commandLine } = context;
  if (outside.stderr.isTerminal || (await resolveHint(await context.profile())) !== "tty") {
    return;
  }
  const stderr = outside.openTerminalDevice();
  if (stderr !== undefined) {
    createTerminal({ ...outside, stderr }, commandLine).ask(`hint: ${hint}`);
  }
}
