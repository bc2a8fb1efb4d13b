import { isTegataError, posixWord, TegataError } from "@tegata/core";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import { booleanOf } from "../settings/setting-value.ts";
import { settingsOfRun } from "../settings/shell-choice.ts";

/**
 * The command that signs a person in with the very same settings, ready to be pasted: the profile where there is one,
 * and the flags that were given, except a plugin's secret: it goes into no message.
 */
export function loginCommandFor(profile: ProfileSettings): string {
  return commandFor("login", profile);
}

/** Another command with the very same profile and settings, likewise. */
export function commandFor(command: string, { name, input }: ProfileSettings): string {
  const words = ["tegata", command];
  if (name !== undefined) {
    words.push(posixWord(name));
  }
  for (const { flag, kind } of settingsOfRun(input)) {
    const value = input.flags[flag];
    const meant = kind === "boolean" && typeof value === "string" ? booleanOf(value) : value;
    if (typeof meant === "string") {
      words.push(`--${flag}`, posixWord(meant));
    } else if (meant === true) {
      words.push(`--${flag}`);
    }
  }
  return words.join(" ");
}

/**
 * An error that a sign-in mends, with the command for it: instead of what else may help where only a sign-in does, behind what
 * has to be done before it, or as the other way out of `sign_in_required`. Any other error is as it was.
 *
 * @param loginCommand `undefined`: nobody signs in here (a job, a pod), so that nobody is told to
 */
export function withLoginHint(error: unknown, loginCommand: string | undefined): unknown {
  if (!isTegataError(error) || (error.nextCommand !== "login" && error.code !== "sign_in_required")) {
    return error;
  }
  const { code, message, details } = error;
  return new TegataError(code, message, { hint: hintOf(error, loginCommand), details, cause: error });
}

function hintOf({ code, hint }: TegataError, loginCommand: string | undefined): string {
  if (loginCommand === undefined) {
    return hint ?? "run it again";
  }
  if (hint === undefined) {
    return loginCommand;
  }
  return code === "sign_in_required"
    ? `${hint}, or sign in again: ${loginCommand}`
    : `${hint}, then run ${loginCommand}`;
}
