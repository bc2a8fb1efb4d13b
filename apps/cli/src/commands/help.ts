import { command as commandPart, hint, shownValue, TegataError, words } from "@tegata/core";
import { nearestName } from "@tegata/engine/settings";
import type { Command, CommandContext } from "../command.ts";

/** The pages that are about no command, each with what it is, for completions. */
export const aboutPages = {
  settings: "every setting, as flag, variable and key of the file",
  environment: "the variables that are read",
} as const;

const pages = ["settings", "environment"] as const satisfies readonly (keyof typeof aboutPages)[];

/** The help of a command, and pages that are about all of them. */
export const helpCommand: Command = {
  name: "help",
  summary: "explain a command, the settings or the environment",
  group: "help",
  argument: "words",
  form: "[COMMAND [flags] | settings | environment]",
  firstWords: pages,
  flags: {},
  examples: [
    { line: "help login", what: "what login does, its flags, examples" },
    { line: "help settings", what: aboutPages.settings },
  ],
  async run(context) {
    await context.system.writeStdout(await textOf(context.words, context));
  },
};

async function textOf([typed, of, extra]: readonly string[], context: CommandContext): Promise<string> {
  // Manuals write such words in capitals: `help ENVIRONMENT`.
  const topic = typed?.toLowerCase();
  const { commands, terminal, settings, settingsPath } = context;
  const grammar = { commands, settings, settingsPath, programName: terminal.programName };
  const isOfFlags = of === "flags" && topic !== undefined && !isPage(topic);
  const unwanted = isOfFlags ? extra : of;
  if (unwanted !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${commandPart("help")} takes no argument ${shownValue(unwanted, 80)}`,
      {
        hint: hint`${commandPart("help", "COMMAND")}`,
      },
    );
  }
  const { flagsOf, helpOf, overview } = await import("../command-line/help.ts");
  switch (topic) {
    case undefined:
      return overview(grammar);
    case "settings":
      return (await import("../command-line/help-pages.ts")).settingsPage(grammar);
    case "environment":
      return (await import("../command-line/help-pages.ts")).environmentPage(grammar);
    default: {
      const visible = commands.filter(({ hidden }) => hidden !== true);
      const command = visible.find(({ name }) => name === topic);
      if (command === undefined) {
        throw unknownTopic(typed ?? topic, [...visible.map(({ name }) => name), ...pages]);
      }
      return isOfFlags ? flagsOf(command, grammar) : helpOf(command, grammar);
    }
  }
}

function isPage(topic: string): boolean {
  return pages.some((page) => page === topic);
}

function unknownTopic(topic: string, known: readonly string[]): TegataError {
  const nearest = nearestName(topic, known);
  const problem = `there is no command ${shownValue(topic, 80)}`;
  return nearest === undefined
    ? new TegataError("usage_invalid", problem, { hint: hint`${commandPart("help")}` })
    : new TegataError("usage_invalid", `${problem}; did you mean ${nearest}?`, {
        hint: hint`${commandPart("help", nearest)}`,
      });
}
