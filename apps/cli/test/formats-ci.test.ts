import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { assignments } from "./support/assignments.ts";
import { readLoggingCommands } from "./support/azure-agent.ts";
import { readGithubEnvFile } from "./support/github-env-file.ts";
import { need } from "./support/needs.ts";
import { binaryFolder } from "./support/programs.ts";
import { expectRefusal } from "./support/refusal.ts";
import { createWorld, run, type Ended, type World } from "./support/world.ts";

let world: World;
/** What each of the formats has to hand on. */
let variables: Readonly<Record<string, string>>;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  const answer = credentialProcessOutput(await world.run(["credential-process", "dev"]));
  variables = {
    AWS_ACCESS_KEY_ID: answer.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: answer.SecretAccessKey,
    AWS_SESSION_TOKEN: answer.SessionToken,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_CREDENTIAL_EXPIRATION: answer.Expiration,
    AWS_ACCOUNT_ID: answer.AccountId,
  };
});
afterAll(() => world.close());

const secrets = () => [
  variables["AWS_ACCESS_KEY_ID"],
  variables["AWS_SECRET_ACCESS_KEY"],
  variables["AWS_SESSION_TOKEN"],
];
const takenBack = {
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
  AWS_SESSION_TOKEN: "",
  AWS_CREDENTIAL_EXPIRATION: "",
  AWS_ACCOUNT_ID: "",
};

/** Runs a line of a job's script with `tegata` on `PATH`. */
function inShell(shell: string, script: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const PATH = `${binaryFolder}:${env["PATH"] ?? world.env["PATH"]}`;
  return run([shell, "-c", script], { cwd: world.folder, env: { ...world.env, ...env, PATH } });
}

/** Every `AWS_` variable of `env -0`. */
function awsVariablesOf({ stdout }: Ended): Readonly<Record<string, string>> {
  return assignments(stdout.split("\0").filter((entry) => entry.startsWith("AWS_")));
}

describe("github-env", () => {
  let file: string;
  beforeEach(async () => {
    file = join(world.folder, "set_env");
    await writeFile(file, "FOO=bar");
  });
  const inStep = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    world.run(["github-env", "dev", ...args], { env: { GITHUB_ENV: file, ...env } });

  it("gives a later step the credentials, and masks every secret", async () => {
    const stale = { AWS_SECURITY_TOKEN: "of another tool" };
    expect(await inStep([], stale)).toMatchObject({
      status: 0,
      stdout: secrets()
        .map((secret) => `::add-mask::${secret}\n`)
        .join(""),
      stderr: "",
    });
    const expected = { FOO: "bar", AWS_SECURITY_TOKEN: "", ...variables };
    expect(readGithubEnvFile(await readFile(file, "utf8"))).toEqual(expected);
    expect(await inStep(["--unset"])).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(readGithubEnvFile(await readFile(file, "utf8"))).toEqual({ ...expected, ...takenBack });
  });

  it("writes no secret when the runner was not told the masks", async () => {
    const { status } = await inShell("/bin/sh", "tegata github-env dev > /dev/full", { GITHUB_ENV: file });
    expect(status).toBe(3);
    expect(await readFile(file, "utf8")).toBe("FOO=bar");
  });

  it.each([
    ["no GITHUB_ENV", "", 3, "GITHUB_ENV is not set, and this is for a step of GitHub Actions", "tegata env"],
    ["a file that is gone", "/nonexistent/set_env", 3, "GITHUB_ENV names /nonexistent/set_env, and", "mount the file"],
    ["a folder", "/tmp", 3, "/tmp cannot be read: it is a folder", "check the path"],
  ])("prints no mask and no secret with %s", async (_what, path, status, error, hint) => {
    expectRefusal(await inStep([], { GITHUB_ENV: path }), { status, error, hint }, world);
  });

  it("refuses a profile of the workflow, which would win in a later step", async () => {
    const refusal = { status: 2, error: "AWS_PROFILE is set", hint: "remove AWS_PROFILE from the settings" };
    expectRefusal(await inStep([], { AWS_PROFILE: "other" }), refusal, world);
    expect(await readFile(file, "utf8")).toBe("FOO=bar");
  });
});

