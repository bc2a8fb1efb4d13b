import * as v from "valibot";
import { shownValue } from "../base/shown-value.ts";
import type { RoleArn } from "./role-arn.ts";

/**
 * Less than the role may do: what the credentials allow is what the role's own policies and these allow together. STS takes it
 * with every step.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
export interface SessionPolicy {
  /** A policy document, without the blanks between its words; `undefined`: none. */
  readonly document: string | undefined;
  /** ARNs of managed policies, at most {@link maxSessionPolicyArns}. */
  readonly arns: readonly string[];
}

/** A session that may do all that its role may. */
export const noSessionPolicy: SessionPolicy = { document: undefined, arns: [] };

/** What STS takes of managed policies. */
export const maxSessionPolicyArns = 10;
/** In characters, blanks between words not counted. */
const maxDocumentCharacters = 2048;

const statement = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value)),
  v.looseObject({}),
);
const documentShape = v.looseObject({
  Statement: v.union([statement, v.pipe(v.array(statement), v.minLength(1))]),
});

/**
 * The text of a policy document, as STS is to get it. That it is JSON, looks like a policy and is short enough is found here;
 * what it means is for AWS to judge.
 */
export const sessionPolicySchema = v.pipe(
  v.string("must be a policy document as JSON text"),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const problem = problemOf(dataset.value);
    if (problem !== undefined) {
      addIssue({ message: problem });
      return NEVER;
    }
    return withoutBlanks(dataset.value);
  }),
);

function problemOf(text: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // An engine's own words quote the text, which may be a secret where the wrong file was named.
    return "must be a policy document as JSON, and is not JSON";
  }
  if (!v.is(documentShape, document)) {
    return "must be a policy document: a JSON object with a member Statement";
  }
  const short = withoutBlanks(text);
  if (short.length > maxDocumentCharacters) {
    return `must be at most ${maxDocumentCharacters} characters long without blanks, and has ${short.length}: name managed policies instead`;
  }
  const foreign = /[^\t\n\r\u0020-\u00ff]/u.exec(short)?.[0];
  return foreign === undefined
    ? undefined
    : `must be in characters up to U+00FF, and has ${shownValue(foreign)}: write it as a JSON escape`;
}

/** Blanks between words count against the limit. Nothing else of the text is changed: what it says stays the author's. */
function withoutBlanks(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_match, word: string | undefined) => word ?? "");
}

const arnPattern = /^arn:(aws[\w-]*):iam::(aws|\d{12}):policy\/[\w+=,.@/-]{1,512}$/;
/** Of a path of one of AWS's own policies, or its name. Names of IAM have at most 128 characters. */
const segmentPattern = /^[A-Za-z0-9][\w+=.@-]{0,127}$/;

/** `ReadOnlyAccess`, `job-function/ViewOnlyAccess`. */
function isShortName(text: string): boolean {
  return text.split("/").every((segment) => segmentPattern.test(segment) && !segment.includes(".."));
}

/** A managed policy: its ARN, or the name of one of AWS's own, with its path where it has one. */
export const policyNameSchema = v.pipe(
  v.string("must be the ARN of a managed policy, or the name of one of AWS's own"),
  v.check(
    (text) => arnPattern.test(text) || (!text.startsWith("arn:") && isShortName(text)),
    ({ input }) =>
      `${shownValue(input)} is neither the ARN of a managed policy nor the name of one of AWS's own, like ReadOnlyAccess`,
  ),
);

/** The ARN of a policy that `policyNameSchema` took, in the partition of the role. */
export function policyArnOf(name: string, { partition }: Pick<RoleArn, "partition">): string {
  return name.startsWith("arn:") ? name : `arn:${partition}:iam::aws:policy/${name}`;
}

/** What is wrong with the ARN of a policy for a role, worded to follow it; `undefined`: nothing. */
export function foreignPolicy(arn: string, { partition, accountId, arn: role }: RoleArn): string | undefined {
  const [, policyPartition, account] = arnPattern.exec(arn) ?? [];
  if (policyPartition !== partition) {
    return `is of another partition than ${role}`;
  }
  return account === "aws" || account === accountId ? undefined : `is of another account than ${role}`;
}

/** The parameters that STS takes it by. */
export function policyParameters({ document, arns }: SessionPolicy): Readonly<Record<string, unknown>> {
  return {
    ...(document === undefined ? {} : { Policy: document }),
    ...(arns.length === 0 ? {} : { PolicyArns: arns.map((arn) => ({ arn })) }),
  };
}

/** What tells credentials apart by it, beside the other fields of a step. */
export function policyIdentity({ document, arns }: SessionPolicy) {
  return { sessionPolicy: document, sessionPolicyArns: arns.length === 0 ? undefined : arns };
}
