import { type Asking, type Choice, chosenOf, fitsSearch, type Questions, unanswered } from "./question.ts";
import type { Terminal } from "./terminal.ts";

/** So many answers of a list are read out at once. */
const maxShownChoices = 20;
/** No line that a person types is longer, in characters. */
const maxLineCharacters = 65_536;

/** One line after the other, without escape sequences: for screen readers, dumb terminals and NO_COLOR. */
export function plainQuestions(system: Asking, terminal: Terminal): Questions {
  const nextLine = lineReader(system);
  const ask = (message: string, prompt: string) => {
    system.stderr.write(prompt);
    return nextLine(message);
  };
  return {
    text: async ({ message, initial, example, check }) => {
      const offered = initial ?? "";
      const about = offered === "" ? (example === undefined ? "" : ` (like ${example})`) : ` [${offered}]`;
      for (;;) {
        const typed = await ask(message, `${message}${about}: `);
        const answer = typed.trim() === "" ? offered : typed;
        const problem = check?.(answer);
        if (problem === undefined) {
          return answer;
        }
        terminal.ask(problem);
      }
    },
    confirm: async ({ message, initial }) => {
      for (;;) {
        const typed = (await ask(message, `${message} ${initial ? "[Y/n]" : "[y/N]"} `)).trim();
        if (typed === "") {
          return initial;
        }
        if (/^(y(es)?|no?)$/i.test(typed)) {
          return /^y/i.test(typed);
        }
        terminal.ask("answer y or n");
      }
    },
    select: async ({ message, choices }) => {
      let fitting = choices.map((choice, index) => ({ choice, index }));
      for (;;) {
        terminal.block(listed(message, fitting, choices.length));
        const typed = (await ask(message, "number, or part of a name [1]: ")).trim();
        const number = typed === "" ? 1 : /^\d{1,6}$/.test(typed) ? Number(typed) : undefined;
        const byNumber = number === undefined ? undefined : fitting[number - 1];
        if (byNumber !== undefined && (number ?? 0) <= maxShownChoices) {
          return chosenOf(choices, byNumber.index);
        }
        const found = choices.flatMap((choice, index) => (fitsSearch(typed, choice) ? [{ choice, index }] : []));
        const exact = found.filter(({ choice: { label } }) => label === typed);
        const [only, ...others] = exact.length === 1 ? exact : found;
        if (only !== undefined && others.length === 0) {
          terminal.ask(`chosen: ${only.choice.label}`);
          return chosenOf(choices, only.index);
        }
        if (only === undefined) {
          terminal.ask("nothing on the list fits that");
        } else {
          fitting = found;
        }
      }
    },
  };
}

interface Numbered {
  readonly choice: Choice<unknown>;
}

function listed(message: string, fitting: readonly Numbered[], all: number): string {
  const lines = fitting
    .slice(0, maxShownChoices)
    .map(
      ({ choice: { label, about } }, index) => `  ${index + 1}  ${label}${about === undefined ? "" : ` (${about})`}`,
    );
  const more = fitting.length - lines.length;
  return [
    message,
    ...lines,
    ...(more > 0 ? [`  and ${more} more: type part of a name`] : []),
    ...(fitting.length < all ? [`  (${fitting.length} of ${all} fit)`] : []),
  ].join("\n");
}

/** Lines as they are typed. One that was typed ahead is the answer to the next question. */
function lineReader({ openKeyboard, signal }: Asking): (question: string) => Promise<string> {
  let ahead = "";
  return async (question) => {
    signal.throwIfAborted();
    const keyboard = await openKeyboard();
    return new Promise((resolve, reject) => {
      const settle = (conclude: () => void) => {
        signal.removeEventListener("abort", onAbort);
        stop();
        conclude();
      };
      // The reason of a signal is what the caller gave to abort().
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      const onAbort = () => settle(() => reject(signal.reason));
      const take = () => {
        const [end] = ahead.match(/\r\n|\r|\n/) ?? [];
        if (end === undefined && ahead.length <= maxLineCharacters) {
          return false;
        }
        const line = end === undefined ? ahead : ahead.slice(0, ahead.indexOf(end));
        ahead = ahead.slice(line.length + (end ?? "").length);
        settle(() => resolve(line));
        return true;
      };
      const stop = keyboard.read(
        (text) => {
          ahead += text;
          take();
        },
        () => settle(() => reject(unanswered(question))),
      );
      signal.addEventListener("abort", onAbort, { once: true });
      take();
    });
  };
}