describe("gitlab-env", () => {
  let report: string;
  beforeEach(async () => {
    report = join(world.folder, "tegata.env");
    await rm(report, { force: true });
  });

  it("puts credentials into an artifact on demand only", async () => {
    const refusal = { status: 2, error: "a dotenv report is an artifact", hint: "--expose-credentials-in-artifact" };
    expectRefusal(await world.run(["gitlab-env", "dev"]), refusal, world);
    expect(existsSync(report)).toBe(false);
  });

  it("writes a report that GitLab accepts, and reads as it is meant", async () => {
    await writeFile(report, "VERSION=1.2");
    const ended = await world.run(["gitlab-env", "dev", "--expose-credentials-in-artifact"]);
    expect(ended).toMatchObject({ status: 0, stdout: "", stderr: "" });
    // As ParseDotenvArtifactService of GitLab: each line has to match, and each key may stand there once.
    const pairs = [...(await readFile(report, "utf8")).matchAll(/^(.*)\n/gm)].map(([, line = ""]) => {
      const [, key, value] = /^(.*?)=(.*)$/.exec(line) ?? [];
      return [key?.trim(), value?.trim()];
    });
    expect(pairs).toEqual(Object.entries({ VERSION: "1.2", ...variables }));
    expect(await world.run(["gitlab-env", "--unset"])).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await readFile(report, "utf8")).toBe("VERSION=1.2\n");
  });

  it("says why the report cannot be written", async () => {
    const args = [
      "gitlab-env",
      "dev",
      "--expose-credentials-in-artifact",
      "--report-file",
      "home/.config/tegata/tegata.toml/x",
    ];
    const refusal = { status: 3, error: "cannot be written", hint: "check the path" };
    expectRefusal(await world.run(args), refusal, world);
  });
});

describe("circleci-env", () => {
  const stale = { AWS_PROFILE: "of another tool", AWS_SECURITY_TOKEN: "old", AWS_SESSION_TOKEN: "old" };

  it("gives a later step the credentials, and no profile of another tool", async (context) => {
    const bash = need("bash", context);
    const job = { CIRCLECI: "true", BASH_ENV: join(world.folder, "bash_env") };
    await writeFile(job.BASH_ENV, "export FOO=bar");
    // With a socket for its stdin, bash takes itself for a remote shell and reads another file.
    const nextStep = () => inShell("/bin/sh", `exec ${bash} -c 'env -0' < /dev/null`, { ...job, ...stale });
    expect(await world.run(["circleci-env", "dev"], { env: job })).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(awsVariablesOf(await nextStep())).toEqual(variables);
    await world.run(["circleci-env", "--unset"], { env: job });
    expect(awsVariablesOf(await nextStep())).toEqual({});
  });

  it("leaves a region of the job's own alone with --unset", async (context) => {
    const bash = need("bash", context);
    const job = { CIRCLECI: "true", BASH_ENV: join(world.folder, "bash_env_region"), AWS_REGION: "eu-west-1" };
    await writeFile(job.BASH_ENV, "");
    const step = (code: string) => inShell("/bin/sh", `exec ${bash} -c '${code}' < /dev/null`, job);
    await step("tegata circleci-env dev");
    await step("tegata circleci-env --unset");
    expect(awsVariablesOf(await step("env -0"))).toEqual({ AWS_REGION: "eu-west-1" });
  });

  it("makes a file that only its owner can read, where there was none", async () => {
    const job = { CIRCLECI: "true", BASH_ENV: join(world.folder, "new_bash_env") };
    await world.run(["circleci-env", "dev"], { env: job });
    expect(await inShell("/bin/sh", 'stat -c %a "$BASH_ENV"', job)).toMatchObject({ stdout: "600\n" });
  });

  it("leaves a person's own start-up file alone", async () => {
    const BASH_ENV = join(world.folder, "home/.bashrc");
    const refusal = { status: 3, error: "CIRCLECI is not set", hint: "tegata env" };
    expectRefusal(await world.run(["circleci-env", "dev"], { env: { BASH_ENV } }), refusal, world);
    expect(existsSync(BASH_ENV)).toBe(false);
  });
});

