import { command, type Example, hint, shownValue, TegataError, type Words, words as saying } from "@tegata/core";
import type { Command } from "../../command.ts";

interface ShellScripts {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string | Words;
  readonly note?: NonNullable<Command["note"]>;
  readonly shells: readonly string[];
  /** `undefined` for a shell that has none. */
  readonly scriptFor: (shell: string, programName: string) => string | undefined;
  /** Stands before the name of a shell that has none. */
  readonly lacking: string | Words;
  readonly examples: readonly Example[];
}

/** A command that prints what a shell's start-up file evaluates. */
export function shellScriptCommand({
  name,
  summary,
  note,
  shells,
  scriptFor,
  lacking,
  examples,
}: ShellScripts): Command {
  const advice = hint`choose one of ${shells.join(", ")}: ${command(name, "bash")}`;
  return {
    name,
    summary,
    ...(note === undefined ? {} : { note }),
    group: "setup",
    argument: "shell",
    firstWords: shells,
    examples,
    flags: {},
    async run({ words, system, terminal }) {
      const [shell] = words;
      if (shell === undefined) {
        throw new TegataError("usage_invalid", "no shell is named", { hint: advice });
      }
      const script = scriptFor(shell, terminal.programName);
      if (script === undefined) {
        throw new TegataError("usage_invalid", saying`${lacking} ${shownValue(shell, 40)}`, { hint: advice });
      }
      await system.writeStdout(script);
    },
  };
}
