import { shownName, toSafeJson } from "@tegata/core";
import type { ListedProfile } from "@tegata/engine";
import { sayWhichFile } from "./support/say-which-file.ts";
import { jsonFlag, type Command } from "../command.ts";

/** The names in the settings file. */
export const profilesCommand: Command = {
  name: "profiles",
  summary: "list the profiles of the settings file",
  group: "setup",
  argument: "none",
  flags: { json: jsonFlag },
  settings: "profile",
  examples: [
    { line: "profiles", what: "all of the settings file; names alone in a pipe" },
    { line: "profiles --json", what: "for programs" },
  ],
  async run(context) {
    const { system, flags } = context;
    const { settingsFile, profiles } = await context.profiles();
    if (flags["json"] === true) {
      const list = profiles.map(({ name, idp, roleArn, isDefault, chosenBy }) => ({
        name,
        idp,
        roleArn,
        default: isDefault ? true : undefined,
        chosenBy,
      }));
      await system.writeStdout(`${toSafeJson(list)}\n`);
      return;
    }
    // A program reads names alone.
    const mark = ({ isChosen, chosenBy }: ListedProfile) => {
      const why = chosenBy ?? (isChosen ? "default" : undefined);
      return system.stdoutIsTerminal && why !== undefined ? ` (${why})` : "";
    };
    sayWhichFile(settingsFile, context);
    await system.writeStdout(profiles.map((each) => `${shownName(each.name, 1000)}${mark(each)}\n`).join(""));
  },
};
