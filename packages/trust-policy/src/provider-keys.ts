/** A condition key that AWS fills from a claim of a provider's tokens. */
export interface ProviderKey {
  /** Behind the colon: `repository`. */
  readonly name: string;
  /** The claim that fills it; `undefined` where AWS does not say which does. */
  readonly claim: string | undefined;
}

/** A provider of whose tokens AWS knows more than `aud`, `sub` and `amr`. */
export interface KnownProvider {
  /** How people call it. */
  readonly title: string;
  /** Fits the issuer without `https://`. */
  readonly name: RegExp;
  readonly keys: readonly ProviderKey[];
}

const gitHubKeys = ownClaims(
  "actor actor_id enterprise_id environment job_workflow_ref ref repository repository_id repository_owner_id workflow",
);

/**
 * Providers with keys of their own, besides those that every provider has. A test holds these to AWS's list.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
export const knownProviders: readonly KnownProvider[] = [
  {
    title: "GitHub Actions",
    name: /^(?:token\.actions\.githubusercontent\.com(?:\/[^:]+)?|token\.actions\.[^./:]+\.ghe\.com|github\.com\/enterprises\/[^:]+)$/i,
    keys: gitHubKeys,
  },
  {
    title: "GitLab.com",
    name: /^gitlab\.com$/i,
    keys: ownClaims(
      "namespace_id project_id user_id user_login user_email user_access_level ref_protected pipeline_source runner_environment",
    ),
  },
  {
    title: "Buildkite",
    name: /^agent\.(?:buildkite\.com|[^./:]+\.buildkite\.(?:dev|site))$/i,
    keys: ownClaims("organization_slug organization_id pipeline_slug pipeline_id cluster_name cluster_id build_branch"),
  },
  { title: "CircleCI", name: /^oidc\.circleci\.com\/org\/[^:]+$/i, keys: ownClaims("oidc.circleci.com/project-id") },
  {
    title: "Google",
    name: /^accounts\.google\.com$/i,
    keys: [{ name: "google/organization_number", claim: undefined }],
  },
  { title: "Oracle Cloud", name: /^idcs-[^./:]+\.identity\.oraclecloud\.com$/i, keys: ownClaims("rpst_id") },
  {
    title: "Login with Amazon",
    name: /^www\.amazon\.com$/i,
    keys: [
      { name: "app_id", claim: undefined },
      { name: "user_id", claim: undefined },
    ],
  },
  {
    title: "Facebook",
    name: /^graph\.facebook\.com$/i,
    keys: [
      { name: "app_id", claim: undefined },
      { name: "id", claim: undefined },
    ],
  },
];

/** The keys that AWS fills for every provider. */
export const commonKeys: readonly string[] = ["aud", "oaud", "sub", "amr", "email"];

/** @param name the issuer without `https://` */
export function knownProvider(name: string): KnownProvider | undefined {
  return knownProviders.find((provider) => provider.name.test(name));
}

function ownClaims(names: string): readonly ProviderKey[] {
  return names.split(" ").map((name) => ({ name, claim: name }));
}
