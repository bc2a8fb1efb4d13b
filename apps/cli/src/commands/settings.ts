import {
  command as commandPart,
  hint,
  inWords,
  printable,
  setting,
  shownValue,
  TegataError,
  toSafeJson,
  type Vocabulary,
  words,
} from "@tegata/core";
import type { EffectiveSetting } from "@tegata/engine";
import { type Command, jsonFlag } from "../command.ts";
import { inTwoColumns } from "../terminal/two-columns.ts";
import { lineWidth } from "../terminal/wrap.ts";
import { sayWhichFile } from "./support/say-which-file.ts";

/** What each setting of a run is, and who says so. */
export const settingsCommand: Command = {
  name: "settings",
  summary: "show each setting, and where it comes from",
  group: "setup",
  argument: "words",
  form: "[key] [flags]",
  flags: { json: jsonFlag },
  settings: "credentials",
  mainSettings: ["profile", "config"],
  examples: [
    { line: "settings --profile dev", what: "all that have a value" },
    { line: "settings region", what: "one, and where it comes from" },
  ],
  async run(context) {
    const { system, flags, terminal } = context;
    const [key, extra] = context.words;
    if (extra !== undefined) {
      throw new TegataError(
        "usage_invalid",
        words`${commandPart("settings")} takes no argument ${shownValue(extra, 80)}`,
        {
          hint: hint`name one setting: ${commandPart("settings", "region")}`,
        },
      );
    }
    const settings = await context.effectiveSettings(key);
    const { vocabulary, programName } = terminal;
    if (flags["json"] === true) {
      const list = settings.map((each) => ({ key: each.key, value: each.value, origin: originOf(each, vocabulary) }));
      await system.writeStdout(`${toSafeJson(list)}\n`);
      return;
    }
    if (key === undefined) {
      sayWhichFile(await context.settingsFile(), context);
    }
    const rows = settings.map((each) => ({
      label: each.key,
      words: `${each.isHidden ? "not shown" : (each.words ?? shown(each.value))} (${originOf(each, vocabulary)})`,
    }));
    const none = { label: key ?? "", words: "nobody has set it, and it has no value by itself" };
    const columns = lineWidth(system.stdoutColumns());
    const lines = inTwoColumns(settings.length === 0 ? [none] : rows, { columns, programName });
    await system.writeStdout(lines.map((line) => `${line}\n`).join(""));
  },
};

/** `flag: --region`, `variable: AWS_REGION`, `team: /home/ann/.config/tegata/team.toml:12:1`, `built-in`. */
function originOf({ source }: EffectiveSetting, vocabulary: Vocabulary): string {
  switch (source.kind) {
    case "flag":
      return `flag: ${inWords([setting(source.key)], vocabulary)}`;
    case "variable":
      return `variable: ${source.name}`;
    case "file":
      return `${source.layer}: ${source.at}`;
    case "built-in":
      return "built-in";
  }
}

/** As it would stand in the file, without quotes around a text. */
function shown(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map(shown).join(", ");
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, each]) => `${printable(key, 200)}=${shown(each)}`)
      .join(", ");
  }
  return printable(String(value), 500);
}
