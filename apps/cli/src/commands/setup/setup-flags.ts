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

const text = (description: string, choices?: readonly string[], defaultText?: string): FlagDefinition => ({
  kind: "text",
  choices,
  defaultText,
  description,
});
const list = (description: string): FlagDefinition => ({ ...text(description), kind: "list" });
const toggle = (description: string): FlagDefinition => ({ ...text(description), kind: "boolean" });

/** Which people, in a trust policy. */
const flagsOfPeople = {
  person: list("who may take the role: an e-mail address or a subject; once for each person"),
  group: list("a group that may take the role; once for each group"),
  "group-claim": text("the claim with the groups, a list", ["amr"]),
  "group-tag": text("the session tag with the group", undefined, "Group"),
  everyone: toggle("let everybody in who can sign in at the client"),
} as const;

/** Which jobs, besides settings such as `issuer`. */
const flagsOfJobs = {
  repository: text("the repository, project or pipeline: acme/site"),
  ref: text("the branch, or refs/tags/NAME; * stands for any text"),
  environment: text("the environment, instead of a branch"),
  "organization-id": text("the id of the organization or workspace"),
  "repository-id": text("the id of the repository or project"),
  "service-connection": text("azure-devops: the service connection, instead of a pipeline"),
  "run-phase": text("hcp-terraform: the phase of a run", ["plan", "apply"]),
  subject: text("other: the sub of the token"),
} as const;

const flagsOfIam = {
  ci: text("let jobs of this platform in, not people", platforms),
  ...flagsOfJobs,
  "aws-account": list("an account to set up, twelve digits; once for each account"),
  "role-name": text("the name of the role", undefined, "that of the role ARN"),
  "policy-arn": list("a managed policy of the role: its ARN, or a name of AWS's own; once for each policy"),
  "existing-provider": toggle("use the provider that IAM has already"),
  "token-tags": toggle("the tokens have session tags"),
  "token-source-identity": toggle("the tokens have a source identity"),
} as const;

/** Every flag of its own, by its name without dashes. */
export const setupFlags = {
  ...flagsOfIam,
  ...flagsOfPeople,
  "client-name": text("what the client is called at the provider", undefined, "tegata"),
} as const satisfies Readonly<Record<string, FlagDefinition>>;

/** Flags of `setup` that only the IAM side has a meaning for. */
export const iamFlags: readonly string[] = [...Object.keys(flagsOfIam), "person", "everyone"];

/** Flags of `setup` that only `--ci` has a meaning for. */
export const jobFlags: readonly string[] = [...Object.keys(flagsOfJobs), "service-account"];
