import type { ShellName } from "@tegata/core";
import type { SettingDefinition } from "@tegata/engine/settings";
import type { Command } from "../command.ts";

/** What a command line can say: the commands, and the settings, which are flags of every command. */
export interface CommandLineGrammar {
  readonly commands: readonly Command[];
  readonly settings: ReadonlyMap<string, SettingDefinition>;
  readonly version: string;
  readonly programName: string;
  /** The settings file of this run, whether it is there or not, for the help to name; `undefined` where nothing says. */
  readonly settingsPath?: string | undefined;
  /** What is worth finding out only once a line has a mistake in it. */
  readonly whereTyped?: {
    /** The profiles of the settings file; none where it cannot be read: this is about another mistake. */
    profiles(): Promise<readonly string[]>;
    shell(): Promise<ShellName | undefined>;
  };
  /** True where errors are shown on the terminal that the line was typed at. */
  readonly isTerminal?: boolean;
}
