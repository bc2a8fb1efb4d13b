import { command, hint, TegataError } from "@tegata/core";
import type { Command, FlagDefinition } from "../../command.ts";

const boolean = (description: string): FlagDefinition => ({
  kind: "boolean",
  choices: undefined,
  defaultText: undefined,
  description,
});

/** First settings: those that a team publishes. */
export const initCommand: Command = {
  name: "init",
  summary: "take the settings of your team",
  group: "person",
  argument: "words",
  form: "[URL#sha256=HASH] [flags]",
  settings: "run",
  examples: [
    { line: "init https://acme.com/tegata.toml", what: "shows whom it trusts, and asks" },
    { line: "init --update", what: "what has changed there since, and asks" },
  ],
  flags: {
    update: boolean("fetch the team's settings again, show what is new, and ask"),
    print: boolean("print what is fetched to stdout, and write nothing"),
    yes: boolean("do not ask: for a link with its hash"),
  },
  contradictions: [{ part: "--print", excludes: ["--yes"], hint: "choose one" }],
  async run(context) {
    const { initTeam, isAboutTeam } = await import("./team.ts");
    if (!isAboutTeam(context)) {
      throw new TegataError("usage_invalid", "no link to the settings of a team is named", {
        hint: hint`name it: ${command("init", "URL")}`,
      });
    }
    await initTeam(context);
  },
};
