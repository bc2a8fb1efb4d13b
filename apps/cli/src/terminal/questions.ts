import { printable } from "@tegata/core";
import type { CliSystem } from "../cli-system.ts";
import { plainQuestions } from "./plain-questions.ts";
import type { Asking, Questions } from "./question.ts";
import type { Terminal } from "./terminal.ts";

/** No answer to a question of ours is longer, in characters. */
const maxAnswerCharacters = 4096;

/**
 * How a person is asked; `undefined` where nobody is there who reads and types.
 *
 * @param isPlain true: one line after the other, and a number for each answer, as screen readers and dumb terminals need it
 */
export function questionsOn(
  system: Pick<CliSystem, "env" | "openKeyboard" | "signal" | "stderr">,
  terminal: Terminal,
  isPlain = false,
): Questions | undefined {
  const { openKeyboard, env } = system;
  if (openKeyboard === undefined || !system.stderr.isTerminal) {
    return undefined;
  }
  const isAccessible = !["", "0", "false"].includes(env["ACCESSIBLE"] ?? "");
  if (isPlain || isAccessible || !terminal.rewrites || !terminal.draws) {
    return judging(plainQuestions({ ...system, openKeyboard }, terminal));
  }
  return judging(loadingDrawn({ ...system, openKeyboard }, terminal));
}

/** What holds however a question is shown. */
function judging(questions: Questions): Questions {
  return {
    text: async ({ message, initial, example, check }) =>
      (
        await questions.text({
          message: printable(message, 200),
          initial: initial === undefined ? undefined : printable(initial, maxAnswerCharacters),
          example: example === undefined ? undefined : printable(example, 100),
          check: (answer) =>
            answer.length > maxAnswerCharacters
              ? `that is longer than ${maxAnswerCharacters} characters`
              : check?.(answer.trim()),
        })
      ).trim(),
    confirm: ({ message, initial }) => questions.confirm({ message: printable(message, 200), initial }),
    select: ({ message, choices }) =>
      questions.select({
        message: printable(message, 200),
        choices: choices.map(({ value, label, about }) => ({
          value,
          label: printable(label, 200),
          about: about === undefined ? undefined : printable(about, 200),
        })),
      }),
  };
}

/** The library that draws is loaded with the first question. */
function loadingDrawn(system: Asking, terminal: Terminal): Questions {
  let made: Promise<Questions> | undefined;
  const drawn = () =>
    (made ??= import("./drawn-questions.ts").then(({ drawnQuestions }) => drawnQuestions(system, terminal)));
  return {
    text: async (question) => (await drawn()).text(question),
    confirm: async (question) => (await drawn()).confirm(question),
    select: async (question) => (await drawn()).select(question),
  };
}
