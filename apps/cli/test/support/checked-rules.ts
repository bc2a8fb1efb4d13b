import * as v from "valibot";
import type { Ended } from "./run.ts";

const checkSchema = v.strictObject({
  program: v.string(),
  path: v.string(),
  rules: v.array(
    v.strictObject({
      rule: v.string(),
      result: v.picklist(["ok", "broken", "skipped"]),
      detail: v.optional(v.string()),
    }),
  ),
});

/** What `plugins check --json` says of a program. */
export interface CheckedRules {
  readonly broken: readonly string[];
  /** Those that could not be tried. */
  readonly skipped: readonly string[];
  readonly ok: number;
  /** Of the broken ones: `rule: why`. */
  readonly reasons: readonly string[];
}

export function rulesOf({ stdout }: Ended): CheckedRules {
  const { rules } = v.parse(checkSchema, JSON.parse(stdout));
  const those = (result: string) => rules.filter((each) => each.result === result).map(({ rule }) => rule);
  const reasons = rules.flatMap(({ rule, result, detail }) =>
    result === "broken" ? [detail === undefined ? rule : `${rule}: ${detail}`] : [],
  );
  return { broken: those("broken"), skipped: those("skipped"), ok: those("ok").length, reasons };
}
