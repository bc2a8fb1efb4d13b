import { hint, setting, TegataError, words } from "@tegata/core";
import type { CommandContext } from "../../command.ts";
import { exitStatuses } from "../../exit-status.ts";
import type { Choice, Questions } from "../../terminal/question.ts";
import { questionsOn } from "../../terminal/questions.ts";

/** How answers are found: of a person, or by what Enter alone would mean. */
export interface Asker {
  /** `undefined`: nobody is asked. */
  readonly questions: Questions | undefined;
  /** True where a person who reads this could sign in. */
  readonly isOnTerminal: boolean;
  confirm(message: string): Promise<boolean>;
  select<Value>(message: string, choices: readonly [Choice<Value>, ...Choice<Value>[]]): Promise<Value>;
}

/** With `--yes` nobody is asked, and the first answer is taken. */
export function askerOf({ system, terminal, flags }: CommandContext): Asker {
  const onTerminal = questionsOn(system, terminal, flags["plain"] === true);
  const questions = flags["yes"] === true ? undefined : onTerminal;
  return {
    questions,
    isOnTerminal: onTerminal !== undefined,
    confirm: async (message) => questions?.confirm({ message, initial: true }) ?? true,
    select: async (message, choices) =>
      questions === undefined || choices.length === 1 ? choices[0].value : questions.select({ message, choices }),
  };
}

/** Settings that nobody has said, and that nobody can be asked for. */
export function missing(keys: readonly [string, ...string[]]): TegataError {
  const named = (value: boolean) =>
    keys.flatMap((key, index) => [
      ...(index === 0 ? [] : [" and "]),
      value ? setting(key, key.toUpperCase()) : setting(key),
    ]);
  return new TegataError("settings_incomplete", words`without a terminal to ask on, ${named(false)} must be given`, {
    hint: hint`pass ${named(true)}`,
    details: { missing: keys.join(" ") },
  });
}

/** True for what a person can do something about, and try again. */
export function mayBeTriedAgain({ code }: TegataError): boolean {
  return code !== "interrupted" && exitStatuses[code] !== exitStatuses.internal;
}
