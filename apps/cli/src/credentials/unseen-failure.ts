import { isTegataError, printable } from "@tegata/core";
import type { CommandContext } from "../command.ts";
import { shownError } from "../report-error.ts";
import { foldersOf } from "../settings/folders.ts";
import { resolveHint } from "../settings/resolve.ts";
import { createLastFailures, type LastFailures } from "../storage/last-failure.ts";
import { createTerminal } from "../terminal/terminal.ts";

/**
 * Runs what an AWS client runs. In the default chains of some SDKs nobody sees what the program writes to stderr, so a
 * failure is kept for `tegata status`, and shown on the terminal where `hint` says so. Never in the way: what cannot be
 * kept or shown is not.
 */
export async function rememberingFailure<Value>(context: CommandContext, run: () => Promise<Value>): Promise<Value> {
  const { outside, ports } = context;
  const failures = lastFailuresOf(context);
  try {
    const value = await run();
    await failures.forget(await profileName(context)).catch(() => undefined);
    return value;
  } catch (error) {
    if (isTegataError(error) && error.code === "interrupted") {
      throw error;
    }
    const { code, message, hint } = shownError(error);
    const failure = { at: outside.clock.now(), profile: await profileName(context), code, message, hint };
    await failures.save(failure).catch((reason: unknown) => ports.log(`the failure is not kept: ${nameOf(reason)}`));
    await showOnTerminal(hint ?? message, context).catch(() => undefined);
    throw error;
  }
}

/** The failures of the profiles of this run's settings file. */
export function lastFailuresOf({ outside, places, commandLine }: CommandContext): LastFailures {
  const { settingsFile } = foldersOf({ ...outside, config: commandLine.config });
  const { stateDir } = places;
  const folder = stateDir === undefined ? undefined : { path: stateDir, variable: "TEGATA_STATE_DIR" };
  return createLastFailures(folder, settingsFile, outside);
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

/** The profile's name, or what was asked for where it cannot be resolved. */
async function profileName({ profile, words, flags, outside }: CommandContext): Promise<string | undefined> {
  try {
    return (await profile()).name;
  } catch {
    const asked = [words[0], flags["profile"], outside.env["TEGATA_PROFILE"]];
    return asked.find((each): each is string => typeof each === "string" && each !== "");
  }
}

function nameOf(reason: unknown): string {
  return isTegataError(reason) ? reason.message : printable(String(reason), 200);
}
