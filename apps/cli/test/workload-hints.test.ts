import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { expectClean, expectRefusal } from "./support/refusal.ts";
import {
  respondAsGithub,
  createWorkloadWorld,
  deployer,
  githubJob,
  type WorkloadWorld,
} from "./support/workload-world.ts";

type Env = Readonly<Record<string, string>>;

const audiences = ["sts.amazonaws.com", "aws.workload.identity", "acme"];
let runner: WorkloadWorld;
beforeAll(async () => {
  runner = await createWorkloadWorld({ issuerPath: "/api/actions", audiences });
});
afterAll(() => runner.close());

const roleArn = ["--role-arn", deployer];
const token = (claims: Env = {}) => runner.tokenServer.signToken(claims);
const tokenAs =
  (member: string, status = 200) =>
  async () => ({ status, body: JSON.stringify({ [member]: await token() }) });

/** Takes the flags out of a hint, as a person does who pastes them, and runs the command with them. */
async function followHint(args: readonly string[], env: Env) {
  const refused = await runner.run(["credential-process", ...args], env);
  expect(refused.stdout).toBe("");
  expect(refused.status).not.toBe(0);
  expectClean(refused.stderr, runner.world);
  const [, hint = ""] = /^tegata: hint: (.*)$/m.exec(refused.stderr) ?? [];
  const [, flag = "", value = ""] = /(?:^|, or |, )pass (--[a-z-]+) (\S+)/.exec(hint) ?? [];
  expect(flag, `a flag to paste in: ${refused.stderr}`).not.toBe("");
  const at = args.indexOf(flag);
  const others = at === -1 ? args : args.toSpliced(at, 2);
  const followed = await runner.run(["credential-process", ...others, flag, value], env);
  expect(followed).toMatchObject({ status: 0, stderr: "" });
  credentialProcessOutput(followed);
  return { flag, value };
}

describe("the hint to a token of another issuer", () => {
  it("names it, and helps: an issuer without a client id means the workload", async () => {
    respondAsGithub(runner.tokenServer);
    const forgejo = githubJob(runner.tokenServer, "forgejo");
    expect(await followHint(roleArn, forgejo)).toEqual({ flag: "--issuer", value: runner.tokenServer.issuer });
  });

  it.each<[platform: string, env: () => Promise<Env>]>([
    [
      "Terraform Enterprise",
      async () => ({ TFC_RUN_ID: "1", TFC_WORKLOAD_IDENTITY_TOKEN: await token({ aud: "aws.workload.identity" }) }),
    ],
    [
      "a GitLab of one's own with another issuer",
      async () => ({
        GITLAB_CI: "true",
        CI_SERVER_URL: "https://gitlab.example.com",
        GITLAB_OIDC_TOKEN: await token(),
      }),
    ],
    ["a CircleCI server", async () => ({ CIRCLECI: "true", CIRCLE_OIDC_TOKEN_V2: await token({ aud: "acme" }) })],
    ["Bitbucket", async () => ({ BITBUCKET_BUILD_NUMBER: "1", BITBUCKET_STEP_OIDC_TOKEN: await token() })],
    ["Vercel", async () => ({ VERCEL: "1", VERCEL_OIDC_TOKEN: await token() })],
    [
      "Azure Pipelines",
      async () => {
        runner.tokenServer.respond = tokenAs("oidcToken");
        return {
          TF_BUILD: "True",
          SYSTEM_OIDCREQUESTURI: `${runner.tokenServer.origin}/oidc`,
          SYSTEM_ACCESSTOKEN: "access",
        };
      },
    ],
    [
      "Buildkite",
      async () => {
        runner.tokenServer.respond = tokenAs("token", 201);
        return {
          BUILDKITE: "true",
          BUILDKITE_JOB_ID: "1",
          BUILDKITE_AGENT_ENDPOINT: `${runner.tokenServer.origin}/v3`,
          BUILDKITE_AGENT_ACCESS_TOKEN: "access",
        };
      },
    ],
  ])("helps in %s", async (_platform, env) => {
    expect((await followHint(roleArn, await env())).flag).toBe("--issuer");
  });

  it("helps as a variable and in a profile", async () => {
    respondAsGithub(runner.tokenServer);
    const job = githubJob(runner.tokenServer, "variable");
    const byVariable = await runner.run(["credential-process", ...roleArn], {
      ...job,
      TEGATA_ISSUER: runner.tokenServer.issuer,
    });
    expect(byVariable).toMatchObject({ status: 0, stderr: "" });
    await runner.world.writeSettings(
      `[profile.ci]\nissuer = "${runner.tokenServer.issuer}"\nrole_arn = "${deployer}"\n`,
    );
    const inProfile = await runner.run(["credential-process", "ci"], githubJob(runner.tokenServer, "profile"));
    expect(inProfile).toMatchObject({ status: 0, stderr: "" });
    await runner.world.writeSettings("");
  });
});

