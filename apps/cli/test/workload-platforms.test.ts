import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectNoSecret } from "@tegata/testkit";
import type { TokenServerResponse } from "@tegata/sandbox";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { expectRefusal } from "./support/refusal.ts";
import {
  respondAsGithub,
  createWorkloadWorld,
  deployer,
  githubJob,
  type WorkloadWorld,
} from "./support/workload-world.ts";

const team = "https://vercel.com/acme";
let runner: WorkloadWorld;
beforeAll(async () => {
  runner = await createWorkloadWorld({
    issuerPath: "/_services/token",
    audiences: ["sts.amazonaws.com", "0d8b1a4e-org", "api://AzureADTokenExchange", "aws.workload.identity", team],
  });
});
afterEach(() => runner.tokenServer.clear());
afterAll(() => runner.close());

/** A run ends with credentials of the role, and says nothing else. */
async function expectCredentials(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const ended = await runner.run(["credential-process", ...args], env);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  credentialProcessOutput(ended);
}

const roleArn = ["--role-arn", deployer];
/** For platforms whose issuer is always the vendor's own. */
const ofPlatform = () => ["--idp", "workload", "--issuer", runner.tokenServer.issuer, ...roleArn];
const answers = (make: (token: string) => Exclude<TokenServerResponse, string>) => {
  runner.tokenServer.respond = async () => make(await runner.tokenServer.signToken());
};

