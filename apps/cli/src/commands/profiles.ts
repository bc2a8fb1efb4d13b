import { shownName, toSafeJson } from "@tegata/core";
import { sayWhichFile } from "./support/say-which-file.ts";
import { jsonFlag, type Command } from "../command.ts";

/** The names in the settings file. */
export const profilesCommand: Command = {
  name: "profiles",
  summary: "list the profiles of the settings file",
  group: "setup",
  argument: "none",
  flags: { json: jsonFlag },
  async run(context) {
    const { settingsFile, outside, flags, profile } = context;
    const file = await settingsFile();
    const { profiles, defaultProfile } = file;
    // A list is of use, too, to a person whose variable names none of them.
    const chosen = await profile().catch(() => undefined);
    const chosenBy = (name: string) => (name === chosen?.name ? chosen.chosenBy : undefined);
    if (flags["json"] === true) {
      const list = [...profiles].map(([name, section]) => ({
        name,
        idp: section.get("idp"),
        roleArn: section.get("role_arn"),
        default: name === defaultProfile ? true : undefined,
        chosenBy: chosenBy(name),
      }));
      await outside.writeStdout(`${toSafeJson(list)}\n`);
      return;
    }
    // A program reads names alone.
    const mark = (name: string) => {
      const why = chosenBy(name) ?? (name === chosen?.name ? "default" : undefined);
      return outside.stdoutIsTerminal && why !== undefined ? ` (${why})` : "";
    };
    sayWhichFile(file, context);
    await outside.writeStdout([...profiles.keys()].map((name) => `${shownName(name, 1000)}${mark(name)}\n`).join(""));
  },
};
