import { shownName, shownValue } from "@tegata/core";
import { resolveValue, type ResolvedValue } from "./policy-variables.ts";
import { type Operator, readOperator } from "./operators.ts";
import type { TrustCondition } from "./read-policy.ts";
import { type KeyValue, readKey, type TrustRequest } from "./request-context.ts";
import { audienceOf, claimTexts } from "./claim-texts.ts";
import { type Mismatch, nearestFault } from "./value-fault.ts";
import { allOf, anyOf, not, type Truth, truthOf, type Verdict, verdictOf } from "./verdict.ts";

/** One condition, and whether it holds. */
export interface ConditionJudgement {
  /** As the policy has it: `ForAnyValue:StringLike`. */
  readonly operator: string;
  /** As the policy has it. */
  readonly key: string;
  /** The policy's values, as it has them. */
  readonly wanted: readonly string[];
  /** The request's values; left out where the request has none, or where nobody here knows. */
  readonly had?: readonly string[];
  /** `allowed`: the condition holds, which in a Deny statement is what denies. */
  readonly verdict: Verdict;
  /** A sentence for a person, without a full stop; text from outside is escaped. */
  readonly why: string;
  /** Which fault of `valueFaults` it is, where it is one. */
  readonly fault?: string;
}

interface Outcome {
  readonly truth: Truth;
  readonly why: string;
  readonly fault?: string;
}

const maxShownValue = 200;
/** Of a condition's values, as many are held against each other for the nearest fault. */
const maxMismatches = 200;

/**
 * @param hasVariables `${…}` is a variable: true for policies of version 2012-10-17
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 */
export function judgeCondition(
  condition: TrustCondition,
  hasVariables: boolean,
  request: TrustRequest,
): ConditionJudgement {
  const operator = readOperator(condition.operator);
  const value = readKey(condition.key, request);
  const outcome =
    typeof operator === "string"
      ? { truth: "unknown" as const, why: `${shownName(condition.operator)} ${operator}; AWS stores no such policy` }
      : judge({ ...condition, operator, hasVariables, value, request });
  return {
    operator: condition.operator,
    key: condition.key,
    wanted: condition.wanted,
    ...(value.state === "present" ? { had: value.values } : {}),
    verdict: verdictOf(outcome.truth),
    why: outcome.why,
    ...(outcome.fault === undefined ? {} : { fault: outcome.fault }),
  };
}

/** The host is the same in every key of the token's provider, and `key` of the judgement has it. */
function shownKey(key: string, { provider }: TrustRequest): string {
  const prefix = `${provider.name}:`;
  const isOfProvider = prefix !== ":" && key.toLowerCase().startsWith(prefix.toLowerCase());
  return isOfProvider ? `…:${shownName(key.slice(prefix.length), 80)}` : shownName(key, maxShownValue);
}

interface Question {
  readonly operator: Operator;
  readonly key: string;
  readonly wanted: readonly string[];
  readonly hasVariables: boolean;
  readonly value: KeyValue;
  readonly request: TrustRequest;
}

function judge(question: Question): Outcome {
  const { operator, key, wanted, value } = question;
  const name = shownKey(key, question.request);
  if (wanted.length === 0) {
    return { truth: "unknown", why: `the policy gives ${name} no value; AWS stores no such policy` };
  }
  const { problem } = operator.comparison;
  const bad = problem === undefined ? undefined : firstProblem(wanted, problem);
  if (bad !== undefined) {
    return { truth: "unknown", why: `the policy's value for ${name} ${bad}; AWS stores no such policy` };
  }
  if (value.state === "unknown") {
    return { truth: "unknown", why: `${name} is not known here: ${value.why}` };
  }
  if (operator.comparison.kind === "null") {
    return judgeNull(name, wanted, value);
  }
  if (value.state === "absent") {
    return judgeAbsent(name, operator, value.why);
  }
  return judgePresent(question, name, value.values, value.isMultivalued);
}

function judgeNull(name: string, wanted: readonly string[], value: KeyValue): Outcome {
  const isAbsent = value.state === "absent";
  const holds = wanted.some((one) => one.toLowerCase() === String(isAbsent));
  return {
    truth: truthOf(holds),
    why: isAbsent
      ? `${name} has no value (${value.why}), ${holds ? "as the policy wants" : "and the policy wants one"}`
      : `${name} has a value, ${holds ? "as the policy wants" : "and the policy wants none"}`,
  };
}

function judgeAbsent(name: string, { quantifier, isNegated, isIfExists }: Operator, why: string): Outcome {
  const says = `${name} has no value: ${why}`;
  if (isIfExists) {
    return { truth: "yes", why: `${says}; IfExists holds without one` };
  }
  if (quantifier !== undefined) {
    return quantifier === "all"
      ? { truth: "yes", why: `${says}; ForAllValues holds without one` }
      : { truth: "no", why: says };
  }
  return isNegated
    ? { truth: "yes", why: `${says}; a negated operator holds without one` }
    : { truth: "no", why: says };
}

