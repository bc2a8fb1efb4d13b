import { shownName } from "@tegata/core";
import { missingControls, providersIn } from "./provider-controls.ts";
import type { TrustPolicy, TrustStatement } from "./read-policy.ts";
import { accountOf, type TrustRequest } from "./request-context.ts";

/** What a person should know of a policy besides its verdict. */
export interface PolicyWarning {
  readonly id:
    | "identity-provider-control"
    | "everyone"
    | "open"
    | "opens-when-absent"
    | "too-long"
    | "account-not-compared"
    | "old-version"
    | "duplicate-member";
  /** A sentence for a person, without a full stop. */
  readonly message: string;
  /** From 0; left out where it is about the whole policy. */
  readonly statement?: number;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const maxTrustPolicyCharacters = 2048;

/** Dangers, and what AWS would say if the policy were written today. */
export function findWarnings(policy: TrustPolicy, { provider, context }: TrustRequest): readonly PolicyWarning[] {
  const { statements, version, characters, duplicates } = policy;
  const hasVariables = statements.some(({ conditions }) =>
    conditions.some(({ wanted }) => wanted.some((value) => value.includes("${"))),
  );
  const namesProviders = statements.some((statement) => providersIn(statement).length > 0);
  return [
    ...missingControls(policy).map(({ index, message }) => warning("identity-provider-control", message, index)),
    ...statements.flatMap((statement, index) =>
      statement.effect === "Allow" ? warningsOf(statement).map(([id, message]) => warning(id, message, index)) : [],
    ),
    ...duplicates.map((member) =>
      warning(
        "duplicate-member",
        `${shownName(member, 160)} stands twice in one table: the last one is judged here, and AWS may refuse the policy`,
      ),
    ),
    ...(version !== "2012-10-17" && hasVariables
      ? [warning("old-version", '${…} is plain text in a policy without "Version": "2012-10-17"')]
      : []),
    ...(characters > maxTrustPolicyCharacters
      ? [
          warning(
            "too-long",
            `the policy has ${characters} characters without blanks, and AWS stores ${maxTrustPolicyCharacters} unless the account's quota is raised`,
          ),
        ]
      : []),
    ...(namesProviders && provider.builtIn === undefined && accountOf(context).account === undefined
      ? [
          warning(
            "account-not-compared",
            "the role is not known here, so that the account of the provider was not compared",
          ),
        ]
      : []),
  ];
}

function warningsOf(statement: TrustStatement): readonly (readonly [PolicyWarning["id"], string])[] {
  const { principal, conditions } = statement;
  const isEveryone = principal === "*" || (principal?.get("Federated")?.includes("*") ?? false);
  // A slash too few, in Principal or in the key, is told elsewhere.
  const names = providersIn(statement).map((name) => name.toLowerCase().replace(/\/$/, ""));
  const isOfProvider = (key: string): boolean =>
    names.some((name) => [":", "/:"].some((end) => key.toLowerCase().startsWith(`${name}${end}`)));
  const opening = conditions.find(
    ({ operator, key }) => /^ForAllValues:|IfExists$/.test(operator) && /:(sub|aud|oaud)$/i.test(key),
  );
  return [
    ...(isEveryone ? ([["everyone", "Principal is everyone: name the provider"]] as const) : []),
    ...(names.length > 0 && !isEveryone && !conditions.some(({ key }) => isOfProvider(key))
      ? ([
          ["open", "no condition is about the token: everyone who can sign in at the provider may assume the role"],
        ] as const)
      : []),
    ...(opening === undefined
      ? []
      : ([
          [
            "opens-when-absent",
            `${shownName(opening.operator)} on ${shownName(opening.key, 160)} holds for a token that lacks it, too: use StringEquals or StringLike`,
          ],
        ] as const)),
  ];
}

function warning(id: PolicyWarning["id"], message: string, statement?: number): PolicyWarning {
  return statement === undefined ? { id, message } : { id, message, statement };
}
