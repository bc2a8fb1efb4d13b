import {
  command as commandPart,
  commandOfRun,
  type Format,
  hint,
  inWords,
  posixWord,
  type RunDescription,
  toRenderedOutput,
  type Words,
  words,
} from "@tegata/core";
import type { Command, CommandContext } from "../command.ts";
import { optionFlags, renderFormat } from "./format.ts";

/** Opens what a format prints as a URL: the AWS console. */
export function consoleCommand(consoleUrl: Format): Command {
  const ownFlags = optionFlags(consoleUrl);
  return {
    name: "console",
    summary: "open the AWS console in the browser",
    group: "person",
    argument: "profile",
    mayAskPerson: true,
    flags: ownFlags,
    mainSettings: ["profile", "role_arn", "region", "duration"],
    examples: [
      { line: "console dev", what: "the console of the profile dev" },
      { line: "console --destination s3", what: "a page of it" },
    ],
    contradictions: [
      { excludes: ["--no-browser"], hint: hint`${commandPart(consoleUrl.id)} prints the URL and opens nothing` },
    ],
    async run(context) {
      const { system, terminal } = context;
      const { output, obtained } = await renderFormat(consoleUrl, context);
      const again = asTyped(obtained.run, Object.keys(ownFlags), context);
      // With an HTTP server, which no other command needs.
      const { handOff } = await import("../serve/console-hand-off.ts");
      const waiting = "waiting for the browser";
      const instead = inWords([commandPart(consoleUrl.id)], terminal.vocabulary);
      const otherwise = `${waiting}; where none opens: Ctrl-C, then ${instead}`;
      if (terminal.rewrites) {
        terminal.status([otherwise, `${waiting}; Ctrl-C ends it`, waiting, "waiting"]);
      } else if (terminal.isTerminal) {
        terminal.say(otherwise);
      }
      try {
        await handOff(toRenderedOutput(output).stdout.trim(), {
          openUrl: (url) => system.openUrl(url, { mayTakeTerminal: false }),
          clock: system.clock,
          signal: system.signal,
          listen: system.listen,
          showNumber: (number) => terminal.ask(`the page in the browser asks for a number: it is ${number}`),
          onStranger: (uid) =>
            terminal.warn(`another user of this machine (uid ${uid}) asked for the console and got nothing`),
          again: again("console"),
          printInstead: again(consoleUrl.id),
        });
      } finally {
        terminal.status(undefined);
      }
      terminal.say("the console was opened in the browser");
    },
  };
}

/** Another command with what was typed for this one. */
function asTyped(
  run: RunDescription,
  ownFlags: readonly string[],
  context: CommandContext,
): (command: string) => Words {
  const typed = ownFlags.flatMap((name) => {
    const value = context.flags[name];
    return typeof value === "string" ? [`--${name}`, posixWord(value)] : [];
  });
  return (command) => words`${{ ...commandOfRun(command), run }}${typed.map((word) => ` ${word}`).join("")}`;
}
