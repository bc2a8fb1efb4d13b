import { shownName } from "@tegata/core";
import type { TrustPolicy, TrustStatement } from "./read-policy.ts";

/**
 * A provider that serves many customers by one issuer: AWS stores no trust policy for it that lacks a condition by which these are
 * told apart. Policies of before that rule stay in force.
 */
export interface ProviderControl {
  /** Fits the issuer without `https://`. */
  readonly name: RegExp;
  /** Behind the colon of the provider's key, or a key of its own (`sts:RoleSessionName`): one of them is enough. */
  readonly keys: readonly string[];
  readonly operators: readonly string[];
}

const positive = ["StringEquals", "StringLike", "StringEqualsIgnoreCase"];

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html */
export const providerControls: readonly ProviderControl[] = [
  {
    name: /^(token\.actions\.githubusercontent\.com(\/.+)?|token\.actions\.[^./:]+\.ghe\.com)$/i,
    keys: ["sub", "job_workflow_ref"],
    operators: positive,
  },
  {
    name: exactly(
      "vstoken.actions.githubusercontent.com",
      "oidc-configuration.audit-log.githubusercontent.com",
      "gitlab.com",
      "agent.buildkite.com",
      "oidc.codefresh.io",
      "studio.datachain.ai/api",
      "scalr.io",
      "tokens.cloud.shisho.dev",
      "app.terraform.io",
      "proidc.upbound.io",
      "rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7",
      "rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr",
      "rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg",
      "rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26",
      "oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb",
      "oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu",
    ),
    keys: ["sub"],
    operators: positive,
  },
  {
    name: exactly("cognito-identity.amazonaws.com", "api.pulumi.com/oidc", "sandboxes.cloud", "oidc.vercel.com"),
    keys: ["aud"],
    operators: positive,
  },
  { name: exactly("accounts.google.com"), keys: ["aud", "oaud"], operators: ["StringEquals"] },
  {
    name: exactly(
      "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d",
      "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/",
    ),
    keys: ["sts:RoleSessionName"],
    operators: positive,
  },
];

/** What AWS would say against a statement of a policy that is written today; `undefined` for one that it stores. */
export function controlOf(name: string): ProviderControl | undefined {
  return providerControls.find((control) => control.name.test(name));
}

/** Names of the providers that a statement lets in, without `https://`. */
export function providersIn({ principal }: TrustStatement): readonly string[] {
  return principal === undefined || principal === "*"
    ? []
    : (principal.get("Federated") ?? []).map((written) => written.replace(/^arn:[^:]*:iam::[^:]*:oidc-provider\//, ""));
}

/** What the policy lacks by the rule for shared providers, a sentence for each statement at fault. */
export function missingControls({
  statements,
}: TrustPolicy): readonly { readonly index: number; readonly message: string }[] {
  return statements.flatMap((statement, index) => {
    if (statement.effect !== "Allow") {
      return [];
    }
    return providersIn(statement).flatMap((name) => {
      const control = controlOf(name);
      return control === undefined || isControlled(statement, name, control)
        ? []
        : [{ index, message: demand(name, control) }];
    });
  });
}

function isControlled({ conditions }: TrustStatement, name: string, { keys, operators }: ProviderControl): boolean {
  const wanted = new Set(keys.map((key) => (key.includes(":") ? key : `${name}:${key}`).toLowerCase()));
  return conditions.some(
    (condition) =>
      operators.includes(condition.operator.replace(/^ForA(ny|ll)Values?:/, "")) &&
      wanted.has(condition.key.toLowerCase()) &&
      condition.wanted.length > 0 &&
      condition.wanted.every((value) => value.trim() !== "" && !value.startsWith("*")),
  );
}

function demand(name: string, { keys, operators }: ProviderControl): string {
  const shown = keys.map((key) => (key.includes(":") ? key : `${shownName(name, 120)}:${key}`)).join(" or ");
  return `AWS stores a new policy for this provider only with a condition (${operators.join(", ")}) on ${shown} whose value is neither empty nor begins with *`;
}

function exactly(...names: readonly string[]): RegExp {
  const escaped = names.map((name) => name.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^(?:${escaped.join("|")})$`, "i");
}
