import type { ProfileSettings } from "../settings/resolve.ts";
import { booleanOf } from "../settings/setting-value.ts";
import { settingsOfRun } from "../settings/shell-choice.ts";
import { shellPath as shellWord } from "../storage/ownership.ts";

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
    words.push(shellWord(name));
  }
  for (const { flag, kind } of settingsOfRun(input)) {
    const value = input.flags[flag];
    const meant = kind === "boolean" && typeof value === "string" ? booleanOf(value) : value;
    if (typeof meant === "string") {
      words.push(`--${flag}`, shellWord(meant));
    } else if (meant === true) {
      words.push(`--${flag}`);
    }
  }
  return words.join(" ");
}
