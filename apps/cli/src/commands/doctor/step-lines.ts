import type { CliSystem } from "../../cli-system.ts";
import { drawsOn, type Paint, paintOn } from "../../terminal/terminal.ts";
import { hasTwoColumns, inTwoColumns } from "../../terminal/two-columns.ts";
import { lineWidth } from "../../terminal/wrap.ts";
import type { ShownStep } from "./shown-step.ts";

type State = ShownStep["state"];

/** Marks where a person looks, and words for programs, dumb terminals and screen readers. */
const marks: Readonly<Record<State, string>> = { ok: "✓", warning: "!", failed: "✗", skipped: "-" };
const names: Readonly<Record<State, string>> = {
  ok: "ok",
  warning: "warning",
  failed: "failed",
  skipped: "skipped",
};
const colours: Readonly<Record<State, Parameters<Paint>[0]>> = {
  ok: "green",
  warning: "yellow",
  failed: "red",
  skipped: "dim",
};

/** The longest id, so that lines which are written one by one begin in one column. */
const idColumns = 14;

/** Gives the text of each step, in order; of some, only with the next one. */
export interface StepWriter {
  readonly next: (step: ShownStep) => string;
  /** What is left at the end. */
  readonly rest: () => string;
}

/** What a state is called on stdout, as a mark or as a word, and its colour. */
export function stateMarks(system: Pick<CliSystem, "stdoutIsTerminal" | "env" | "platform">): {
  readonly shown: Readonly<Record<State, string>>;
  readonly paint: (state: State, text: string) => string;
} {
  const stdout = { isTerminal: system.stdoutIsTerminal };
  const paint = paintOn(stdout, system);
  return {
    shown: drawsOn(stdout, system) ? marks : names,
    paint: (state, text) => paint(colours[state], text),
  };
}

/** How steps look on stdout: a line each, its hint below it. */
export function stepLines(
  system: Pick<CliSystem, "stdoutIsTerminal" | "stdoutColumns" | "env" | "platform">,
  programName: string,
): StepWriter {
  const { shown, paint } = stateMarks(system);
  const nameColumns = Math.max(...Object.values(shown).map((name) => name.length));
  const lineOf = ({ id, state, message, hint }: ShownStep) => {
    const columns = lineWidth(system.stdoutColumns());
    const name = shown[state];
    const label = `${name.padEnd(nameColumns)} ${hasTwoColumns(columns) ? id.padEnd(idColumns) : id}`;
    const words = hint === undefined ? message : `${message}\nhint: ${hint}`;
    const text = inTwoColumns([{ label, words }], { columns, programName }).join("\n");
    return `${paint(state, name)}${text.slice(name.length)}\n`;
  };
  /** Steps that nobody looked at for one reason are told together. */
  let waiting: readonly ShownStep[] = [];
  const rest = () => {
    const [first, ...others] = waiting;
    waiting = [];
    const ids = [first, ...others].map((step) => step?.id).join(", ");
    return first === undefined
      ? ""
      : lineOf(others.length === 0 ? first : { ...first, id: "", message: `${ids}: ${first.message}` });
  };
  return {
    next: (step) => {
      const isSame = waiting[0]?.message === step.message && step.state === "skipped";
      const before = isSame ? "" : rest();
      if (step.state === "skipped") {
        waiting = [...waiting, step];
        return before;
      }
      return before + lineOf(step);
    },
    rest,
  };
}
