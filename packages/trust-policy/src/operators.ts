import { isInRange } from "./ip-address.ts";
import { type PatternToken, matchesPattern } from "./wildcard.ts";

/** A condition operator of IAM, taken apart. */
export interface Operator {
  /** As AWS writes it, without what stands before and behind: `StringEquals`. */
  readonly name: string;
  readonly comparison: Comparison;
  /** `StringNotEquals`: holds where none of the values fits. */
  readonly isNegated: boolean;
  readonly quantifier: "all" | "any" | undefined;
  readonly isIfExists: boolean;
}

/** How a value of the request is held against one of the policy. */
export interface Comparison {
  readonly kind: "text" | "like" | "arn" | "number" | "date" | "boolean" | "binary" | "address" | "null";
  /** `*` and `?` of the policy stand for something. */
  readonly hasWildcards: boolean;
  readonly hasVariables: boolean;
  readonly fits: (had: string, wanted: readonly PatternToken[]) => boolean;
  /** Why the policy's value can fit nothing: it is no number, for example. */
  readonly problem?: (wanted: string) => string | undefined;
}

type Ordering = (order: number) => boolean;

const equals: Ordering = (order) => order === 0;
const orderings: Readonly<Record<string, Ordering>> = {
  LessThan: (order) => order < 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThan: (order) => order > 0,
  GreaterThanEquals: (order) => order >= 0,
};