describe("the hint to a token for another audience", () => {
  it.each<[what: string, args: () => Promise<readonly string[]>, env: () => Promise<Env>]>([
    [
      "in a file",
      async () => ["--token-file", await runner.write("other", await token({ aud: "acme" }))],
      async () => ({}),
    ],
    [
      "in a variable",
      async () => ["--token-variable", "MY_TOKEN"],
      async () => ({ MY_TOKEN: await token({ aud: "acme" }) }),
    ],
    [
      "of a GitLab job that has several",
      async () => [],
      async () => ({
        GITLAB_CI: "true",
        CI_SERVER_URL: runner.tokenServer.issuer,
        GITLAB_OIDC_TOKEN: await token({ aud: "acme" }),
        VAULT_ID_TOKEN: await token({ aud: "vault" }),
      }),
    ],
    [
      "of a pod",
      async () => [],
      async () => ({ AWS_WEB_IDENTITY_TOKEN_FILE: await runner.write("pod", await token({ aud: "acme" })) }),
    ],
  ])("names it, and helps: %s", async (_what, args, env) => {
    const wrong = [...(await args()), "--audience", "sts.amazonaws.com", ...roleArn];
    expect(await followHint(wrong, await env())).toEqual({ flag: "--audience", value: "acme" });
  });
});

it("the hint to a token whose name is somebody else's names the variable, and helps", async () => {
  const env = {
    GITLAB_CI: "true",
    CI_SERVER_URL: runner.tokenServer.issuer,
    CI_JOB_ID: "named",
    VAULT_ID_TOKEN: await token(),
  };
  expect(await followHint(roleArn, env)).toEqual({ flag: "--token-variable", value: "VAULT_ID_TOKEN" });
});

describe("an issuer without a client id", () => {
  it("means the workload in a job that lacks a token, and what is missing there is said", async () => {
    const job = { ...githubJob(runner.tokenServer), ACTIONS_ID_TOKEN_REQUEST_URL: "" };
    const ended = await runner.run(["env", "--issuer", runner.tokenServer.issuer, ...roleArn], job);
    expectRefusal(ended, { status: 3, error: "may not ask for an ID token", hint: "id-token: write" }, runner.world);
  });

  it("means a person's sign-in where there is no token, and the client id is asked for", async () => {
    const ended = await runner.run(["env", "--issuer", runner.tokenServer.issuer, ...roleArn]);
    expectRefusal(ended, { status: 3, error: "oidc lacks client_id", hint: "--client-id" }, runner.world);
  });

  it("means a person's sign-in in a job, too, where a client id stands beside it", async () => {
    const person = ["--issuer", runner.tokenServer.issuer, "--client-id", "x", "--prompt", "never"];
    const ended = await runner.run(["env", ...person, ...roleArn], githubJob(runner.tokenServer, "client"));
    expect(ended).toMatchObject({ status: 4, stdout: "false\n" });
  });
});
