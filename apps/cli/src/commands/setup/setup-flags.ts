import type { FlagDefinition } from "../../command.ts";

/** What `@tegata/setup` can print, which is loaded only where something is; a test holds the two lists together. */
export const setupTargetNames: readonly string[] = [
  "terraform",
  "cloudformation",
  "aws-cli",
  "cdk",
  "auth0-cli",
  "auth0-terraform",
  "okta-terraform",
  "entra-terraform",
  "entra-cli",
  "keycloak",
  "google",
];

/** The same of the platforms whose jobs it knows. */
const platforms: readonly string[] = [
  "github",
  "gitlab",
  "circleci",
  "buildkite",
  "bitbucket",
  "azure-devops",
  "vercel",
  "hcp-terraform",
  "kubernetes",
  "gcp",
  "other",
];

const text = (description: string): FlagDefinition => ({
  kind: "text",
  choices: undefined,
  defaultText: undefined,
  description,
});
const list = (description: string): FlagDefinition => ({ ...text(description), kind: "list" });
const toggle = (description: string): FlagDefinition => ({ ...text(description), kind: "boolean" });

/** Which jobs, besides the settings `issuer` and `audience`. */
const flagsOfJobs = {
  repository: text("the repository, project or pipeline of the jobs: acme/site"),
  ref: text("their branch, or refs/tags/NAME; * stands for any text"),
  environment: text("their environment; for hcp-terraform plan or apply"),
  ids: text("ids of organization and repository, with a slash between"),
  subject: text("the sub of the token, where the platform has no names"),
} as const;

const flagsOfIam = {
  ci: {
    ...text("let jobs in: github, gitlab, circleci, buildkite, kubernetes, …"),
    choices: platforms,
    hasManyChoices: true,
  },
  ...flagsOfJobs,
  "aws-account": list("an account to set up; once for each account"),
  "policy-arn": list("a managed policy of the role; once for each policy"),
  "existing-provider": toggle("use the provider that IAM has already"),
  "token-has": list("tags, source-identity: what the tokens have for AWS"),
} as const;

/** Every flag of its own, by its name without dashes: as many as its help has lines for. */
export const setupFlags: Readonly<Record<string, FlagDefinition>> = {
  person: list("let a person in: e-mail address or subject; once for each"),
  group: list("let a group in: NAME, TAG:NAME or amr:NAME; once for each"),
  everyone: toggle("let everybody in who can sign in at the client"),
  ...flagsOfIam,
  "client-name": text("what the client is called at the provider"),
};

/** Flags of `setup` that only the IAM side has a meaning for. */
export const iamFlags: readonly string[] = [...Object.keys(flagsOfIam), "person", "everyone"];

/** Flags of `setup` that only `--ci` has a meaning for. */
export const jobFlags: readonly string[] = Object.keys(flagsOfJobs);
