import { describe, expect, it } from "vitest";
import { isTegataError } from "@tegata/core";
import { judgeTokenForSts, judgeTrustPolicy, readTrustPolicy, type TrustPolicy } from "../src/index.ts";
import { matchesPattern, patternOf } from "../src/wildcard.ts";
import { allow, auth0, context, github, job, person, policyOf, providerArn, when } from "./worlds.ts";

/** Numbers that are the same at every run (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const words: readonly string[] = [
  "Version",
  "2012-10-17",
  "2008-10-17",
  "Statement",
  "Sid",
  "Effect",
  "Allow",
  "Deny",
  "Principal",
  "NotPrincipal",
  "Federated",
  "AWS",
  "*",
  "Action",
  "NotAction",
  "sts:AssumeRoleWithWebIdentity",
  "sts:TagSession",
  "sts:*",
  "Condition",
  "StringEquals",
  "StringLike",
  "ForAllValues:StringLike",
  "ForAnyValue:StringNotEqualsIfExists",
  "Null",
  "NumericLessThan",
  "DateGreaterThan",
  "IpAddress",
  "Bool",
  "ArnLike",
  `${github}:sub`,
  `${github}:aud`,
  `${auth0}:amr`,
  "aws:SourceIp",
  "aws:CurrentTime",
  "aws:RequestTag/x",
  "sts:RoleSessionName",
  "sub",
  providerArn(github),
  "repo:acme/*",
  "${aws:userid}",
  "${",
  "${x, 'y'}",
  "true",
  "::/0",
  "2026-01-01",
  "",
  "\u0000",
  "\uD800",
  "\u202E",
  "__proto__",
  "constructor",
  "Role",
  "AssumeRolePolicyDocument",
  "Arn",
  "Tags",
  "iss",
  "exp",
  "azp",
  "https://aws.amazon.com/tags",
  "https://aws.amazon.com/roles",
  "%7B%7D",
];

/** Any JSON, of the words that mean something. */
function anyJson(next: () => number, depth: number): unknown {
  const pick = (): string => words[Math.floor(next() * words.length)] ?? "";
  const kind = next();
  if (depth === 0 || kind < 0.35) {
    return kind < 0.28 ? pick() : [null, true, false, 0, -1, 1.5, 1e308][Math.floor(next() * 7)];
  }
  const length = Math.floor(next() * 5);
  return kind < 0.6
    ? Array.from({ length }, () => anyJson(next, depth - 1))
    : Object.fromEntries(Array.from({ length }, () => [pick(), anyJson(next, depth - 1)]));
}

function table(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : { value };
}

/** The policy, or nothing where the text is refused in the way that it may be. */
function readOrRefused(text: string): TrustPolicy | undefined {
  try {
    return readTrustPolicy(text);
  } catch (error) {
    if (isTegataError(error) && error.code === "usage_invalid") {
      return undefined;
    }
    throw error;
  }
}

/** A pattern by the definition: every way to share out the text. */
function fitsByDefinition(text: string, pattern: string): boolean {
  if (pattern === "") {
    return text === "";
  }
  return pattern.startsWith("*")
    ? fitsByDefinition(text, pattern.slice(1)) || (text !== "" && fitsByDefinition(text.slice(1), pattern))
    : text !== "" &&
        (pattern.startsWith("?") || pattern[0] === text[0]) &&
        fitsByDefinition(text.slice(1), pattern.slice(1));
}

function letters(next: () => number, alphabet: string, longest: number): string {
  return Array.from(
    { length: Math.floor(next() * (longest + 1)) },
    () => alphabet[Math.floor(next() * alphabet.length)] ?? "",
  ).join("");
}

