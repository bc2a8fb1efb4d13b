import type { CommandContext } from "../command.ts";
import type { ProfileSettings } from "../settings/resolve.ts";
import { settingDefinitions } from "../settings/setting-definitions.ts";
import { isSecretSetting } from "../settings/setting-value.ts";
import { shellPath as shellWord } from "../storage/ownership.ts";

/**
 * The command that signs a person in with the very same settings, ready to be pasted: the profile where there is one,
 * and the flags that were given, except a plugin's secret: it goes into no message.
 */
export function loginCommandFor(profile: ProfileSettings, context: CommandContext): string {
  return commandFor("login", profile, context);
}

/** Another command with the very same profile and settings, likewise. */
export function commandFor(command: string, { name, input }: ProfileSettings, { flags }: CommandContext): string {
  const words = ["tegata", command];
  if (name !== undefined) {
    words.push(shellWord(name));
  }
  for (const { name: setting, flag, idpSchemas } of settingDefinitions(input.idps).values()) {
    const value = flags[flag];
    const isLeftOut = notForLogin.has(setting) || (idpSchemas.size > 0 && isSecretSetting(setting));
    if (!isLeftOut && typeof value === "string") {
      words.push(`--${flag}`, shellWord(value));
    } else if (!isLeftOut && value === true) {
      words.push(`--${flag}`);
    }
  }
  return words.join(" ");
}

const notForLogin: ReadonlySet<string> = new Set(["profile", "prompt", "fresh", "quiet", "verbose", "error_format"]);
