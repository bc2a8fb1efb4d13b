import * as v from "valibot";
import { roleArnSchema, shownName, shownValue, TegataError } from "@tegata/core";
import { duplicateMembers } from "./duplicate-members.ts";

/** A condition: one operator and one key, with the values of which one has to fit. */
export interface TrustCondition {
  readonly operator: string;
  readonly key: string;
  readonly wanted: readonly string[];
}

/** A principal by its kind: `Federated`, `AWS`, `Service`, `CanonicalUser`; `*` alone is everyone. */
export type TrustPrincipal = "*" | ReadonlyMap<string, readonly string[]>;

/** One statement, as it was read. */
export interface TrustStatement {
  readonly sid: string | undefined;
  readonly effect: "Allow" | "Deny" | undefined;
  readonly principal: TrustPrincipal | undefined;
  readonly isNotPrincipal: boolean;
  readonly actions: readonly string[];
  /** `NotAction`: all but these. */
  readonly isNotAction: boolean;
  readonly conditions: readonly TrustCondition[];
  /** Why AWS stores no policy with this statement. */
  readonly problems: readonly string[];
}

/** A role's trust policy, read from text. */
export interface TrustPolicy {
  readonly version: string | undefined;
  readonly statements: readonly TrustStatement[];
  /** Why AWS stores no such policy, besides what is wrong with a statement. */
  readonly problems: readonly string[];
  /** Members that stand twice in one object: of each, the last one is what was read. */
  readonly duplicates: readonly string[];
  /** Without blanks between its words, as AWS counts it. */
  readonly characters: number;
  /** The role, where the text was the answer of `aws iam get-role`. */
  readonly role: TrustedRole | undefined;
}

/** What the answer of `aws iam get-role` tells besides the policy. */
export interface TrustedRole {
  readonly arn: string;
  readonly account: string | undefined;
  readonly partition: string;
  /** `undefined`: the answer does not say. */
  readonly tags: Readonly<Record<string, string>> | undefined;
}

/** The longest text that is read, in characters: AWS takes policies of a few thousand. */
export const maxPolicyCharacters = 262_144;
const maxStatements = 1000;
const maxConditions = 5000;

const objectSchema = v.record(v.string(), v.unknown());
const statementMembers = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"];
const policyMembers = ["Version", "Id", "Statement"];
const tagsSchema = v.array(v.object({ Key: v.string(), Value: v.string() }));

/**
 * Reads a trust policy: the document alone, the answer of `aws iam get-role`, or what stands within it; as JSON, or URL-encoded as
 * the API returns it.
 *
 * @param text of a file or a pipe
 * @param name how messages call it: `trust.json`
 * @throws TegataError `usage_invalid` for what is no policy at all
 */
export function readTrustPolicy(text: string, name = "the trust policy"): TrustPolicy {
  if (text.length > maxPolicyCharacters) {
    throw unreadable(name, `has ${text.length} characters, and at most ${maxPolicyCharacters} are read`);
  }
  const { value, json } = parsePolicyText(text, name);
  return readPolicyValue(value, json, name);
}

function readPolicyValue(value: unknown, json: string, name: string): TrustPolicy {
  const { document, role, within } = findDocument(value, name);
  const { Statement: statement, Version: version } = document;
  if (statement === undefined) {
    throw unreadable(
      name,
      "has no Statement",
      "give the answer of aws iam get-role --output json, or the policy document that is in it",
    );
  }
  const list = [statement].flat();
  if (list.length > maxStatements) {
    throw unreadable(name, `has ${list.length} statements, and at most ${maxStatements} are read`);
  }
  const statements = list.map((one) => readStatement(one));
  if (statements.reduce((count, { conditions }) => count + conditions.length, 0) > maxConditions) {
    throw unreadable(name, `has more than ${maxConditions} conditions`);
  }
  return {
    version: typeof version === "string" ? version : undefined,
    statements,
    problems: problemsOfDocument(document, list),
    duplicates: duplicateMembers(within ?? json),
    characters: JSON.stringify(document).length,
    role,
  };
}

