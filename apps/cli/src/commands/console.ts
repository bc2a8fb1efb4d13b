import { type Format, toRenderedAnswer } from "@tegata/core";
import type { Command } from "../command.ts";
import { handOff } from "../terminal/console-handoff.ts";
import { optionFlags, renderFormat } from "./format.ts";

/** Opens what a format prints as a URL: the AWS console. */
export function consoleCommand(consoleUrl: Format): Command {
  return {
    name: "console",
    summary: "open the AWS console in the browser",
    group: "person",
    argument: "profile",
    mayAskPerson: true,
    flags: optionFlags(consoleUrl),
    async run(context) {
      const { outside, terminal } = context;
      const { answer } = await renderFormat(consoleUrl, context);
      terminal.status("waiting for the browser; where none opens: Ctrl-C, then tegata console-url");
      try {
        await handOff(toRenderedAnswer(answer).stdout.trim(), {
          openUrl: outside.openUrl,
          clock: outside.clock,
          signal: outside.signal,
        });
      } finally {
        terminal.status(undefined);
      }
      terminal.say("the console is open in the browser");
    },
  };
}
