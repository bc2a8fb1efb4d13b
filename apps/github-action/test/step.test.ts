import { expectNoSecret } from "@tegata/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LoopbackServers, loopbackServers } from "../../cli/test/support/loopback-servers.ts";
import { respondsWell, requestToken, roleArn, type Runner, startRunner, type Step } from "./support/runner.ts";

let runner: Runner;
beforeAll(async () => {
  runner = await startRunner();
});
beforeEach(() => {
  runner.sandbox.faults.clear();
  runner.sandbox.requests.clear();
  runner.github.clear();
  runner.github.respond = respondsWell(runner.github);
});
afterAll(() => runner.close());

const main = (inputs: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string | undefined>> = {}) =>
  runner.main({ with: { ...runner.inputs, ...inputs }, env });

const secretNames = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
const secrets = () => [requestToken, ...runner.github.tokens(), ...runner.sandbox.secrets().map(({ value }) => value)];

/** The step failed with one annotation, and nothing was handed on. */
function expectFailure(step: Step, code: string, words: string | RegExp): void {
  expect(step.error ?? step.stdout).toMatch(new RegExp(`^::error title=tegata: ${code}::`));
  expect(step.error).toMatch(words);
  expect(step.stdout.match(/^::error/gm)).toHaveLength(1);
  expect(step.status).toBe(1);
  expect(step).toMatchObject({ environment: {}, outputs: {}, stderr: "" });
  expectNoSecret(step.log, secrets());
}

describe("the step", () => {
  it("hands on every variable, and leaves no secret in the log", async () => {
    const step = await main();
    expect(step).toMatchObject({ status: 0, stderr: "", state: { exported: "true" } });
    const { environment } = step;
    const { AWS_CREDENTIAL_EXPIRATION, ...others } = environment;
    expect(AWS_CREDENTIAL_EXPIRATION).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Object.keys(others).toSorted()).toEqual(
      ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCOUNT_ID", ...secretNames].toSorted(),
    );
    expect(others).toMatchObject({
      AWS_REGION: "eu-central-1",
      AWS_DEFAULT_REGION: "eu-central-1",
      AWS_ACCOUNT_ID: "123456789012",
    });
    expect(runner.sandbox.secrets().map(({ value }) => value)).toEqual(
      expect.arrayContaining(secretNames.slice(1).map((name) => environment[name])),
    );
    expectNoSecret(step.log, secrets());
    expect(step.masks).toEqual([...runner.github.tokens().slice(-1), ...secretNames.map((name) => environment[name])]);
  });

  it("hands on no variable that loads code into programs", async () => {
    const hostile = "--no-deprecation\nPATH=/canary\nEOF";
    const loading = { BUN_OPTIONS: hostile, BUN_BE_BUN: "1", BUN_INSPECT: hostile, LD_PRELOAD: "", LD_AUDIT: "" };
    const plain = await main();
    const step = await main({}, { ...loading, DYLD_INSERT_LIBRARIES: hostile, NODE_OPTIONS: "--no-deprecation" });
    expect(step).toMatchObject({ status: 0, stderr: "" });
    for (const given of ["environment", "outputs", "state"] as const) {
      expect(Object.keys(step[given])).toEqual(Object.keys(plain[given]));
    }
    expect(JSON.stringify(step)).not.toMatch(/canary|BUN_|NODE_OPTIONS|LD_|DYLD_/);
  });

  it("says what it did by outputs and one line, without secrets", async () => {
    const { outputs, log, environment } = await main();
    expect(outputs).toEqual({
      "role-arn": roleArn,
      "authenticated-arn": "arn:aws:sts::123456789012:assumed-role/Deploy/repo-octo-org-octo-repo-ref-refs-heads-main",
      "aws-account-id": "123456789012",
      "aws-region": "eu-central-1",
      "aws-expiration": environment["AWS_CREDENTIAL_EXPIRATION"],
    });
    expect(log).toBe(`credentials for ${roleArn} until ${environment["AWS_CREDENTIAL_EXPIRATION"]}\n`);
  });

  it("asks GitHub for one token and STS for one role", async () => {
    await main();
    expect(runner.github.requests().map(({ target }) => target)).toEqual([
      "/idtoken?api-version=2.0&audience=sts.amazonaws.com",
    ]);
    expect(runner.sandbox.requests.count("sts")).toBe(1);
  });

  it("gives the role session the name and the duration of its inputs", async () => {
    const step = await main({ "role-session-name": "deploy-42", duration: "15m" });
    const left = Date.parse(step.environment["AWS_CREDENTIAL_EXPIRATION"] ?? "") - Date.now();
    expect(left).toBeGreaterThan(800_000);
    expect(left).toBeLessThanOrEqual(900_000);
    expect(step.outputs["authenticated-arn"]).toMatch(/\/deploy-42$/);
  });

  it("hands the session policies of its inputs to STS, several of them by lines", async () => {
    const policy = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] });
    await main({ "session-policy": policy, "session-policy-arn": "ReadOnlyAccess\njob-function/Billing\n" });
    const asked = runner.sandbox.requests.all().find(({ area, from }) => area === "sts" && from === "client");
    expect(asked?.formParameterNames).toEqual(
      expect.arrayContaining(["Policy", "PolicyArns.member.1.arn", "PolicyArns.member.2.arn"]),
    );
  });

  it("sets keys as outputs, and no variables, when it is told to", async () => {
    const step = await main({ "output-credentials": "true", "output-env-credentials": "false" });
    expect(step.environment).toEqual({});
    expect(step.state).toEqual({});
    const { outputs, masks } = step;
    const keys = ["aws-access-key-id", "aws-secret-access-key", "aws-session-token"].map((name) => outputs[name]);
    expect(keys.every((key) => key !== undefined && masks.includes(key))).toBe(true);
    expectNoSecret(step.log, secrets());
  });

  it("masks the account when it is told to", async () => {
    const step = await main({ "mask-account-id": "true" });
    expect(step.masks[0]).toBe("123456789012");
    expect(step.log).toContain("credentials for arn:aws:iam::***:role/ci/Deploy until ");
  });

  it("says more when the runner debugs, and no secret", async () => {
    runner.sandbox.faults.set({ kind: "stsError", code: "IDPCommunicationError", times: 1 });
    const step = await main({}, { RUNNER_DEBUG: "1" });
    expect(step.status).toBe(0);
    expect(step.log).toMatch(/^::debug::sts_idp_unreachable: attempt 2 of 5 in \d+ ms$/m);
    expectNoSecret(step.log, secrets());
    expect((await main()).log).not.toContain("::debug::");
  });
});

