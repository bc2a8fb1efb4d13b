import { shownName, shownValue } from "@tegata/core";
import type { ConditionJudgement, StatementJudgement, TrustJudgement, Verdict } from "@tegata/trust-policy";
import type { CliSystem } from "../../cli-system.ts";
import { inTwoColumns } from "../../terminal/two-columns.ts";
import { lineWidth, wrap } from "../../terminal/wrap.ts";
import { stateMarks } from "./step-lines.ts";

type State = "ok" | "warning" | "failed";

const states: Readonly<Record<Verdict, State>> = { allowed: "ok", unknown: "warning", denied: "failed" };

/**
 * A policy as a person reads it: each statement with what it does to the request, and under it each condition. In a Deny, what
 * holds is what hurts, and is marked so.
 */
export function trustLines(
  { statements }: TrustJudgement,
  system: Pick<CliSystem, "stdoutIsTerminal" | "stdoutColumns" | "env" | "platform">,
  programName: string,
): string {
  const columns = lineWidth(system.stdoutColumns());
  const { shown, paint } = stateMarks(system);
  const used: readonly State[] = ["ok", "warning", "failed"];
  const nameColumns = Math.max(...used.map((state) => shown[state].length));
  const marked = (state: State, text: string) => {
    const name = shown[state];
    const start = text.indexOf(name);
    return `${text.slice(0, start)}${paint(state, name)}${text.slice(start + name.length)}`;
  };
  const pictures = statements
    .map((statement) => {
      const state = states[statement.verdict];
      const heading = `${shown[state].padEnd(nameColumns)} ${titleOf(statement)}: ${statement.why}`;
      const rows = statement.conditions.map((condition) => ({
        label: `    ${shown[stateOf(condition, statement)].padEnd(nameColumns)} ${shownName(condition.operator, 60)}`,
        words: condition.why,
      }));
      const lines = inTwoColumns(rows, { columns, programName });
      return [
        marked(state, wrap(heading, { columns, hanging: 4, programName })),
        ...statement.conditions.map((condition, index) => marked(stateOf(condition, statement), lines[index] ?? "")),
      ]
        .map((line) => `${line}\n`)
        .join("");
    })
    .join("");
  return `\n${pictures}`;
}

function stateOf({ verdict }: ConditionJudgement, { effect }: StatementJudgement): State {
  const state = states[verdict];
  return effect !== "Deny" || state === "warning" ? state : state === "ok" ? "failed" : "ok";
}

function titleOf({ index, sid, effect }: StatementJudgement): string {
  const name = sid === undefined || sid === "" ? "" : ` ${shownValue(sid, 60)}`;
  return `statement ${index}${name}${effect === undefined ? "" : `, ${effect}`}`;
}
