import type { TokenClaims, TrustContext } from "../src/index.ts";

export const account = "123456789012";
export const role = `arn:aws:iam::${account}:role/Deploy`;

export const context: TrustContext = {
  roleArn: role,
  roleSessionName: "ann@example.com",
  region: "eu-central-1",
  now: new Date("2026-11-29T12:00:00Z"),
};

const now = Date.parse("2026-11-29T12:00:00Z") / 1000;

/** A person's token of an Auth0 tenant, whose issuer ends with a slash. */
export const person: TokenClaims = {
  iss: "https://acme.eu.auth0.com/",
  sub: "auth0|5f7c8ec7c33c6c004bbafe82",
  aud: "8TZ4client",
  email: "ann@example.com",
  amr: ["mfa", "otp"],
  iat: now - 60,
  exp: now + 3600,
};

/** A job of GitHub Actions on the branch main. */
export const job: TokenClaims = {
  iss: "https://token.actions.githubusercontent.com",
  sub: "repo:acme/site:ref:refs/heads/main",
  aud: "sts.amazonaws.com",
  repository: "acme/site",
  repository_id: "74",
  repository_owner: "acme",
  repository_owner_id: "65",
  ref: "refs/heads/main",
  workflow: "deploy",
  actor: "ann",
  event_name: "push",
  job_workflow_ref: "acme/site/.github/workflows/deploy.yml@refs/heads/main",
  runner_environment: "github-hosted",
  iat: now - 10,
  exp: now + 300,
};

export const auth0 = "acme.eu.auth0.com/";
export const github = "token.actions.githubusercontent.com";

export function providerArn(name: string, of = account, partition = "aws"): string {
  return `arn:${partition}:iam::${of}:oidc-provider/${name}`;
}

type Json = Readonly<Record<string, unknown>>;

/** An Allow statement for a provider; what is given replaces its members. */
export function allow(name: string, condition?: Json, members: Json = {}): Json {
  return {
    Effect: "Allow",
    Principal: { Federated: providerArn(name) },
    Action: "sts:AssumeRoleWithWebIdentity",
    ...(condition === undefined ? {} : { Condition: condition }),
    ...members,
  };
}

export function policyOf(...statements: readonly Json[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** A policy of one condition. */
export function when(name: string, operator: string, key: string, wanted: unknown): string {
  return policyOf(allow(name, { [operator]: { [key]: wanted } }));
}
