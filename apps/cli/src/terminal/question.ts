import { hint, TegataError } from "@tegata/core";
import type { CliSystem, Keyboard } from "../cli-system.ts";

/** A question that is answered by text. */
export interface TextQuestion {
  /** One line, without the mark at its end. */
  readonly message: string;
  /** What stands there already, to be taken or changed. */
  readonly initial?: string | undefined;
  /** Shown while nothing is typed: what an answer looks like. */
  readonly example?: string | undefined;
  /** What is wrong with an answer, for which the person is asked again; `undefined`: nothing. */
  readonly check?: (answer: string) => string | undefined;
}

/** A question that is answered by yes or no. */
export interface ConfirmQuestion {
  readonly message: string;
  /** What Enter alone means. */
  readonly initial: boolean;
}

/** One of the answers that there are. */
export interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
  /** Said of the one that is looked at; it is searched, too. */
  readonly about?: string | undefined;
}

/** A question that is answered by one of a list, which may be long. */
export interface SelectQuestion<Value> {
  readonly message: string;
  /** The best first: Enter alone takes it. At least one. */
  readonly choices: readonly Choice<Value>[];
}

/**
 * Asks a person on the terminal; on stderr, as stdout is for results. Text from outside may stand in a question: it is shown printable.
 *
 * Each throws TegataError `interrupted` for Ctrl-C, and `usage_invalid` where stdin ends before there is an answer.
 */
export interface Questions {
  text(question: TextQuestion): Promise<string>;
  confirm(question: ConfirmQuestion): Promise<boolean>;
  select<Value>(question: SelectQuestion<Value>): Promise<Value>;
}

/** What a person is asked with. */
export type Asking = Pick<CliSystem, "signal" | "stderr"> & { readonly openKeyboard: () => Promise<Keyboard> };

/** True for a choice that every word fits which was typed. */
export function fitsSearch(typed: string, { label, about = "" }: Pick<Choice<unknown>, "label" | "about">): boolean {
  const text = `${label} ${about}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Stdin was closed, or Ctrl-D typed: nobody answers any more. */
export function unanswered(message: string): TegataError {
  return new TegataError("usage_invalid", `stdin ended before this was answered: ${message}`, {
    hint: [hint`run it on a terminal, or give the answer as a flag`],
  });
}

/** The person has typed Ctrl-C where that is a key like any other. */
export function interrupted(): TegataError {
  return new TegataError("interrupted", "interrupted");
}

/** @throws TegataError `internal` for one that is not on the list: a bug */
export function chosenOf<Value>(choices: readonly Choice<Value>[], index: number): Value {
  const chosen = choices[index];
  if (chosen === undefined) {
    throw new TegataError("internal", "an answer was chosen that there is not");
  }
  return chosen.value;
}