function problemsOfDocument(document: Readonly<Record<string, unknown>>, statements: readonly unknown[]): string[] {
  const { Version: version } = document;
  const sids = statements.flatMap((one) =>
    v.is(objectSchema, one) && typeof one["Sid"] === "string" ? [one["Sid"]] : [],
  );
  const twin = sids.find((sid, index) => sids.indexOf(sid) !== index);
  return [
    ...(version === undefined || version === "2012-10-17" || version === "2008-10-17"
      ? []
      : [`Version is ${shownValue(version, 40)}: AWS knows 2012-10-17 and 2008-10-17`]),
    ...Object.keys(document)
      .filter((member) => !policyMembers.includes(member))
      .map((member) => unknownMember(member, policyMembers)),
    ...(statements.length === 0 ? ["Statement is empty"] : []),
    ...(twin === undefined ? [] : [`two statements have the Sid ${shownValue(twin, 80)}`]),
  ];
}

/** The document within what people have at hand. */
function findDocument(
  value: unknown,
  name: string,
): ReturnType<typeof documentOf> & { readonly role: TrustedRole | undefined } {
  if (!v.is(objectSchema, value) || Array.isArray(value)) {
    throw unreadable(name, `is ${shownValue(value, 80)}, and not a table`);
  }
  const { Role: role, Roles: roles, AssumeRolePolicyDocument: within } = value;
  if (Array.isArray(roles)) {
    throw unreadable(name, `holds ${roles.length} roles`, "give one role: aws iam get-role --role-name NAME");
  }
  if (v.is(objectSchema, role)) {
    const { AssumeRolePolicyDocument: ofRole } = role;
    if (ofRole === undefined) {
      throw unreadable(name, "has a Role without AssumeRolePolicyDocument");
    }
    return { ...documentOf(ofRole, name), role: roleOf(role) };
  }
  return within === undefined
    ? { document: value, within: undefined, role: undefined }
    : { ...documentOf(within, name), role: roleOf(value) };
}

/** @returns `within`: its own text, where it is one within the text */
function documentOf(
  given: unknown,
  name: string,
): { readonly document: Readonly<Record<string, unknown>>; readonly within: string | undefined } {
  const { value: parsed, json: within } =
    typeof given === "string" ? parsePolicyText(given, name) : { value: given, json: undefined };
  if (!v.is(objectSchema, parsed) || Array.isArray(parsed)) {
    throw unreadable(name, `has ${shownValue(parsed, 80)} for AssumeRolePolicyDocument, and not a table`);
  }
  return { document: parsed, within };
}

function roleOf(role: Readonly<Record<string, unknown>>): TrustedRole | undefined {
  const { Arn: arn, Tags: tags } = role;
  const parsed = v.safeParse(roleArnSchema, arn);
  if (!parsed.success) {
    return undefined;
  }
  const found = v.safeParse(tagsSchema, tags);
  const { accountId: account, partition } = parsed.output;
  return {
    arn: parsed.output.arn,
    account,
    partition,
    // The answer leaves Tags out for a role that has none.
    tags: found.success
      ? Object.fromEntries(found.output.map((tag) => [tag.Key, tag.Value]))
      : tags === undefined
        ? {}
        : undefined,
  };
}

function parsePolicyText(text: string, name: string): { readonly value: unknown; readonly json: string } {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  if (trimmed === "") {
    throw unreadable(name, "is empty");
  }
  const json = /^%7B/i.test(trimmed) ? decoded(trimmed) : trimmed;
  try {
    return { value: JSON.parse(json), json };
  } catch {
    throw unreadable(name, `is not JSON${otherNotation(trimmed)}`, "give the answer of aws iam get-role --output json");
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text;
  }
}

