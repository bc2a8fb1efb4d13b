import type { Text, Unknown } from "../text/tree.ts";
import type { Trust } from "./trust-policy.ts";

/** The issuer, as IAM is to know it. */
export interface IamProvider {
  /** Exactly as tokens have it: path, case and last slash count. */
  readonly issuer: string;
  /** `built-in`: IAM knows it by its name, and has no provider for it. */
  readonly kind: "new" | "existing" | "built-in";
  /** For whom the tokens are. */
  readonly clientIds: readonly [Text, ...Text[]];
}

/** What the IAM side is to be: every target prints the same. */
export interface IamSide {
  readonly provider: IamProvider;
  readonly trust: Trust;
  /** What a person should know of the trust policy, each in one line. */
  readonly notes: readonly string[];
  readonly role: {
    readonly name: string;
    /** With a slash at both ends; `/` where there is none. */
    readonly path: string;
    /** 3600 to 43200. */
    readonly maxSessionSeconds: number;
    readonly policyArns: readonly string[] | Unknown;
  };
  /** Of the accounts: `aws`, where nothing says another one. */
  readonly partition: string;
  /** Twelve digits each. None: the account of the credentials with which it is applied. */
  readonly accounts: readonly string[];
}

/** What nobody has said. */
export function unknownsOf({ provider, role }: IamSide): readonly Unknown[] {
  return [...provider.clientIds, role.policyArns].filter(
    (value): value is Unknown => typeof value === "object" && "kind" in value,
  );
}

/** An issuer as ARNs and condition keys have it: without `https://`. */
export function hostAndPath(issuer: string): string {
  return issuer.replace(/^https:\/\//, "");
}

/** The managed policies of a role whose permissions nobody has named. */
export const unknownPolicyArns: Unknown = {
  kind: "unknown",
  name: "policy_arns",
  about: "ARNs of the managed policies that say what the role may do, such as arn:aws:iam::aws:policy/ReadOnlyAccess",
  isList: true,
};

/** The client that the provider's side makes. */
export const unknownClientId: Unknown = {
  kind: "unknown",
  name: "client_id",
  about: "client id of the public client at the identity provider, which is the aud of its ID tokens",
};
