import { shownName } from "@tegata/core";
import { literalPattern, patternOf, type PatternToken } from "./wildcard.ts";
import type { KeyValue } from "./request-context.ts";

/** A value of a policy with its variables filled in. */
export type ResolvedValue =
  | { readonly state: "known"; readonly pattern: readonly PatternToken[] }
  /** Fits nothing. */
  | { readonly state: "none"; readonly why: string }
  | { readonly state: "unknown"; readonly why: string };

/** How a value is to be read. */
export interface ValueReading {
  /** `*` and `?` stand for something. */
  readonly hasWildcards: boolean;
  /** `${…}` is a variable: in policies of version 2012-10-17. */
  readonly hasVariables: boolean;
  readonly readKey: (key: string) => KeyValue;
}

/**
 * Fills in `${key}`, `${key, 'default'}` and the three that are characters: `${*}`, `${?}`, `${$}`. What a variable holds stands for
 * itself, `*` included.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function resolveValue(text: string, reading: ValueReading): ResolvedValue {
  const plain = reading.hasWildcards ? patternOf : literalPattern;
  if (!reading.hasVariables || !text.includes("${")) {
    return { state: "known", pattern: plain(text) };
  }
  const pattern: PatternToken[] = [];
  let position = 0;
  while (position < text.length) {
    const start = text.indexOf("${", position);
    const end = start === -1 ? -1 : text.indexOf("}", start);
    if (end === -1) {
      break;
    }
    pattern.push(...plain(text.slice(position, start)));
    const filled = resolveVariable(text.slice(start + 2, end), reading);
    if (filled.state !== "known") {
      return filled;
    }
    pattern.push(...filled.pattern);
    position = end + 1;
  }
  pattern.push(...plain(text.slice(position)));
  return { state: "known", pattern };
}

function resolveVariable(inside: string, { readKey }: ValueReading): ResolvedValue {
  if (inside === "*" || inside === "?" || inside === "$") {
    return { state: "known", pattern: literalPattern(inside) };
  }
  const comma = inside.indexOf(",");
  const key = (comma === -1 ? inside : inside.slice(0, comma)).trim();
  const [, fallback] = comma === -1 ? [] : (/^\s*'(.*)'\s*$/s.exec(inside.slice(comma + 1)) ?? []);
  if (key.startsWith("AWS::")) {
    return { state: "none", why: `\${${shownName(key)}} is a placeholder of CloudFormation that nobody filled in` };
  }
  const value = readKey(key);
  if (value.state === "unknown") {
    return { state: "unknown", why: `\${${shownName(key)}} is not known here: ${value.why}` };
  }
  const [first, ...others] = value.state === "present" ? value.values : [fallback];
  if (first === undefined) {
    return { state: "none", why: `\${${shownName(key)}} holds nothing, so that the value fits nothing` };
  }
  return others.length > 0
    ? { state: "none", why: `\${${shownName(key)}} holds several values, and a variable takes one` }
    : { state: "known", pattern: literalPattern(first) };
}