it("tegata status says that a job needs no sign-in", async () => {
  const token = await runner.write("status-token", await runner.tokenServer.signToken());
  const args = ["--idp", "workload/file", "--token-file", token, ...roleArn];
  const ended = await runner.run(["status", ...args]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(ended.stdout).toMatch(/^ {2}sign-in {6}none needed, by workload\/file$/m);
  const { stdout } = await runner.run(["status", "--json", ...args]);
  expect(JSON.parse(stdout)).toMatchObject({ profiles: [{ idp: "workload/file", idpKind: "workload" }] });
});

describe("credentials come out of", () => {
  it("a job of GitHub Actions that sets nothing but the role", async () => {
    respondAsGithub(runner.tokenServer);
    const ended = await runner.run(["env", "--shell", "sh", ...roleArn], githubJob(runner.tokenServer));
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^export AWS_ACCESS_KEY_ID='ASIA/m);
    expect(runner.tokenServer.requests().map(({ target }) => target)).toEqual([
      "/_apis/idtoken?api-version=2.0&audience=sts.amazonaws.com",
    ]);
    await expectCredentials(["--idp", "workload/github", ...roleArn], githubJob(runner.tokenServer, "pinned"));
  });

  it.each(["node", "bun", "deno"] as const)("a job of GitHub Actions where tegata runs with %s", async (program) => {
    respondAsGithub(runner.tokenServer);
    const ended = await runner.run(["json", ...roleArn], githubJob(runner.tokenServer, program), { program });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toContain("ASIA");
  });

  it("a pod whose service account has a role", async () => {
    const AWS_WEB_IDENTITY_TOKEN_FILE = await runner.write("eks-token", await runner.tokenServer.signToken());
    await expectCredentials([], { AWS_ROLE_ARN: deployer, AWS_WEB_IDENTITY_TOKEN_FILE });
  });

  it("a pod with a projected token", async () => {
    const file = await runner.write("projected", await runner.tokenServer.signToken({ aud: ["sts.amazonaws.com"] }));
    const env = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };
    await expectCredentials(["--idp", "workload/kubernetes", "--token-file", file, ...roleArn], env);
  });

  it("a job of GitLab", async () => {
    const token = await runner.tokenServer.signToken({ aud: "sts.amazonaws.com" });
    const env = { GITLAB_CI: "true", CI_SERVER_URL: runner.tokenServer.issuer, CI_JOB_ID: "1" };
    await expectCredentials(roleArn, { ...env, GITLAB_OIDC_TOKEN: token });
    await expectCredentials(["--token-variable", "AWS_TOKEN", ...roleArn], {
      ...env,
      CI_JOB_ID: "2",
      AWS_TOKEN: token,
    });
  });

  it("a job of CircleCI, with its own token or with one for AWS", async () => {
    const env = {
      CIRCLECI: "true",
      CIRCLE_OIDC_TOKEN_V2: await runner.tokenServer.signToken({ aud: "0d8b1a4e-org" }),
    };
    await expectCredentials(ofPlatform(), env);
    const bin = await runner.program(
      "circleci",
      `[ "$*" = "run oidc get --claims {\\"aud\\":\\"sts.amazonaws.com\\"}" ] && cat ${await runner.write("obtained", await runner.tokenServer.signToken())}`,
    );
    await expectCredentials([...ofPlatform(), "--audience", "sts.amazonaws.com"], {
      ...env,
      PATH: `${bin}:/usr/bin:/bin`,
    });
  });

  it("a job of CircleCI whose command prints nothing once", async () => {
    const obtained = await runner.write("obtained-again", await runner.tokenServer.signToken());
    const mark = `${runner.world.folder}/circleci-was-asked`;
    const bin = await runner.program("circleci", `if [ -e ${mark} ]; then cat ${obtained}; else : > ${mark}; fi`);
    const env = {
      CIRCLECI: "true",
      CIRCLE_WORKFLOW_JOB_ID: "prints-nothing-once",
      CIRCLE_OIDC_TOKEN_V2: await runner.tokenServer.signToken({ aud: "0d8b1a4e-org" }),
    };
    await expectCredentials([...ofPlatform(), "--audience", "sts.amazonaws.com"], {
      ...env,
      PATH: `${bin}:/usr/bin:/bin`,
    });
  });

  it("a job of Buildkite", async () => {
    answers((token) => ({ status: 201, body: JSON.stringify({ token }) }));
    await expectCredentials(ofPlatform(), {
      BUILDKITE: "true",
      BUILDKITE_JOB_ID: "job-1",
      BUILDKITE_AGENT_ENDPOINT: `${runner.tokenServer.origin}/v3`,
      BUILDKITE_AGENT_ACCESS_TOKEN: "access",
    });
    expect(runner.tokenServer.requests()[0]?.target).toBe("/v3/jobs/job-1/oidc/tokens");
  });

  it("a step of Bitbucket Pipelines", async () => {
    const BITBUCKET_STEP_OIDC_TOKEN = await runner.tokenServer.signToken();
    await expectCredentials(ofPlatform(), { BITBUCKET_BUILD_NUMBER: "7", BITBUCKET_STEP_OIDC_TOKEN });
  });

  it("a job of Azure Pipelines", async () => {
    runner.tokenServer.respond = async () => ({
      status: 200,
      body: JSON.stringify({ oidcToken: await runner.tokenServer.signToken({ aud: "api://AzureADTokenExchange" }) }),
    });
    await expectCredentials(ofPlatform(), {
      TF_BUILD: "True",
      SYSTEM_OIDCREQUESTURI: `${runner.tokenServer.origin}/acme/oidctoken`,
      SYSTEM_ACCESSTOKEN: "access",
    });
  });

  it("a run of HCP Terraform", async () => {
    const TFC_WORKLOAD_IDENTITY_TOKEN = await runner.tokenServer.signToken({ aud: "aws.workload.identity" });
    await expectCredentials(ofPlatform(), { TFC_RUN_ID: "run-1", TFC_WORKLOAD_IDENTITY_TOKEN });
  });

  it("a build of Vercel, with its own token or with one for AWS", async () => {
    const env = { VERCEL: "1", VERCEL_OIDC_TOKEN: await runner.tokenServer.signToken({ aud: team }) };
    await expectCredentials(ofPlatform(), env);
    answers((token) => ({ status: 200, body: JSON.stringify({ token, expiry: 1 }) }));
    await expectCredentials([...ofPlatform(), "--audience", "sts.amazonaws.com"], env);
    expect(runner.tokenServer.requests().map(({ target }) => target)).toEqual(["/~token"]);
  });

  it("a machine of Google Cloud", async () => {
    answers((token) => ({ status: 200, headers: { "metadata-flavor": "Google" }, body: token }));
    await expectCredentials(ofPlatform(), { GCE_METADATA_HOST: new URL(runner.tokenServer.origin).host });
  });

  it("a workload with a SPIFFE identity", async () => {
    const svid = await runner.tokenServer.signToken();
    const answer = await runner.write("svid.json", JSON.stringify([{ svids: [{ spiffe_id: "spiffe://a/b", svid }] }]));
    const bin = await runner.program("spire-agent", `cat ${answer}`);
    const env = { SPIFFE_ENDPOINT_SOCKET: "unix:///run/spire/agent.sock" };
    await expectCredentials(roleArn, { ...env, PATH: `${bin}:/usr/bin:/bin` });
  });

  it("a file, a variable or a command that a person names", async () => {
    const token = await runner.tokenServer.signToken();
    const file = await runner.write("token file", token);
    await expectCredentials(["--token-file", file, ...roleArn], {});
    await expectCredentials(["--token-variable", "MY_TOKEN", ...roleArn], { MY_TOKEN: token });
    await expectCredentials(["--token-command", `cat '${file}'`, ...roleArn], {});
    await runner.world.writeSettings(
      `[idp.here]\ntype = "workload"\ntoken_command = ["cat", ${JSON.stringify(file)}]\n[profile.ci]\nidp = "here"\nrole_arn = "${deployer}"\n`,
    );
    await expectCredentials(["ci"], {});
    await runner.world.writeSettings("");
  });
});