describe("judging", () => {
  it("gives a verdict for any policy that can be read and any claims, and throws nothing", () => {
    const next = numbersFrom(14);
    const verdicts = new Set<string>();
    let isRead = 0;
    for (let run = 0; run < 4000; run += 1) {
      const claims = run % 3 === 0 ? table(anyJson(next, 3)) : run % 3 === 1 ? job : person;
      const statement = { ...allow(github), ...table(anyJson(next, 4)) };
      const policy = readOrRefused(
        JSON.stringify(
          run % 2 === 0 ? { Version: "2012-10-17", Statement: [statement, table(anyJson(next, 4))] } : anyJson(next, 5),
        ),
      );
      judgeTokenForSts({ claims, header: table(anyJson(next, 1)), context });
      if (policy !== undefined) {
        isRead += 1;
        verdicts.add(judgeTrustPolicy({ policy, claims, context: run % 5 === 0 ? {} : context }).verdict);
      }
    }
    expect(isRead).toBeGreaterThan(1900);
    expect([...verdicts].sort()).toEqual(["denied", "unknown"]);
  });

  it("gives a condition any operator, key and value, and throws nothing", () => {
    const next = numbersFrom(7);
    const verdicts = new Set<string | undefined>();
    for (let run = 0; run < 4000; run += 1) {
      const pick = (): string => words[Math.floor(next() * words.length)] ?? "";
      const operator = run % 2 === 0 ? pick() : "StringLike";
      const policy = policyOf(allow(github, { [operator]: { [pick()]: next() < 0.5 ? pick() : [pick(), pick()] } }));
      verdicts.add(judgeTrustPolicy({ policy, claims: job, context }).statements[0]?.conditions[0]?.verdict);
    }
    expect(verdicts).toEqual(new Set(["allowed", "denied", "unknown"]));
  });

  it("shows nothing of a policy or a token that a terminal would obey", () => {
    const hostile = "\u001B]0;owned\u0007\u202E\u2028\u009B2J";
    const claims = { ...job, sub: hostile, [hostile]: hostile, aud: [hostile] };
    const judged = judgeTrustPolicy({
      policy: policyOf(
        allow(
          github,
          {
            StringEquals: { [`${github}:sub`]: `x${hostile}`, [hostile]: hostile, [`${github}:${hostile}`]: "x" },
            [hostile]: { a: "b" },
          },
          { Sid: hostile },
        ),
        { Effect: hostile, Principal: { [hostile]: hostile }, Action: hostile, [hostile]: 1 },
        allow(github, undefined, { Principal: { Federated: hostile }, Action: hostile }),
      ),
      claims,
      context: { roleArn: hostile },
    });
    const said = [
      judged.why,
      ...judged.statements.flatMap(({ why, conditions }) => [why, ...conditions.map((condition) => condition.why)]),
      ...judged.warnings.map(({ message }) => message),
      ...judged.actions.map(({ why }) => why),
      ...judged.elsewhere.flatMap(({ message, command = "" }) => [message, command]),
    ];
    expect(said.filter((text) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text))).toEqual([]);
  });
});

describe("a pattern", () => {
  it("fits what it fits by definition", () => {
    const next = numbersFrom(3);
    let fitting = 0;
    for (let run = 0; run < 20_000; run += 1) {
      const text = letters(next, "ab", 9);
      const pattern = letters(next, "ab*?", 7);
      const expected = fitsByDefinition(text, pattern);
      fitting += expected ? 1 : 0;
      expect({ text, pattern, fits: matchesPattern(text, patternOf(pattern)) }).toEqual({
        text,
        pattern,
        fits: expected,
      });
    }
    expect(fitting).toBeGreaterThan(2000);
  });

  it("of more than 32 characters between its stars is found at any place", () => {
    const piece = `${"ab".repeat(40)}c?${"d".repeat(40)}`;
    for (const offset of [0, 1, 31, 32, 33, 64, 200]) {
      const text = `${"ab".repeat(offset)}${piece.replace("?", "z")}tail`;
      expect(matchesPattern(text, patternOf(`*${piece}*`))).toBe(true);
      expect(matchesPattern(text.replace("z", ""), patternOf(`*${piece}*`))).toBe(false);
    }
  });

  it("takes a character outside the basic plane for one", () => {
    expect(matchesPattern("a😀b", patternOf("a?b"))).toBe(true);
    expect(matchesPattern("a😀b", patternOf("a??b"))).toBe(false);
  });

  it.each([
    ["a*a*a*…b", (length: number) => `${"a*".repeat(length / 2)}b`],
    ["*a?a?a?…b", (length: number) => `*${"a?".repeat(length / 2)}b*`],
    ["*aaaa…b*", (length: number) => `*${"a".repeat(length / 2)}b*`],
  ])("such as %s takes no more than the time that its length explains", (_name, pattern) => {
    const work = (length: number): number => {
      const value = "a".repeat(length);
      const tokens = patternOf(pattern(length));
      const start = performance.now();
      matchesPattern(value, tokens);
      return performance.now() - start;
    };
    work(2000);
    // Backtracking would need longer than the universe is old; a square of the length, minutes.
    expect(work(40_000)).toBeLessThan(2000);
  });

  it("of a policy of 200 long patterns is judged in the time of one run", () => {
    const pattern = `${"a*".repeat(500)}b`;
    const start = performance.now();
    const { verdict } = judgeTrustPolicy({
      policy: when(
        github,
        "StringLike",
        `${github}:sub`,
        Array.from({ length: 200 }, () => pattern),
      ),
      claims: { ...job, sub: "a".repeat(15_000) },
      context,
    });
    expect(verdict).toBe("denied");
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