describe("azure-devops-env", () => {
  const job = { TF_BUILD: "True" };

  it("gives a later step the credentials, and marks every secret", async () => {
    const ended = await world.run(["azure-devops-env", "dev"], { env: job });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(readLoggingCommands(ended.stdout)).toEqual(
      Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, { value, isSecret: secrets().includes(value) }]),
      ),
    );
    const unset = readLoggingCommands((await world.run(["azure-devops-env", "--unset"], { env: job })).stdout);
    expect(Object.fromEntries(Object.entries(unset).map(([name, { value }]) => [name, value]))).toEqual(takenBack);
  });

  it("prints no secret outside of Azure Pipelines", async () => {
    const refusal = { status: 3, error: "TF_BUILD is not set", hint: "tegata env" };
    expectRefusal(await world.run(["azure-devops-env", "dev"]), refusal, world);
  });
});

describe("buildkite-env", () => {
  let agentFolder: string;
  const job = () => ({
    BUILDKITE: "true",
    RECORD: join(agentFolder, "record"),
    PATH: `${agentFolder}:${world.env["PATH"]}`,
  });

  /** An agent that records its words and what it reads, and ends as it is told. */
  async function withAgent(script: string): Promise<void> {
    agentFolder = join(world.folder, "agent");
    await mkdir(agentFolder, { recursive: true });
    const program = join(agentFolder, "buildkite-agent");
    await writeFile(program, `#!/bin/sh\n${script}\n`);
    await chmod(program, 0o755);
  }

  it("prints the credentials, and tells the agent every secret to redact", async (context) => {
    const bash = need("bash", context);
    await withAgent('{ printf "%s\\n" "$*"; cat; } > "$RECORD"');
    const stale = { AWS_PROFILE: "of another tool", AWS_SECURITY_TOKEN: "old" };
    const hook = 'eval "$(tegata buildkite-env dev)" && env -0';
    expect(awsVariablesOf(await inShell(bash, hook, { ...job(), ...stale }))).toEqual(variables);
    const [words, ...input] = (await readFile(job().RECORD, "utf8")).split("\n");
    expect(words).toBe("redactor add --format json");
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = variables;
    expect(JSON.parse(input.join("\n"))).toEqual({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN });
    const off = 'eval "$(tegata buildkite-env --unset)" && env -0';
    expect(awsVariablesOf(await inShell(bash, off, { ...job(), ...variables }))).toEqual({});
    const own = { AWS_REGION: "eu-west-1" };
    expect(awsVariablesOf(await inShell(bash, off, { ...job(), ...own }))).toEqual(own);
    expect(
      awsVariablesOf(await inShell(bash, `eval "$(tegata buildkite-env dev)"; ${off}`, { ...job(), ...own })),
    ).toEqual(own);
  });

  it.each([
    ["fails", "cat > /dev/null; echo 'fatal: no job API' >&2; exit 1", "ended with 1: fatal: no job API"],
    ["repeats the secrets on stderr and fails", "cat >&2; exit 1", /ended with 1$/],
    ["floods its stderr", "yes >&2", "wrote more than 65536 bytes"],
    ["kills itself", "kill -9 $$", "was killed"],
  ])("prints no secret when the agent %s", async (_what, script, error) => {
    await withAgent(script);
    const ended = await world.run(["buildkite-env", "dev"], { env: job() });
    expectRefusal(ended, { status: 3, error, hint: /\w/ }, world);
  });

  it("prints no secret when there is no agent, and none outside of Buildkite", async () => {
    const env = { BUILDKITE: "true", PATH: "/nonexistent" };
    const refusal = { status: 3, error: "buildkite-agent", hint: /\w/ };
    expectRefusal(await world.run(["buildkite-env", "dev"], { env }), refusal, world);
    expectRefusal(await world.run(["buildkite-env", "dev"]), { ...refusal, error: "BUILDKITE is not set" }, world);
  });
});