describe("of several ID tokens of one job", () => {
  const google = "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/gitlab";
  const gitlab = async (job: string) => ({
    GITLAB_CI: "true",
    CI_SERVER_URL: runner.tokenServer.issuer,
    CI_JOB_ID: job,
    GITLAB_OIDC_TOKEN: await runner.tokenServer.signToken({ aud: google }),
  });

  it.each([["--audience", "sts.amazonaws.com"], []])(
    "GitLab's for AWS is the one that is sent, with --audience and without (%#)",
    async (...flags) => {
      const STS_AMAZONAWS_COM_ID_TOKEN = await runner.tokenServer.signToken();
      const env = { ...(await gitlab(`several ${flags.join("")}`)), STS_AMAZONAWS_COM_ID_TOKEN };
      await expectCredentials([...flags, ...roleArn], env);
    },
  );

  it("HCP Terraform's for AWS is the one that is sent", async () => {
    await expectCredentials(ofPlatform(), {
      TFC_RUN_ID: "run-several",
      TFC_WORKLOAD_IDENTITY_TOKEN: await runner.tokenServer.signToken({ aud: "vault.workload.identity" }),
      TFC_WORKLOAD_IDENTITY_TOKEN_AWS: await runner.tokenServer.signToken({ aud: "aws.workload.identity" }),
    });
  });

  it("names and audiences are listed where none fits, without a token", async () => {
    const VAULT_ID_TOKEN = await runner.tokenServer.signToken({ aud: "https://vault.example.com" });
    const env = { ...(await gitlab("none fits")), VAULT_ID_TOKEN };
    const ended = await runner.run(["env", "--audience", "sts.amazonaws.com", ...roleArn], env);
    const error = `it has GITLAB_OIDC_TOKEN for "${google}", VAULT_ID_TOKEN for "https://vault.example.com"`;
    expectRefusal(ended, { status: 6, error, hint: "aud: sts.amazonaws.com" }, runner.world);
    expectNoSecret(ended.stderr, runner.tokenServer.tokens());
  });
});

describe("a run gives one clear error, and no output, when", () => {
  it.each([
    [
      "the job has no permission",
      { ACTIONS_ID_TOKEN_REQUEST_URL: "" },
      3,
      "may not ask for an ID token",
      "id-token: write",
    ],
    ["another GitHub signs", { GITHUB_SERVER_URL: "https://github.com" }, 6, "its issuer is", "--issuer"],
  ])("%s", async (_name, env, status, error, hint) => {
    respondAsGithub(runner.tokenServer);
    const ended = await runner.run(["env", "--shell", "sh", ...roleArn], { ...githubJob(runner.tokenServer), ...env });
    expectRefusal(ended, { status, error, hint }, runner.world);
  });

  it.each<[string, TokenServerResponse, number, string, string]>([
    ["GitHub refuses", { status: 403, body: `{"message":"no\\u001b[2J"}` }, 5, "HTTP 403: no", "id-token: write"],
    ["a page answers", { status: 200, body: "<html>" }, 6, "makes no sense", "proxy"],
    ["the token is for somebody else", { status: 200, body: "" }, 6, "meant for", "GitHub"],
  ])("%s", async (name, answer, status, error, hint) => {
    const forOthers = await runner.tokenServer.signToken({ aud: "vault" });
    const isForOthers = name.startsWith("the token");
    runner.tokenServer.respond = () =>
      isForOthers ? { status: 200, body: JSON.stringify({ value: forOthers }) } : answer;
    const ended = await runner.run(["env", "--shell", "sh", ...roleArn], githubJob(runner.tokenServer, name));
    expectRefusal(ended, { status, error, hint }, runner.world);
    expectNoSecret(ended.stderr, [...runner.tokenServer.tokens(), "request-token-of-job"]);
  });

  it("a platform is pinned that this is not", async () => {
    const ended = await runner.run(["env", "--idp", "workload/gitlab", ...roleArn], githubJob(runner.tokenServer));
    expectRefusal(ended, { status: 3, error: "workload/gitlab", hint: "--idp" }, runner.world);
  });

  it("a token file is too long to be a token", async () => {
    const file = await runner.write("long", "x".repeat(30_000));
    const ended = await runner.run(["env", "--token-file", file, ...roleArn]);
    expectRefusal(ended, { status: 6, error: "longer than the 20000 characters", hint: file }, runner.world);
  });

  it("a command fails", async () => {
    const ended = await runner.run(["env", "--token-command", "sh -c 'echo no token >&2; exit 3'", ...roleArn]);
    expectRefusal(ended, { status: 3, error: "sh ended with status 3: no token", hint: "by hand" }, runner.world);
  });

  it("two tokens are named", async () => {
    const typed = await runner.run(["env", "--token-file", "a", "--token-command", "b", ...roleArn]);
    const error = "--token-file and --token-command contradict each other";
    expectRefusal(typed, { status: 2, error, hint: "name the token once" }, runner.world);
    const set = await runner.run(["env", ...roleArn], { TEGATA_TOKEN_FILE: "a", TEGATA_TOKEN_COMMAND: "b" });
    expectRefusal(set, { status: 3, error: "both set", hint: "leave all but one" }, runner.world);
  });
});
