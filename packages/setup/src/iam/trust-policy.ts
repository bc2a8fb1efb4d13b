import { hint, TegataError } from "@tegata/core";
import { printTree, type Text, type Tree, TreeMap, map } from "../text/tree.ts";
import { json } from "../text/json.ts";

/** Values of a key of a token, as a condition has them. */
export interface Condition {
  readonly operator: "StringEquals" | "StringLike" | "ForAnyValue:StringEquals";
  /** `token.actions.githubusercontent.com:sub`. */
  readonly key: string;
  /** One of them must be it: as a policy has them, `literal` and `pattern` make them. */
  readonly values: readonly [Text, ...Text[]];
}

/** Whom one statement lets in: all of its conditions hold. */
export interface TrustStatement {
  /** Letters and digits. */
  readonly sid: string;
  readonly conditions: readonly Condition[];
}

/** What a role trusts. */
export interface Trust {
  readonly statements: readonly TrustStatement[];
  /** The token has session tags (`https://aws.amazon.com/tags`): without `sts:TagSession` it is refused as a whole. */
  readonly hasTags: boolean;
  /** The token has a source identity: the same with `sts:SetSourceIdentity`. */
  readonly hasSourceIdentity: boolean;
}

/** AWS's limit for the policy of a role, in characters without blanks. */
const maxCharacters = 2048;

/** The longest ARN prefix of a provider: the partitions' names have up to ten characters. */
const arnCharacters = "arn:aws-us-gov:iam::123456789012:oidc-provider/".length;

/**
 * The trust policy as a tree.
 *
 * @param provider the ARN of the provider, or the name of one that IAM knows by itself
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
 */
export function trustPolicyOf({ statements, hasTags, hasSourceIdentity }: Trust, provider: Tree): TreeMap {
  const actions = [
    "sts:AssumeRoleWithWebIdentity",
    ...(hasTags ? ["sts:TagSession"] : []),
    ...(hasSourceIdentity ? ["sts:SetSourceIdentity"] : []),
  ];
  return map({
    Version: "2012-10-17",
    Statement: statements.map(({ sid, conditions }) =>
      map({
        Sid: sid,
        Effect: "Allow",
        Principal: map({ Federated: provider }),
        Action: actions.length === 1 ? "sts:AssumeRoleWithWebIdentity" : actions,
        Condition: conditionsOf(conditions),
      }),
    ),
  });
}

/** @throws TegataError `usage_invalid` for a policy that IAM would refuse for its length */
export function refuseLongPolicy(trust: Trust, issuer: string): void {
  const policy = printTree(trustPolicyOf(trust, "x".repeat(arnCharacters + issuer.length)), json);
  const { length } = JSON.stringify(JSON.parse(policy));
  if (length > maxCharacters) {
    throw new TegataError(
      "usage_invalid",
      `the trust policy would have ${length} characters, and IAM takes at most ${maxCharacters}`,
      { hint: hint`name fewer, or a group of them` },
    );
  }
}

/** A text that is to be met exactly. `${` would begin a variable of the policy. */
export function literal(text: string): string {
  return text.replaceAll("${", "${$}{");
}

/** The same for `StringLike`, which knows `*` and `?` as well. */
export function pattern(text: string): string {
  return text.replace(/[*?]|\$(?=\{)/g, (character) => `\${${character}}`);
}

/** By operator, then by key. */
function conditionsOf(conditions: readonly Condition[]): TreeMap {
  const operators = [...new Set(conditions.map(({ operator }) => operator))];
  return new TreeMap(
    operators.map((operator) => [
      operator,
      new TreeMap(
        conditions
          .filter((condition) => condition.operator === operator)
          .map(({ key, values }) => [key, values.length === 1 ? values[0] : values]),
      ),
    ]),
  );
}
