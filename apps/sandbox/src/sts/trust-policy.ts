type StringOrList = string | readonly string[];

/** Conditions by operator, then by key such as `127.0.0.1:8080/:aud`. Operators other than these two are refused. */
export type TrustConditions = Readonly<
  Partial<Record<"StringEquals" | "StringLike", Readonly<Record<string, StringOrList>>>>
>;

/** One statement of a role's trust policy. */
export interface TrustStatement {
  Effect: "Allow" | "Deny";
  /** ARN of the OIDC provider in IAM, or `*` at an S3-compatible store; or the ARN of a role, a session or an account. */
  Principal: { Federated: StringOrList } | { AWS: StringOrList };
  Action: StringOrList;
  Condition?: TrustConditions;
}

/** A role's trust policy document. */
export interface TrustPolicy {
  Version: "2012-10-17";
  Statement: readonly TrustStatement[];
}

/** What a trust policy is evaluated against. */
interface TrustRequest {
  action: string;
  /** Who asks, by every name that a policy may have: the OIDC provider, or a role with its session and account. */
  principals: { kind: "Federated" | "AWS"; names: readonly string[] };
  /** Condition keys with their values, for example `HOST/:sub`, `sts:ExternalId`. */
  context: ReadonlyMap<string, readonly string[]>;
}

/** An issuer as condition keys and provider ARNs spell it: without the scheme, a trailing slash kept. */
export function providerName(issuer: string): string {
  return issuer.replace(/^https?:\/\//, "");
}

/** ARN of an OIDC provider in IAM. */
export function providerArn(accountId: string, issuer: string): string {
  return `arn:aws:iam::${accountId}:oidc-provider/${providerName(issuer)}`;
}

/** Whether a trust policy lets the request through: at least one Allow, no Deny. */
export function isTrusted(policy: TrustPolicy, request: TrustRequest): boolean {
  const matching = policy.Statement.filter((statement) => applies(statement, request));
  return matching.length > 0 && matching.every(({ Effect }) => Effect === "Allow");
}

function applies({ Principal, Action, Condition = {} }: TrustStatement, request: TrustRequest): boolean {
  const { kind, names } = request.principals;
  const meant =
    "Federated" in Principal
      ? { kind: "Federated", names: Principal.Federated }
      : { kind: "AWS", names: Principal.AWS };
  const named = meant.kind === kind && list(meant.names).some((name) => name === "*" || names.includes(name));
  const acts = list(Action).some((pattern) => isLike(request.action, pattern));
  const holds = Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const values = request.context.get(key) ?? [];
      return values.some((value) =>
        list(wanted).some((one) => (operator === "StringLike" ? isLike(value, one) : value === one)),
      );
    }),
  );
  return named && acts && holds;
}

function list(value: StringOrList): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** IAM's `*` and `?`, case-sensitive. */
function isLike(value: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(value);
}
