import { isTegataError, type Ports, printable } from "@tegata/core";
import { resolveHint } from "../settings/resolve-asking.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import type { LastFailures } from "../storage/last-failure.ts";
import { saidOfError } from "../system/shown-error.ts";

/** What recording a failure works with. */
export interface RecordingContext {
  readonly failures: LastFailures;
  readonly ports: Pick<Ports, "clock" | "log">;
  readonly profile: () => Promise<ProfileSettings>;
}

/**
 * Runs what an AWS client runs. In the default chains of some SDKs nobody sees what the program writes to stderr, so a
 * failure is stored for `tegata status`. Never in the way: what cannot be stored is left out.
 *
 * @param asked the profile that was asked for, for where it cannot be resolved
 * @param showOnTerminal told of the failure where the setting `hint` is `tty`
 */
export async function recordFailure<Value>(
  context: RecordingContext,
  asked: string | undefined,
  run: () => Promise<Value>,
  showOnTerminal?: (error: unknown) => void,
): Promise<Value> {
  const { failures, ports } = context;
  const name = async () => {
    try {
      return (await context.profile()).name;
    } catch {
      return asked;
    }
  };
  try {
    const value = await run();
    await failures.forget(await name()).catch(() => undefined);
    return value;
  } catch (error) {
    if (isTegataError(error) && error.code === "interrupted") {
      throw error;
    }
    const { code, message, hint } = saidOfError(error);
    const failure = { at: ports.clock.now(), profile: await name(), code, message, hint };
    await failures.save(failure).catch((reason: unknown) => ports.log(`the failure is not stored: ${nameOf(reason)}`));
    await show(error, showOnTerminal, context).catch(() => undefined);
    throw error;
  }
}

async function show(
  error: unknown,
  showOnTerminal: ((error: unknown) => void) | undefined,
  { profile }: RecordingContext,
): Promise<void> {
  if (showOnTerminal !== undefined && (await resolveHint(await profile())) === "tty") {
    showOnTerminal(error);
  }
}

function nameOf(reason: unknown): string {
  return isTegataError(reason) ? reason.message : printable(String(reason), 200);
}
