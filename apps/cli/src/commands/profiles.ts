import { printable, toSafeJson } from "@tegata/core";
import { jsonFlag, type Command } from "../command.ts";

/** The names in the settings file. */
export const profilesCommand: Command = {
  name: "profiles",
  summary: "the profiles of the settings file",
  group: "setup",
  argument: "none",
  flags: { json: jsonFlag },
  async run({ settingsFile, outside, flags }) {
    const { profiles, defaultProfile } = await settingsFile();
    if (flags["json"] === true) {
      const list = [...profiles].map(([name, section]) => ({
        name,
        idp: section.get("idp"),
        roleArn: section.get("role_arn"),
        default: name === defaultProfile ? true : undefined,
      }));
      await outside.writeStdout(`${toSafeJson(list)}\n`);
      return;
    }
    await outside.writeStdout([...profiles.keys()].map((name) => `${printable(name)}\n`).join(""));
  },
};