const text: Comparison = {
  kind: "text",
  hasWildcards: false,
  hasVariables: true,
  fits: (had, wanted) => had === literalOf(wanted),
};
const textInAnyCase: Comparison = {
  ...text,
  fits: (had, wanted) => had.toLowerCase() === literalOf(wanted).toLowerCase(),
};
const like: Comparison = { kind: "like", hasWildcards: true, hasVariables: true, fits: matchesPattern };
const arn: Comparison = {
  kind: "arn",
  hasWildcards: true,
  hasVariables: true,
  fits: fitsArn,
  problem: (wanted) => (/^(arn:|\*|\$)/.test(wanted) ? undefined : "is no ARN"),
};
const boolean: Comparison = {
  kind: "boolean",
  hasWildcards: false,
  hasVariables: true,
  fits: (had, wanted) => had.toLowerCase() === literalOf(wanted).toLowerCase(),
  problem: (wanted) => (/^(true|false|\$\{.*)$/is.test(wanted) ? undefined : "is neither true nor false"),
};
const binary: Comparison = {
  kind: "binary",
  hasWildcards: false,
  hasVariables: false,
  fits: (had, wanted) => had === literalOf(wanted),
};
const address: Comparison = {
  kind: "address",
  hasWildcards: false,
  hasVariables: false,
  fits: (had, wanted) => isInRange(had, literalOf(wanted)) === true,
  problem: (wanted) => (isInRange("0.0.0.0", wanted) === undefined ? "is no range of addresses" : undefined),
};
const isNull: Comparison = {
  kind: "null",
  hasWildcards: false,
  hasVariables: false,
  fits: (had, wanted) => had === literalOf(wanted).toLowerCase(),
  problem: (wanted) => (/^(true|false)$/i.test(wanted) ? undefined : "is neither true nor false"),
};

function number(ordering: Ordering): Comparison {
  return {
    kind: "number",
    hasWildcards: false,
    hasVariables: false,
    fits: (had, wanted) => isOrdered(compareNumbers(had, literalOf(wanted)), ordering),
    problem: (wanted) => (isNumber(wanted) ? undefined : "is no number"),
  };
}

function date(ordering: Ordering): Comparison {
  return {
    kind: "date",
    hasWildcards: false,
    hasVariables: false,
    fits: (had, wanted) => isOrdered(compareDates(had, literalOf(wanted)), ordering),
    problem: (wanted) => (instantOf(wanted) === undefined ? "is no date" : undefined),
  };
}

type Row = readonly [name: string, comparison: Comparison, isNegated?: true];

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const rows: readonly Row[] = [
  ["StringEquals", text],
  ["StringNotEquals", text, true],
  ["StringEqualsIgnoreCase", textInAnyCase],
  ["StringNotEqualsIgnoreCase", textInAnyCase, true],
  ["StringLike", like],
  ["StringNotLike", like, true],
  ["NumericEquals", number(equals)],
  ["NumericNotEquals", number(equals), true],
  ...Object.entries(orderings).map(([name, ordering]): Row => [`Numeric${name}`, number(ordering)]),
  ["DateEquals", date(equals)],
  ["DateNotEquals", date(equals), true],
  ...Object.entries(orderings).map(([name, ordering]): Row => [`Date${name}`, date(ordering)]),
  ["Bool", boolean],
  ["BinaryEquals", binary],
  ["IpAddress", address],
  ["NotIpAddress", address, true],
  ["ArnEquals", arn],
  ["ArnLike", arn],
  ["ArnNotEquals", arn, true],
  ["ArnNotLike", arn, true],
  ["Null", isNull],
];

/** The operators, as AWS writes them. */
export const operatorNames: readonly string[] = rows.map(([name]) => name);

/** @returns what is wrong with a text that is no operator, to stand behind it in a sentence */
export function readOperator(operator: string): Operator | string {
  const [, before, name = "", ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const row = rows.find(([known]) => known === name);
  if (row === undefined) {
    const meant = meantOperator(operator);
    return `is no operator of AWS${meant === undefined ? "" : `: did you mean ${meant}?`}`;
  }
  if (row[0] === "Null" && (before !== undefined || ifExists !== undefined)) {
    return "is no operator of AWS: Null stands alone";
  }
  return {
    name: row[0],
    comparison: row[1],
    isNegated: row[2] === true,
    quantifier: before === undefined ? undefined : before === "ForAllValues" ? "all" : "any",
    isIfExists: ifExists !== undefined,
  };
}

function meantOperator(operator: string): string | undefined {
  const [, ending = ""] = /(IfExists)$/i.exec(operator) ?? [];
  const wanted = withoutSlips(operator.replace(/IfExists$/i, "").replace(/^.*:/, ""));
  const found = operatorNames.find((name) => name.toLowerCase() === wanted);
  return found === undefined ? undefined : `${found}${ending === "" ? "" : "IfExists"}`;
}

/** What people write for an operator, as AWS does but for its capitals. */
function withoutSlips(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "")
    .replace(/equal$/, "equals")
    .replace(/likes$/, "like")
    .replace(/^not(string|arn|numeric|date)/, "$1not")
    .replace(/^ip$/, "ipaddress")
    .replace(/^bool.*$/, "bool");
}

function literalOf(pattern: readonly PatternToken[]): string {
  return pattern.map((token) => (token === "any" ? "*" : token === "one" ? "?" : token.character)).join("");
}

/** ARNs have six parts, and a `*` ends with its part: only the last one may hold colons. */
function fitsArn(had: string, wanted: readonly PatternToken[]): boolean {
  if (wanted.length === 1 && wanted[0] === "any") {
    return true;
  }
  const parts: PatternToken[][] = [[]];
  for (const token of wanted) {
    if (parts.length < 6 && typeof token === "object" && token.character === ":") {
      parts.push([]);
    } else {
      parts.at(-1)?.push(token);
    }
  }
  const hadParts = had.split(":");
  if (hadParts.length < 6 || parts.length < 6) {
    return false;
  }
  const sixth = hadParts.slice(5).join(":");
  return parts.every((part, index) => matchesPattern(index === 5 ? sixth : (hadParts[index] ?? ""), part));
}

function isNumber(value: string): boolean {
  return /^[+-]?\d+(\.\d+)?$/.test(value);
}

/** Whole numbers are compared as they are: those of providers may be longer than a floating-point number holds. */
function compareNumbers(one: string, other: string): number | undefined {
  if (!isNumber(one) || !isNumber(other)) {
    return undefined;
  }
  const areWhole = !one.includes(".") && !other.includes(".");
  return areWhole
    ? sign(BigInt(one.replace("+", "")), BigInt(other.replace("+", "")))
    : sign(Number(one), Number(other));
}

function sign<Value extends number | bigint>(one: Value, other: Value): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function compareDates(one: string, other: string): number | undefined {
  const first = instantOf(one);
  const second = instantOf(other);
  return first === undefined || second === undefined ? undefined : sign(first, second);
}

/** Milliseconds of a date of ISO 8601, or of seconds since the epoch. */
function instantOf(value: string): number | undefined {
  if (/^\d{1,12}$/.test(value) && !/^\d{4}$/.test(value)) {
    return Number(value) * 1000;
  }
  if (!/^\d{4}(-\d\d(-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?)?)?$/.test(value)) {
    return undefined;
  }
  const instant = Date.parse(/T[\d:.]+$/.test(value) ? `${value}Z` : value);
  return Number.isNaN(instant) ? undefined : instant;
}

function isOrdered(order: number | undefined, ordering: Ordering): boolean {
  return order !== undefined && ordering(order);
}
