import { PassThrough, Writable } from "node:stream";
import { autocomplete, type CANCEL_SYMBOL, confirm, isCancel, text } from "@clack/prompts";
import type { CliSystem, Keyboard } from "../cli-system.ts";
import { type Asking, chosenOf, fitsSearch, interrupted, type Questions, unanswered } from "./question.ts";
import type { Terminal } from "./terminal.ts";

/** So much of a list is shown at once. */
const maxShownChoices = 12;

/** With lines that replace themselves, by the library that draws them. */
export function drawnQuestions(system: Asking, terminal: Terminal): Questions {
  const output = outputOf(system.stderr);
  const ask = async <Value>(
    message: string,
    show: (streams: Streams) => Promise<Value | typeof CANCEL_SYMBOL>,
  ): Promise<Value> => {
    system.signal.throwIfAborted();
    terminal.status(undefined);
    const keyboard = await system.openKeyboard();
    const ended = new AbortController();
    const end = () => ended.abort(unanswered(message));
    const input = inputOf(keyboard, end);
    try {
      const answer = await show({
        input: input.stream,
        output,
        signal: AbortSignal.any([ended.signal, system.signal]),
      });
      system.signal.throwIfAborted();
      ended.signal.throwIfAborted();
      if (isCancel(answer)) {
        throw interrupted();
      }
      return answer;
    } finally {
      input.close();
    }
  };
  return {
    text: ({ message, initial, example, check }) =>
      ask<string>(message, (streams) =>
        text({
          ...streams,
          message,
          withGuide: false,
          ...(initial === undefined ? {} : { initialValue: initial }),
          ...(example === undefined ? {} : { placeholder: example }),
          validate: (answer) => check?.(answer ?? ""),
        }),
      ),
    confirm: ({ message, initial }) =>
      ask<boolean>(message, (streams) => confirm({ ...streams, message, withGuide: false, initialValue: initial })),
    select: async ({ message, choices }) => {
      const found = await ask<string>(message, (streams) =>
        autocomplete<string>({
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

interface Streams {
  readonly input: PassThrough;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

/** Ctrl-D. */
const endOfTransmission = "\u0004";

/** The keyboard as a stream. In raw mode nobody else tells what Ctrl-D means. */
function inputOf(keyboard: Keyboard, onEnd: () => void): { readonly stream: PassThrough; readonly close: () => void } {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => keyboard.setRaw(isRaw),
  });
  const stop = keyboard.read((typed) => {
    if (typed.includes(endOfTransmission)) {
      onEnd();
      return;
    }
    stream.write(typed);
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
    write: (piece: unknown, _encoding, done) => {
      stderr.write(String(piece));
      done();
    },
  });
  return Object.defineProperties(output, {
    isTTY: { value: true },
    columns: { get: () => stderr.size().columns },
    rows: { get: () => stderr.size().rows },
  });
}