function judgePresent(question: Question, name: string, values: readonly string[], isMultivalued: boolean): Outcome {
  const { operator, wanted } = question;
  if (isMultivalued && values.length > 1 && operator.quantifier === undefined) {
    return {
      truth: "unknown",
      why: `${name} has ${values.length} values: AWS wants ForAnyValue: or ForAllValues: in front of the operator`,
    };
  }
  const resolved = wanted.map((text) => resolve(text, question));
  const fitting = values.map((had) => ({ had, truth: anyOf(resolved.map((one) => fits(had, one, operator))) }));
  const each = fitting.map(({ had, truth }) => ({ had, truth: operator.isNegated ? not(truth) : truth }));
  const truth =
    operator.quantifier === "any" ? anyOf(each.map((one) => one.truth)) : allOf(each.map((one) => one.truth));
  if (truth === "unknown") {
    const why = resolved.find(({ state }) => state === "unknown");
    return { truth, why: why !== undefined && "why" in why ? why.why : `${name} cannot be judged here` };
  }
  if (truth === "yes") {
    return { truth, why: explainHolding(question, name, each.find((one) => one.truth === "yes")?.had ?? "") };
  }
  const failing = each.find((one) => one.truth === "no")?.had ?? "";
  return operator.isNegated
    ? { truth, why: `${name} is ${shownValue(failing, maxShownValue)}, which the policy excludes` }
    : { truth, ...explainMismatch(question, name, values, resolved) };
}

function resolve(text: string, { operator, hasVariables, request }: Question): ResolvedValue {
  return resolveValue(text, {
    hasWildcards: operator.comparison.hasWildcards,
    hasVariables: hasVariables && operator.comparison.hasVariables,
    readKey: (key) => readKey(key, request),
  });
}

function fits(had: string, wanted: ResolvedValue, { comparison }: Operator): Truth {
  return wanted.state === "known"
    ? truthOf(comparison.fits(had, wanted.pattern))
    : wanted.state === "none"
      ? "no"
      : "unknown";
}

function explainHolding({ operator, wanted }: Question, name: string, had: string): string {
  const shown = shownValue(had, maxShownValue);
  if (operator.isNegated) {
    return `${name} is ${shown}, which the policy does not exclude`;
  }
  return wanted.includes(had) ? `${name} is ${shown}` : `${name} is ${shown}, which fits the policy`;
}

function explainMismatch(
  question: Question,
  name: string,
  values: readonly string[],
  resolved: readonly ResolvedValue[],
): Omit<Outcome, "truth"> {
  const { wanted, operator, hasVariables } = question;
  const [had = ""] = values;
  const unresolved = resolved.find(({ state }) => state === "none");
  if (unresolved !== undefined && "why" in unresolved) {
    return { why: `${name} is ${shownValue(had, maxShownValue)}: ${unresolved.why}`, fault: "variable" };
  }
  const isText = operator.comparison.kind === "text" || operator.comparison.kind === "like";
  const fault = isText ? nearestFault(mismatchesOf(question, values)) : undefined;
  if (fault !== undefined) {
    const { mismatch } = fault;
    return {
      why: `${name} is ${shownValue(mismatch.had, maxShownValue)}, the policy wants ${shownValue(mismatch.wanted, maxShownValue)}: ${fault.words}`,
      fault: fault.id,
    };
  }
  const [first = "", ...others] = wanted;
  const literal =
    !hasVariables && wanted.some((one) => one.includes("${"))
      ? `: \${…} is plain text in a policy without "Version": "2012-10-17"`
      : "";
  const more = others.length === 0 ? "" : ` or one of ${others.length} more`;
  return {
    why: `${name} is ${shownValue(had, maxShownValue)}, the policy wants ${wish(operator)}${shownValue(first, maxShownValue)}${more}${literal}`,
  };
}

const wishes: readonly (readonly [RegExp, string])[] = [
  [/LessThan$/, "less than "],
  [/LessThanEquals$/, "at most "],
  [/GreaterThan$/, "more than "],
  [/GreaterThanEquals$/, "at least "],
  [/^IpAddress$/, "one within "],
];

/** What an operator wants besides that it is equal. */
function wish({ name }: Operator): string {
  return wishes.find(([pattern]) => pattern.test(name))?.[1] ?? "";
}

function mismatchesOf({ operator, key, wanted, request }: Question, values: readonly string[]): readonly Mismatch[] {
  const { comparison } = operator;
  const prefix = `${request.provider.name.toLowerCase()}:`;
  const lower = key.toLowerCase();
  const common = {
    keyName: lower.startsWith(prefix) ? lower.slice(prefix.length) : lower,
    audiences: [...claimTexts(request.claims["aud"]), ...audienceOf(request.claims)],
    hasWildcards: comparison.hasWildcards,
    fits: (had: string, text: string) => {
      const resolved = resolveValue(text, {
        hasWildcards: comparison.hasWildcards,
        hasVariables: false,
        readKey: none,
      });
      return resolved.state === "known" && comparison.fits(had, resolved.pattern);
    },
  };
  return values
    .flatMap((had) => wanted.map((text): Mismatch => ({ ...common, had, wanted: text })))
    .slice(0, maxMismatches);
}

function none(): KeyValue {
  return { state: "absent", why: "" };
}

function firstProblem(wanted: readonly string[], problem: (text: string) => string | undefined): string | undefined {
  for (const text of wanted) {
    const found = problem(text);
    if (found !== undefined) {
      return `(${shownValue(text, 80)}) ${found}`;
    }
  }
  return undefined;
}
