import type { Command } from "../command.ts";
import type { SettingDefinition } from "../settings/setting-definitions.ts";

/** What a command line can say: the commands, and the settings, which are flags of every command. */
export interface CommandLineGrammar {
  readonly commands: readonly Command[];
  readonly settings: ReadonlyMap<string, SettingDefinition>;
  readonly version: string;
  readonly programName: string;
}