describe("where an input is left out", () => {
  it.each<[what: string, env: Readonly<Record<string, string>>, region: string]>([
    ["AWS_REGION", { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" }, "eu-west-1"],
    ["AWS_DEFAULT_REGION", { AWS_DEFAULT_REGION: "eu-west-2" }, "eu-west-2"],
  ])("%s says the region", async (_what, env, region) => {
    const step = await main({ region: " " }, env);
    expect(step.outputs["aws-region"]).toBe(region);
  });

  it.each([{ region: "" }, { region: " " }])(
    "nobody says the region (%o), and the step asks for one",
    async (inputs) => {
      const step = await main(inputs, { AWS_REGION: "", AWS_DEFAULT_REGION: "" });
      expectFailure(step, "settings_incomplete", "no region is named: input region is empty");
      expect(step.error).toContain("hint: pass input region, such as region: eu-central-1");
      expect(step.environment).toEqual({});
      expect(runner.github.requests(), "a token was asked for").toEqual([]);
    },
  );

  it("AWS_ENDPOINT_URL_STS says which STS is asked", async () => {
    const step = await main({ "sts-endpoint": "" }, { AWS_ENDPOINT_URL_STS: runner.sandbox.sts.endpoint });
    expect(step.status).toBe(0);
  });

  it("the role of the runner's own pod is not taken for the job's", async () => {
    const step = await main({ "role-arn": "" }, { AWS_ROLE_ARN: roleArn, TEGATA_ROLE_ARN: roleArn });
    expectFailure(
      step,
      "settings_incomplete",
      "no role is named: input role-arn is not set\nhint: pass input role-arn: ARN",
    );
    const named = await main({}, { AWS_ROLE_SESSION_NAME: "of-the-pod" });
    expect(named.outputs["authenticated-arn"]).not.toMatch(/of-the-pod/);
  });
});

describe("an input that is wrong", () => {
  it.each<[inputs: Readonly<Record<string, string>>, words: string]>([
    [{ "role-arn": "Deploy" }, 'input role-arn "Deploy" is not an ARN: write the ARN of a role'],
    [{ duration: "5m" }, 'input duration "5m"'],
    [{ region: "cn-north-1" }, 'input region "cn-north-1" is of the partition aws-cn'],
    [{ "role-session-name": "a b" }, 'input role-session-name "a b" must be 2 to 64 ASCII letters'],
    [{ issuer: "http://example.com" }, "input issuer"],
    [{ "sts-endpoint": "http://example.com" }, "input sts-endpoint"],
    [{ "output-credentials": "maybe" }, 'input output-credentials "maybe" must be 1, true, yes, 0, false or no'],
    [{ "allowed-account-ids": "123456789012 12" }, 'input allowed-account-ids "123456789012 12" must be account ids'],
    [
      { "allowed-account-id": "123456789012" },
      'no input "allowed-account-id"; it is called "allowed-account-ids" here',
    ],
    [{ ROLE_ANR: roleArn }, 'no input "role_anr"; it is called "role-arn" here'],
    [{ regoin: "eu-west-1" }, 'no input "regoin"; it is called "region" here'],
    [{ "role-arn": "", role_arn: roleArn }, 'no input "role_arn"; it is called "role-arn" here'],
    [
      { "managed-session-policies": "x" },
      'no input "managed-session-policies"; it is called "session-policy-arn" here',
    ],
    [{ "role-arn": "", "role-to-assume": roleArn }, 'no input "role-to-assume"; it is called "role-arn" here'],
    [{ "role-duration-seconds": "900" }, 'no input "role-duration-seconds"; it is called "duration" here'],
  ])("%o is named, and costs no request", async (inputs, words) => {
    const step = await main(inputs);
    expectFailure(step, "usage_invalid", "");
    expect(step.error).toContain(words);
    expect(runner.github.requests()).toEqual([]);
    expect(runner.sandbox.requests.count("sts")).toBe(0);
  });
});

describe("inputs of a composite action around the step", () => {
  it.each<Readonly<Record<string, string>>>([
    { environment: "production", version: "1.2", "x%0A\n::add-path::": "y" },
    { "role-name": "Deploy", "account-id": "123456789012", "session-name": "x", endpoint: "x", reason: "release" },
    { "aws-region": "eu-central-1", "role-to-assume": roleArn, role_arn: roleArn },
  ])("are left alone: %o", async (inputs) => {
    const step = await main(inputs);
    expect(step).toMatchObject({ status: 0, stderr: "", error: undefined });
    expect(step.outputs["role-arn"]).toBe(roleArn);
  });
});

describe("allowed-account-ids", () => {
  it("lets an account through that it names", async () => {
    expect((await main({ "allowed-account-ids": "210987654321, 123456789012" })).status).toBe(0);
  });

  it("refuses an account that it does not name, before anything is asked", async () => {
    const step = await main({ "allowed-account-ids": "210987654321" });
    expectFailure(step, "usage_invalid", "the role is in account 123456789012, which input allowed-account-ids");
    expect(runner.github.requests()).toEqual([]);
  });

  it("masks the account before the error shows it", async () => {
    const { stdout } = await main({ "allowed-account-ids": "210987654321", "mask-account-id": "true" });
    expect(stdout).toMatch(/^::add-mask::123456789012\n::error [^]*123456789012/);
  });
});

describe("a job that may not have credentials", () => {
  it("has no permission: the hint says how to give it", async () => {
    const step = await main({}, { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined });
    expectFailure(step, "workload_token_missing", /hint: give the job permissions: id-token: write/);
  });

  it("is refused by GitHub: its words are quoted, and become no commands of the runner", async () => {
    const body = JSON.stringify({ message: "no\n::add-path::/evil\u001b[31m" });
    runner.github.respond = () => ({ status: 403, body });
    const step = await main();
    expectFailure(step, "idp_rejected", /HTTP 403: no ::add-path::\/evil \[31m\nhint: give the job permissions/);
    expect(step.stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  it.each<[what: string, answer: { status: number; body: string }, code: string]>([
    ["an error of the server", { status: 501, body: "<html>" }, "idp_unavailable"],
    ["a page", { status: 200, body: "<html>" }, "idp_invalid_response"],
    ["a token that is none", { status: 200, body: '{"value":"x"}' }, "id_token_invalid"],
  ])("gets %s from GitHub: the error says so, and STS is not asked", async (_what, answer, code) => {
    runner.github.respond = () => answer;
    expectFailure(await main(), code, "");
    expect(runner.sandbox.requests.count("sts")).toBe(0);
  });

  it.each([
    ["nothing", { status: 200, body: "" }],
    ["an error of the server", { status: 500, body: "<html>" }],
  ])("gets %s from GitHub once, and is served when it asks again", async (_what, answer) => {
    const well = respondsWell(runner.github);
    runner.github.respond = (request) => (runner.github.requests().length === 1 ? answer : well(request));
    expect(await main()).toMatchObject({ status: 0, stderr: "" });
  });

  it("is told the issuer of its token where that is another one, as an input that helps", async () => {
    const env = { GITHUB_SERVER_URL: "https://forge.example.com" };
    const step = await main({}, env);
    expectFailure(
      step,
      "id_token_invalid",
      `hint: if that issuer is right, pass input issuer: ${runner.github.issuer}`,
    );
    const followed = await main({ issuer: runner.github.issuer }, env);
    expect(followed).toMatchObject({ status: 0, stderr: "" });
  });

  it("is another repository's: the error shows its subject", async () => {
    const value = await runner.github.signToken({ sub: "repo:octo-org/other:ref:refs/heads/main" });
    runner.github.respond = () => ({ status: 200, body: JSON.stringify({ value }) });
    const step = await main();
    expectFailure(step, "sts_access_denied", /compare the role's trust policy with .* sub repo:octo-org\/other:ref/);
    expect(step.state).toEqual({});
  });
});

describe("what a new sign-in mends at a desk", () => {
  it.each([
    ["ExpiredTokenException", "sts_id_token_expired", "check this machine's clock"],
    ["IDPRejectedClaim", "sts_claim_rejected", "run the job again"],
    ["InvalidIdentityToken", "sts_id_token_rejected", /^let http\S+ sign the ID tokens for \S+ with RS256 or ES256$/],
  ])("is no reason to tell a job to sign in: %s", async (awsCode, code, advice) => {
    const message = "The ID Token provided is not what it should be";
    runner.sandbox.faults.set({ kind: "stsError", code: awsCode, message });
    const step = await main();
    expectFailure(step, code, "");
    const [, hint] = /^hint: (.*)$/m.exec(step.error ?? "") ?? [];
    expect(hint).toMatch(advice);
    expect(step.log).not.toMatch(/\blogin\b/);
  });
});

describe("a runner that cannot take the credentials", () => {
  it.each(["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE"])("names no %s: the error says so", async (name) => {
    expectFailure(await main({}, { [name]: undefined }), "settings_incomplete", `${name} is not set`);
  });

  it("names a GITHUB_ENV that it did not mount: the error says so", async () => {
    expectFailure(await main({}, { GITHUB_ENV: "/gone/set_env" }), "file_unwritable", "/gone/set_env");
  });

  it.each(["GITHUB_OUTPUT", "GITHUB_STATE"])(
    "cannot write %s: the error says so, and no credentials are made",
    async (name) => {
      const step = await main({}, { [name]: "/dev/null/file" });
      expectFailure(step, "file_unwritable", "/dev/null/file cannot be written");
      expect(runner.sandbox.requests.count("sts")).toBe(0);
    },
  );

  it("has a full disk: the error says so, the masks are set, and no variable is", async () => {
    const step = await runner.main({ with: runner.inputs, fileLimit: 1 });
    expectFailure(step, "file_unwritable", "GITHUB_ENV");
    expect(step.masks).toHaveLength(4);
    expect(step.state).toEqual({ exported: "true" });
  });

  it("has a profile in its environment, which would win in the later steps: the error says so", async () => {
    const step = await main({}, { AWS_PROFILE: "other" });
    expectFailure(step, "usage_invalid", "AWS_PROFILE is set");
  });
});

describe("a runner behind a proxy", () => {
  let servers: LoopbackServers;
  beforeAll(() => {
    servers = loopbackServers();
  });
  afterAll(() => servers.close());
  /** GitHub's token endpoint under a name that only a proxy knows. */
  const elsewhere = { ACTIONS_ID_TOKEN_REQUEST_URL: "https://token.acme.example/idtoken?api-version=2.0" };

  it("asks what is on this machine directly", async () => {
    const proxy = await servers.refusingProxy(403);
    const url = `http://127.0.0.1:${proxy.port}`;
    const step = await main({}, { http_proxy: url, HTTP_PROXY: url, https_proxy: url, ALL_PROXY: url });
    expect(step).toMatchObject({ status: 0, stderr: "" });
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    [403, "does not let the request through (HTTP 403)"],
    [407, "wants a user name and a password (HTTP 407)"],
  ])("names the proxy that refuses with HTTP %i, and asks it once", async (status, message) => {
    const proxy = await servers.refusingProxy(status);
    const step = await main({}, { ...elsewhere, https_proxy: `http://127.0.0.1:${proxy.port}` });
    expectFailure(step, "idp_unreachable", `the proxy http://127.0.0.1:${proxy.port} (https_proxy) ${message}`);
    expect(proxy.asked).toEqual(["token.acme.example:443"]);
  });

  it("sends a password with a bare % as it is", async () => {
    const proxy = await servers.refusingProxy(407);
    const step = await main({}, { ...elsewhere, HTTPS_PROXY: `http://ann:50%off@127.0.0.1:${proxy.port}` });
    expectFailure(step, "idp_unreachable", "does not accept its user name and password (HTTP 407)");
    expect(proxy.credentials.filter((each) => each !== undefined)).toEqual(["ann:50%off"]);
  });

  it("blames the proxy that is not there, and no variable makes the step warn", async () => {
    const env = { ...elsewhere, HTTPS_PROXY: "http://127.0.0.1:9", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    const step = await main({}, env);
    expectFailure(
      step,
      "idp_unreachable",
      "the proxy http://127.0.0.1:9 (HTTPS_PROXY) cannot be reached (ECONNREFUSED)",
    );
  });
});

describe("the post step", () => {
  it("empties every key in the environment of later post steps", async () => {
    const { state } = await main();
    const step = await runner.post({ with: runner.inputs, state });
    expect(step).toMatchObject({ status: 0, stdout: "", stderr: "", outputs: {}, state: {} });
    expect(step.environment).toEqual({
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
      AWS_SESSION_TOKEN: "",
      AWS_CREDENTIAL_EXPIRATION: "",
      AWS_ACCOUNT_ID: "",
    });
  });

  it("puts back what an earlier use of the Action had set, and empties the variables after that one", async () => {
    const first = await main({ region: "eu-west-1" });
    const second = await main({ region: "eu-central-1", "role-session-name": "second" }, first.environment);
    expect(second.environment["AWS_SESSION_TOKEN"]).not.toBe(first.environment["AWS_SESSION_TOKEN"]);
    expect(second.masks).toEqual(expect.arrayContaining(secretNames.map((name) => first.environment[name])));
    expectNoSecret(second.log, secrets());
    const afterSecond = await runner.post({ state: second.state, env: second.environment });
    expect(afterSecond).toMatchObject({ status: 0, stdout: "", environment: first.environment });
    const afterFirst = await runner.post({ state: first.state, env: afterSecond.environment });
    expect(secretNames.map((name) => afterFirst.environment[name])).toEqual(["", "", ""]);
    expect(afterFirst.environment).not.toHaveProperty("AWS_REGION");
  });

  it("puts back keys that came without a session token, and leaves none of its own beside them", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret-of-before" };
    const { state, log } = await main({}, env);
    expectNoSecret(log, [env.AWS_SECRET_ACCESS_KEY]);
    const { environment } = await runner.post({ state });
    expect(environment).toMatchObject({ ...env, AWS_SESSION_TOKEN: "" });
  });

  it.each([
    ["true", 0],
    ["TRUE", 0],
    ["false", 5],
    ["", 5],
  ])("is left out with AWS_SKIP_CLEANUP_STEP=%s: %i variables are taken back", async (skip, count) => {
    const step = await runner.post({ state: { exported: "true" }, env: { AWS_SKIP_CLEANUP_STEP: skip } });
    expect(step.status).toBe(0);
    expect(Object.keys(step.environment)).toHaveLength(count);
  });

  it("takes nothing away after a step that set nothing", async () => {
    const step = await runner.post({ with: { "role-arn": "Deploy" }, env: { AWS_ACCESS_KEY_ID: "AKIAOTHER" } });
    expect(step).toMatchObject({ status: 0, stdout: "", environment: {} });
  });

  it("warns, and does not fail a job that is done, when it cannot take them back", async () => {
    const step = await runner.post({ state: { exported: "true" }, env: { GITHUB_ENV: "/gone/set_env" } });
    expect(step.status).toBe(0);
    expect(step.stdout).toMatch(/^::warning title=tegata%3A file_unwritable::GITHUB_ENV names \/gone\/set_env/);
  });
});

const explained = (inputs: Readonly<Record<string, string>> = {}) => main({ explain: "true", ...inputs });
/** What stands in the group, without what keeps the runner from obeying it. */
const group = ({ stdout }: Step) => {
  const [, token = "", lines = ""] =
    /^::group::.*\n::stop-commands::([\w-]+)\n([\s\S]*?)^::\1::\n::endgroup::\n/m.exec(stdout) ?? [];
  expect(token).toMatch(/^[\w-]{36}$/);
  return lines;
};

describe("a step that fails with explain", () => {
  it("has each step of the way in the log, and what to change", async () => {
    runner.sandbox.faults.set({ kind: "stsError", code: "AccessDenied", message: "no ::add-path::/canary" });
    const step = await explained();
    expect(step.error).toMatch(/does not let this sign-in assume/);
    const lines = group(step);
    expect(lines).toMatch(/^ok {6}platform-token: GitHub Actions.* has one/m);
    expect(lines).toMatch(/^warning discovery: .*endpoints: keys/m);
    expect(lines).toMatch(/^ok {6}id-token: iss .*sub "repo:octo-org/m);
    expect(lines).toMatch(/^failed {2}credentials: AWS does not let this sign-in assume/m);
    expect(lines).toMatch(/^ {8}hint: compare the role's trust policy/m);
    expect(lines).not.toMatch(/tegata (?:login|doctor)|--[a-z]|TEGATA_/);
    expectNoSecret(step.log, secrets());
    expect(step.status).toBe(1);
  });

  it("asks for one more token, and masks it", async () => {
    runner.sandbox.faults.set({ kind: "stsError", code: "AccessDenied", message: "no" });
    const step = await explained();
    expect(runner.github.requests()).toHaveLength(2);
    expect(step.masks).toEqual(runner.github.tokens().slice(-2));
  });

  it("names the step at which GitHub gives no token", async () => {
    const lines = group(
      await runner.main({
        with: { ...runner.inputs, explain: "true" },
        env: { ACTIONS_ID_TOKEN_REQUEST_URL: undefined },
      }),
    );
    expect(lines).toMatch(/^failed {2}idp: /m);
    expect(lines).toMatch(/hint: .*id-token: write/);
  });
});

it("a step that fails without explain says nothing but its error", async () => {
  runner.sandbox.faults.set({ kind: "stsError", code: "AccessDenied", message: "no" });
  const step = await main();
  expect(step.stdout).not.toContain("::group::");
});
