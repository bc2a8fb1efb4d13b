import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { credentialProcessOutput, type CredentialProcessOutput } from "./support/credential-process-output.ts";
import { need } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { ageCredentials } from "./support/records.ts";
import {
  respondAsGithub,
  createWorkloadWorld,
  deployer,
  githubJob,
  type WorkloadWorld,
} from "./support/workload-world.ts";
import { run } from "./support/world.ts";

let runner: WorkloadWorld;
beforeAll(async () => {
  runner = await createWorkloadWorld({ issuerPath: "/_services/token" });
  respondAsGithub(runner.tokenServer);
});
afterEach(() => {
  runner.tokenServer.clear();
  runner.world.sandbox.requests.clear();
});
afterAll(() => runner.close());

const args = ["credential-process", "--role-arn", deployer];
const credentialsOf = async (
  env: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<CredentialProcessOutput> => {
  const ended = await runner.run([...args, ...more], env);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return credentialProcessOutput(ended);
};
const asked = () => ({
  tokenServer: runner.tokenServer.requests().length,
  sts: runner.world.sandbox.requests.count("sts"),
});

describe("a job", () => {
  it("asks for nothing again while its credentials are fresh", async () => {
    const job = githubJob(runner.tokenServer, "calm");
    const first = await credentialsOf(job);
    expect(asked()).toEqual({ tokenServer: 1, sts: 1 });
    expect(await credentialsOf(job)).toEqual(first);
    expect(await credentialsOf(job)).toEqual(first);
    expect(asked()).toEqual({ tokenServer: 1, sts: 1 });
  });

  it("that outlasts its credentials gets new ones, each time with a new token", async () => {
    const { world, tokenServer } = runner;
    await world.run(["logout", "--all"]);
    const job = githubJob(tokenServer, "long");
    const before = tokenServer.tokens().length;
    const keys = new Set<string>();
    // Six hours of one-hour credentials.
    for (let hour = 0; hour < 6; hour += 1) {
      keys.add((await credentialsOf(job)).AccessKeyId);
      await ageCredentials(world.cacheDir, deployer, 10);
    }
    expect(keys.size).toBe(6);
    expect(asked()).toEqual({ tokenServer: 6, sts: 6 });
    expect(new Set(tokenServer.tokens().slice(before)).size).toBe(6);
  });

  it("leaves neither its token on disk, nor what it asked for that with", async () => {
    const job = githubJob(runner.tokenServer, "tidy");
    await credentialsOf(job);
    const files = await runner.world.storedFiles();
    expect(files.length).toBeGreaterThan(1);
    const secrets = [
      ...runner.tokenServer.tokens(),
      ...runner.tokenServer.tokens().map((token) => token.split(".")[2] ?? token),
    ];
    for (const { path, content, mode } of files) {
      for (const secret of [...secrets, "request-token-of-job"]) {
        expect(content.includes(secret), `${path} holds a token`).toBe(false);
      }
      expect({ path, others: mode & 0o077 }).toEqual({ path, others: 0 });
    }
    expect(files.filter(({ path }) => path.startsWith(runner.world.stateDir))).toEqual([]);
  });

  it("gets credentials of its own, not those of the job before it or beside it on the same runner", async () => {
    const first = await credentialsOf(githubJob(runner.tokenServer, "first"));
    const second = await credentialsOf(githubJob(runner.tokenServer, "second"));
    expect(second.AccessKeyId).not.toBe(first.AccessKeyId);
    const sameRun = {
      ...githubJob(runner.tokenServer, "first"),
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "of-another-matrix-job",
    };
    expect((await credentialsOf(sameRun)).AccessKeyId).not.toBe(first.AccessKeyId);
    const late = { ...githubJob(runner.tokenServer, "first"), ACTIONS_ID_TOKEN_REQUEST_URL: "" };
    const refused = await runner.run(args, late);
    expect(refused).toMatchObject({ status: 3, stdout: "" });
    expect(await credentialsOf(githubJob(runner.tokenServer, "first"))).toEqual(first);
  });

  it("sends one request for the credentials that ten of its processes want at once", async () => {
    const job = githubJob(runner.tokenServer, "parallel");
    const answers = await Promise.all(Array.from({ length: 10 }, () => credentialsOf(job)));
    expect(new Set(answers.map(({ AccessKeyId }) => AccessKeyId)).size).toBe(1);
    expect(asked()).toEqual({ tokenServer: 1, sts: 1 });
  });

  it("uses its old credentials while they live and GitHub is away", async () => {
    const { world, tokenServer } = runner;
    await world.run(["logout", "--all"]);
    const job = githubJob(tokenServer, "patient");
    const before = await credentialsOf(job);
    await ageCredentials(world.cacheDir, deployer, 5);
    tokenServer.respond = () => ({ status: 404 });
    expect((await credentialsOf(job)).AccessKeyId).toBe(before.AccessKeyId);
    respondAsGithub(tokenServer);
  });
});

describe("a pod", () => {
  it("keeps its credentials when its token is replaced, and sends no token that has ended", async () => {
    const { tokenServer, write } = runner;
    const file = await write("rotating", await tokenServer.signToken({ sub: "system:serviceaccount:a:b" }));
    const pod = { AWS_WEB_IDENTITY_TOKEN_FILE: file };
    const first = await credentialsOf(pod);
    await write("rotating", `${await tokenServer.signToken({ sub: "system:serviceaccount:a:b" })}\n`);
    expect(await credentialsOf(pod), "the same workload: its credentials are kept").toEqual(first);
    runner.world.sandbox.requests.clear();
    await write(
      "rotating",
      await tokenServer.signToken({ sub: "system:serviceaccount:a:b", exp: Math.floor(Date.now() / 1000) - 600 }),
    );
    const ended = await runner.run([...args, "--fresh"], pod);
    expect(ended).toMatchObject({ status: 6, stdout: "" });
    expect(ended.stderr).toContain("the ID token ended");
    expect(asked().sts, "the ended token was sent").toBe(0);
  });

  it("gets no credentials of another service account that had the same file", async () => {
    const { tokenServer, write } = runner;
    const file = await write("shared", await tokenServer.signToken({ sub: "system:serviceaccount:a:one" }));
    const first = await credentialsOf({ AWS_WEB_IDENTITY_TOKEN_FILE: file });
    await write("shared", await tokenServer.signToken({ sub: "system:serviceaccount:a:two" }));
    expect((await credentialsOf({ AWS_WEB_IDENTITY_TOKEN_FILE: file })).AccessKeyId).not.toBe(first.AccessKeyId);
  });
});

describe("a laptop", () => {
  it("never asks the metadata address of Google's cloud", async (context) => {
    const strace = need("strace", context);
    const product = await readFile("/sys/class/dmi/id/product_name", "utf8").catch(() => "");
    context.skip(product.startsWith("Google"), "this machine is Google's");
    const log = join(runner.world.folder, "connects.log");
    /** Which addresses a run connects to; ended at the first one with `firstOnly`, as the server would be waited for. */
    const connects = async (firstOnly: boolean, env: Readonly<Record<string, string>> = {}) => {
      const inject = firstOnly ? ["-e", "inject=connect:signal=KILL"] : [];
      const traced = [strace, "-f", "-qq", "-e", "trace=connect", ...inject, "-o", log, ...programs.binary] as const;
      const ended = await run([...traced, "env", "--role-arn", deployer], {
        cwd: runner.world.folder,
        env: { ...runner.world.env, ...env },
      });
      return { ended, calls: await readFile(log, "utf8").catch(() => context.skip("strace cannot trace here")) };
    };
    // A machine that says that it is Google's asks: this is how the question would look.
    const asking = await connects(true, { GCE_METADATA_HOST: "metadata.google.internal" });
    expect(asking.calls).toContain("169.254.169.254");
    const { ended, calls } = await connects(false);
    expect(ended).toMatchObject({ status: 3, stdout: "false\n" });
    expect(ended.stderr).toContain("no identity provider is named");
    expect(calls).not.toContain("AF_INET");
  });
});
