import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { need } from "./support/needs.ts";
import { type Running, start } from "./support/run.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
let server: Running | undefined;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  server?.child.kill();
  await server?.ended;
  await world.close();
});

const account = "123456789012";

/** An IAM on loopback with nothing in it, for real clients of AWS. */
async function startIam(context: TestContext) {
  const program = need("moto_server", context);
  need("aws", context);
  server ??= start([program, "-H", "127.0.0.1", "-p", "0"], {
    cwd: world.folder,
    env: { ...world.env, HOME: process.env["HOME"] ?? "", MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
    limitSeconds: 600,
  });
  const [, endpoint = ""] = await server.stderrMatching(/Running on (http:\/\/127\.0\.0\.1:\d+)/);
  await fetch(`${endpoint}/moto-api/reset`, { method: "POST" });
  const env = {
    ...world.env,
    HOME: process.env["HOME"] ?? "",
    AWS_CONFIG_FILE: join(world.folder, "none"),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "administrator",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_PAGER: "",
    TMPDIR: world.folder,
  };
  return {
    sh: (script: string, more: Readonly<Record<string, string>> = {}) =>
      run(["sh", "-c", script], { cwd: world.folder, env: { ...env, ...more }, limitSeconds: 60 }),
    aws: async (...args: readonly string[]): Promise<unknown> => {
      const ended = await run(["aws", ...args, "--output", "json"], { cwd: world.folder, env, limitSeconds: 60 });
      expect(ended).toMatchObject({ status: 0 });
      return JSON.parse(ended.stdout || "null");
    },
  };
}

async function printed(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await world.run(["setup", ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const jobs = ["--ci", "github", "--repository", "acme/site", "--ref", "main"];
const ofJobs = ["--role-arn", `arn:aws:iam::${account}:role/ci/Deploy`, "--policy-arn", "ReadOnlyAccess"];
const roleSchema = v.object({
  Role: v.object({ Path: v.string(), MaxSessionDuration: v.number(), AssumeRolePolicyDocument: v.unknown() }),
});

describe("what tegata setup prints, applied", { timeout: 240_000 }, () => {
  it("by the AWS CLI makes provider and role with the policy, takes a provider that is there, and stops at a role that is", async (context) => {
    const { sh, aws } = await startIam(context);
    const script = await printed("aws-cli", ...jobs, ...ofJobs, "--duration", "2h");
    const first = await sh(script);
    expect(first).toMatchObject({ status: 0, stdout: `arn:aws:iam::${account}:role/ci/Deploy\n` });
    const provider = `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`;
    const { Role } = v.parse(roleSchema, await aws("iam", "get-role", "--role-name", "Deploy"));
    expect(Role).toEqual({
      Path: "/ci/",
      MaxSessionDuration: 7200,
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "Jobs",
            Effect: "Allow",
            Principal: { Federated: provider },
            Action: "sts:AssumeRoleWithWebIdentity",
            Condition: {
              StringEquals: {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": "repo:acme/site:ref:refs/heads/main",
              },
            },
          },
        ],
      },
    });
    expect(await aws("iam", "list-attached-role-policies", "--role-name", "Deploy")).toMatchObject({
      AttachedPolicies: [{ PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }],
    });
    // Again: the role is not written over.
    const again = await sh(script);
    expect(again.status).not.toBe(0);
    expect(again.stderr).toContain("EntityAlreadyExists");
    // A second role of the same issuer, with another audience, which an old AWS CLI would fetch as a URL.
    const other = await printed(
      "aws-cli",
      ...jobs,
      "--audience",
      "https://aws.example.com/x",
      "--policy-arn",
      "ReadOnlyAccess",
    );
    // This IAM has no such operation: what it is asked for is looked at.
    const real = need("aws", context);
    await writeFile(
      join(world.folder, "aws"),
      `#!/bin/sh\ncase "$2" in add-client-id*) cat "\${4#file://}"; exit ;; esac\nexec ${real} "$@"\n`,
      { mode: 0o755 },
    );
    const { status, stdout, stderr } = await sh(other, { PATH: `${world.folder}:${world.env["PATH"]}` });
    const [added = "null"] = /^\{[^]*?^\}/m.exec(stdout) ?? [];
    expect({ status, stderr, added: JSON.parse(added) as unknown }).toEqual({
      status: 0,
      stderr: "",
      added: { OpenIDConnectProviderArn: provider, ClientID: "https://aws.example.com/x" },
    });
    expect(await aws("iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", provider)).toMatchObject({
      Url: "token.actions.githubusercontent.com",
      ClientIDList: ["sts.amazonaws.com"],
    });
  });

  it("by the AWS CLI asks for what nobody said, and makes an issuer with its slash and values with signs of the shell", async (context) => {
    const { sh, aws } = await startIam(context);
    const issuer = ["--domain", "acme.eu.auth0.com"];
    const script = await printed("aws-cli", ...issuer, "--person", "auth0|$(id)`id`'\"\\");
    const asked = await sh(script);
    expect({ hasFailed: asked.status !== 0, stdout: asked.stdout }).toEqual({ hasFailed: true, stdout: "" });
    expect(asked.stderr).toContain("client id of the public client");
    const ended = await sh(script, {
      CLIENT_ID: "8TZ4",
      POLICY_ARNS: "arn:aws:iam::aws:policy/ReadOnlyAccess arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
    });
    expect(ended).toMatchObject({ status: 0 });
    const { Role } = v.parse(roleSchema, await aws("iam", "get-role", "--role-name", "tegata"));
    expect(Role.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/acme.eu.auth0.com/` },
          Condition: {
            StringEquals: { "acme.eu.auth0.com/:aud": "8TZ4", "acme.eu.auth0.com/:sub": "auth0|$(id)`id`'\"\\" },
          },
        },
      ],
    });
    const { AttachedPolicies } = v.parse(
      v.object({ AttachedPolicies: v.array(v.unknown()) }),
      await aws("iam", "list-attached-role-policies", "--role-name", "tegata"),
    );
    expect(AttachedPolicies).toHaveLength(2);
  });

  it("by the AWS CLI stops in another account, and where the provider is not there after all", async (context) => {
    const { sh, aws } = await startIam(context);
    const elsewhere = await sh(await printed("aws-cli", ...jobs, ...ofJobs, "--aws-account", "111111111111"));
    expect(elsewhere).toMatchObject({ status: 1, stdout: "" });
    expect(elsewhere.stderr).toContain(`these are credentials of the account ${account}, which is not meant`);
    const lacking = await sh(await printed("aws-cli", ...jobs, ...ofJobs, "--existing-provider"));
    expect(lacking).toMatchObject({ status: 1, stdout: "" });
    expect(lacking.stderr).toContain("this account has no provider for https://token.actions.githubusercontent.com");
    expect(await aws("iam", "list-roles")).toEqual({ Roles: [] });
    expect(await aws("iam", "list-open-id-connect-providers")).toEqual({ OpenIDConnectProviderList: [] });
  });

  it("by CloudFormation makes the role", async (context) => {
    const { aws } = await startIam(context);
    const template = join(world.folder, "tegata.yaml");
    await writeFile(template, await printed("cloudformation", ...jobs, ...ofJobs));
    await aws(
      "cloudformation",
      "create-stack",
      "--stack-name",
      "tegata",
      "--template-body",
      `file://${template}`,
      "--capabilities",
      "CAPABILITY_NAMED_IAM",
    );
    const { Role } = v.parse(roleSchema, await aws("iam", "get-role", "--role-name", "Deploy"));
    // This CloudFormation does not know what a reference to a provider is.
    expect(Role).toMatchObject({
      Path: "/ci/",
      AssumeRolePolicyDocument: {
        Statement: [
          { Condition: { StringEquals: { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" } } },
        ],
      },
    });
  });
});