describe("at a laptop, where nobody is signed in", () => {
  it.each([
    ["github-env", "GITHUB_ENV is not set"],
    ["circleci-env", "CIRCLECI is not set"],
    ["azure-devops-env", "TF_BUILD is not set"],
    ["buildkite-env", "BUILDKITE is not set"],
    ["gitlab-env", "a dotenv report is an artifact"],
  ])("%s says that this is no place for it, before it wants a sign-in", async (format, message) => {
    const env = await world.anotherHome();
    world.sandbox.requests.clear();
    const ended = await world.run([format, "dev", "--prompt", "always"], { env });
    expect(ended.stderr).toContain(message);
    expect(world.sandbox.requests.all()).toEqual([]);
  });
});

describe("variables that load other code into programs", () => {
  /** A value that would end an entry of any of the files, and begin another. */
  const hostile = "canary\nPATH=/canary\n::set-env name=X::canary\n##vso[x]canary\nEOF\n';canary;'";
  const loading = {
    BUN_OPTIONS: hostile,
    BUN_INSPECT: hostile,
    NODE_OPTIONS: hostile,
    LD_AUDIT: "",
    LD_PRELOAD: "",
    DYLD_INSERT_LIBRARIES: hostile,
  };

  it.each([
    ["github-env", "GITHUB_ENV"],
    ["gitlab-env --expose-credentials-in-artifact --report-file ./code-report", undefined],
    ["circleci-env", "BASH_ENV"],
    ["azure-devops-env", undefined],
    ["dotenv", undefined],
    ["docker-env", undefined],
    ["json", undefined],
    ["env --shell sh", undefined],
  ])("are handed on by nothing of %s", async (line, variable) => {
    const file = join(world.folder, variable === undefined ? "code-report" : `code-${variable}`);
    await writeFile(file, "");
    const env = { CIRCLECI: "true", TF_BUILD: "True", ...(variable && { [variable]: file }) };
    const [format = "", ...flags] = line.split(" ");
    const written = async () => (await readFile(file, "utf8")).replace(/tegata_[\da-f-]{36}/g, "delimiter");
    for (const words of [
      [format, "dev", ...flags],
      ...(/json|dotenv|docker/.test(format) ? [] : [[format, "--unset"]]),
    ]) {
      await writeFile(file, "");
      const plain = await world.run(words, { env });
      const expected = await written();
      await writeFile(file, "");
      expect(await world.run(words, { env: { ...env, ...loading } })).toEqual(plain);
      expect(await written()).toBe(expected);
      expect(`${plain.stdout}${expected}`).not.toMatch(/canary|BUN_|NODE_|LD_|DYLD_/);
    }
  });

  it("do not reach the agent that is told the secrets", async () => {
    const folder = join(world.folder, "recording-agent");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "buildkite-agent"), '#!/bin/sh\nexec env > "$RECORD"\n', { mode: 0o755 });
    const RECORD = join(folder, "record");
    const env = { BUILDKITE: "true", RECORD, PATH: `${folder}:${world.env["PATH"]}` };
    expect(await world.run(["buildkite-env", "dev"], { env: { ...env, ...loading } })).toMatchObject({ status: 0 });
    const names = [...(await readFile(RECORD, "utf8")).matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(names).toContain("BUILDKITE");
    expect(names.filter((name) => /^(?:BUN_|LD_|DYLD_)/.test(name ?? ""))).toEqual([]);
  });
});