/** What people have at hand in place of JSON. */
const notations: readonly (readonly [RegExp, string])[] = [
  [/^An error occurred|^aws: error|^Unable to locate credentials/, "it is an error of the AWS CLI"],
  [/^(resource|data|variable|locals|terraform) |assume_role_policy\s*=/m, "it is Terraform source"],
  [/^eyJ[\w-]+\./, "it is a token"],
  [/^[+-]?-{3,}|^\|/, "it is a table: the AWS CLI prints JSON with --output json"],
  [/^(ROLE|ASSUMEROLEPOLICYDOCUMENT)\t/m, "it is text of the AWS CLI, which prints JSON with --output json"],
  [/^(Role|AssumeRolePolicyDocument|Version|Statement|Resources):/m, "it is YAML"],
  [/^</, "it is XML or HTML"],
  [/(^|[\s,{[])(\/\/|\/\*)/, "JSON has no comments"],
  [/,\s*[}\]]/, "a comma stands before a closing bracket"],
  [/^\{/, "a bracket, a quote or a comma is missing, or the text is cut off"],
];

function otherNotation(text: string): string {
  const found = notations.find(([pattern]) => pattern.test(text));
  return found === undefined ? "" : `: ${found[1]}`;
}

function readStatement(value: unknown): TrustStatement {
  if (!v.is(objectSchema, value) || Array.isArray(value)) {
    return {
      sid: undefined,
      effect: undefined,
      principal: undefined,
      isNotPrincipal: false,
      actions: [],
      isNotAction: false,
      conditions: [],
      problems: [`the statement is ${shownValue(value, 80)}, and not a table`],
    };
  }
  const { Sid: sid, Effect: effect, Principal: principal, NotPrincipal: notPrincipal } = value;
  const { Action: action, NotAction: notAction, Condition: condition } = value;
  const problems: string[] = [];
  for (const member of Object.keys(value).filter((one) => !statementMembers.includes(one))) {
    problems.push(
      member === "Resource" || member === "NotResource"
        ? `a trust policy has no ${member}: is this a policy of permissions?`
        : unknownMember(member, statementMembers),
    );
  }
  if (effect !== "Allow" && effect !== "Deny") {
    problems.push(
      effect === undefined ? "Effect is missing" : `Effect is ${shownValue(effect, 40)}: AWS knows Allow and Deny`,
    );
  }
  if ((principal === undefined) === (notPrincipal === undefined)) {
    problems.push(principal === undefined ? "Principal is missing" : "Principal and NotPrincipal exclude each other");
  }
  if ((action === undefined) === (notAction === undefined)) {
    problems.push(action === undefined ? "Action is missing" : "Action and NotAction exclude each other");
  }
  if (sid !== undefined && typeof sid !== "string") {
    problems.push(`Sid is ${shownValue(sid, 40)}, and not a text`);
  }
  return {
    sid: typeof sid === "string" ? sid : undefined,
    effect: effect === "Allow" || effect === "Deny" ? effect : undefined,
    principal: readPrincipal(principal ?? notPrincipal, problems),
    isNotPrincipal: principal === undefined && notPrincipal !== undefined,
    actions: readTexts(action ?? notAction ?? [], "Action", problems),
    isNotAction: action === undefined && notAction !== undefined,
    conditions: readConditions(condition, problems),
    problems,
  };
}

function readPrincipal(value: unknown, problems: string[]): TrustPrincipal | undefined {
  if (value === undefined || value === "*") {
    return value;
  }
  if (!v.is(objectSchema, value) || Array.isArray(value)) {
    problems.push(`Principal is ${shownValue(value, 80)}: write { "Federated": "ARN" }`);
    return undefined;
  }
  const kinds = ["Federated", "AWS", "Service", "CanonicalUser"];
  return new Map(
    Object.entries(value).map(([kind, names]) => {
      if (!kinds.includes(kind)) {
        problems.push(unknownMember(kind, kinds));
      }
      return [kind, readTexts(names, `Principal.${shownName(kind)}`, problems)];
    }),
  );
}

function readConditions(value: unknown, problems: string[]): readonly TrustCondition[] {
  if (value === undefined) {
    return [];
  }
  if (!v.is(objectSchema, value) || Array.isArray(value)) {
    problems.push(`Condition is ${shownValue(value, 80)}, and not a table`);
    return [];
  }
  return Object.entries(value).flatMap(([operator, keys]) => {
    if (!v.is(objectSchema, keys) || Array.isArray(keys)) {
      problems.push(`${shownName(operator)} is ${shownValue(keys, 80)}, and not a table of keys`);
      return [];
    }
    return Object.entries(keys).map(([key, wanted]) => ({
      operator,
      key,
      wanted: readTexts(wanted, shownName(key, 160), problems),
    }));
  });
}

function readTexts(value: unknown, name: string, problems: string[]): readonly string[] {
  return [value].flat().flatMap((one) => {
    if (typeof one === "string") {
      return [one];
    }
    if (typeof one === "number" || typeof one === "boolean") {
      return [String(one)];
    }
    problems.push(`${name} has ${shownValue(one, 80)} where a text belongs`);
    return [];
  });
}

function unknownMember(member: string, known: readonly string[]): string {
  const meant = known.find((one) => one.toLowerCase() === member.toLowerCase().replace(/s$/, ""));
  return `AWS knows no ${shownName(member)} here${meant === undefined ? "" : `: it is written ${meant}`}`;
}

function unreadable(name: string, what: string, hint?: string): TegataError {
  return new TegataError("usage_invalid", `${name} ${what}`, { hint });
}
