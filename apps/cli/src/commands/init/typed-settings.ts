import { settingDefinitions } from "@tegata/engine/settings";
import type { CommandContext } from "../../command.ts";

/** Which file, which profile, which provider; how much is said: nothing that a profile could have. */
const ofRun: ReadonlySet<string> = new Set(["profile", "config", "idp", "fresh", "quiet", "verbose", "error_format"]);

/** The settings among flags, by key; none of those that say which file, profile or provider. */
export function typedSettings(
  flags: CommandContext["flags"],
  idps: CommandContext["plugins"]["idps"],
): readonly (readonly [string, unknown])[] {
  return [...settingDefinitions(idps).values()].flatMap(({ name, flag }) =>
    ofRun.has(name) || flags[flag] === undefined ? [] : [[name, flags[flag]] as const],
  );
}
