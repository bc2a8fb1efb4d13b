import { PassThrough, Writable } from "node:stream";
import type * as Clack from "@clack/prompts";
import { printable } from "@tegata/core";
import type { CliSystem, Keyboard } from "../cli-system.ts";
import { plainQuestions } from "./plain-questions.ts";
import { type Asking, chosenOf, fitsSearch, interrupted, type Questions, unanswered } from "./question.ts";
import type { Terminal } from "./terminal.ts";

/** No answer to a question of ours is longer, in characters. */
const maxAnswerCharacters = 4096;
/** So much of a list is shown at once. */
const maxShownChoices = 12;

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
  return judging(drawnQuestions({ ...system, openKeyboard }, terminal));
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

/** With lines that replace themselves, by the library that draws them. */
function drawnQuestions(system: Asking, terminal: Terminal): Questions {
  const output = outputOf(system.stderr);
  const ask = async <Value>(
    message: string,
    show: (
      clack: typeof Clack,
      streams: { readonly input: PassThrough; readonly output: Writable; readonly signal: AbortSignal },
    ) => Promise<Value | typeof Clack.CANCEL_SYMBOL>,
  ): Promise<Value> => {
    system.signal.throwIfAborted();
    terminal.status(undefined);
    const clack = await import("@clack/prompts");
    const keyboard = await system.openKeyboard();
    const ended = new AbortController();
    const end = () => ended.abort(unanswered(message));
    const input = inputOf(keyboard, end);
    try {
      const answer = await show(clack, {
        input: input.stream,
        output,
        signal: AbortSignal.any([ended.signal, system.signal]),
      });
      system.signal.throwIfAborted();
      ended.signal.throwIfAborted();
      if (clack.isCancel(answer)) {
        throw interrupted();
      }
      return answer;
    } finally {
      input.close();
    }
  };
  return {
    text: ({ message, initial, example, check }) =>
      ask<string>(message, (clack, streams) =>
        clack.text({
          ...streams,
          message,
          withGuide: false,
          ...(initial === undefined ? {} : { initialValue: initial }),
          ...(example === undefined ? {} : { placeholder: example }),
          validate: (answer) => check?.(answer ?? ""),
        }),
      ),
    confirm: ({ message, initial }) =>
      ask<boolean>(message, (clack, streams) =>
        clack.confirm({ ...streams, message, withGuide: false, initialValue: initial }),
      ),
    select: async ({ message, choices }) => {
      const found = await ask<string>(message, (clack, streams) =>
        clack.autocomplete<string>({
          ...streams,
          message,
          withGuide: false,
          maxItems: maxShownChoices,
          options: choices.map(({ label, about }, index) => ({
            value: String(index),
            label,
            ...(about === undefined ? {} : { hint: about }),
          })),
          filter: (typed, option) => fitsSearch(typed, { label: option.label ?? "", about: option.hint }),
          validate: (chosen) => (typeof chosen === "string" ? undefined : "nothing on the list fits that"),
        }),
      );
      return chosenOf(choices, Number(found));
    },
  };
}

/** Ctrl-D. */
const endOfTransmission = "\u0004";

/** The keyboard as a stream. In raw mode nobody else tells what Ctrl-D means. */
function inputOf(keyboard: Keyboard, onEnd: () => void): { readonly stream: PassThrough; readonly close: () => void } {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => keyboard.setRaw(isRaw),
  });
  const stop = keyboard.read((text) => {
    if (text.includes(endOfTransmission)) {
      onEnd();
      return;
    }
    stream.write(text);
  }, onEnd);
  return {
    stream,
    close: () => {
      stop();
      keyboard.setRaw(false);
      stream.destroy();
    },
  };
}

/** Stderr as a stream of the library's. */
function outputOf(stderr: CliSystem["stderr"]): Writable {
  const output = new Writable({
    decodeStrings: false,
    write: (text: unknown, _encoding, done) => {
      stderr.write(String(text));
      done();
    },
  });
  return Object.defineProperties(output, {
    isTTY: { value: true },
    columns: { get: () => stderr.size().columns },
    rows: { get: () => stderr.size().rows },
  });
}
