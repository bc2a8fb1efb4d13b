import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as passes } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expectNoSecret } from "@tegata/testkit";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { instant } from "./support/matching.ts";
import { findProgram } from "./support/needs.ts";
import { script, type ProgramName } from "./support/programs.ts";
import { cachedCredentials, onlySession } from "./support/records.ts";
import { expectRefusal } from "./support/refusal.ts";
import type { Running } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterEach(() => world.close());

/** In a process beside the command, or in the one that runs it. */
const both: readonly ProgramName[] = ["binary", "node"];

const refresh = (command: readonly string[], program: ProgramName = "binary") =>
  world.start(["exec", "--refresh", "dev", "--", ...command], { program, keepStdinOpen: true, limitSeconds: 40 });

interface Endpoint {
  readonly running: Running;
  readonly pid: number;
  readonly url: string;
  readonly token: string;
}

/** A command that says what it got, and ends when stdin does. */
async function startEndpoint(program: ProgramName): Promise<Endpoint> {
  const line = "echo $$ $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; read line; exit 9";
  const running = refresh(["sh", "-c", line], program);
  const [, pid = "", url = "", token = ""] = await running.stdoutMatching(/^(\d+) (\S+) (\S+)\n/);
  return { running, pid: Number(pid), url, token };
}

const end = async ({ running }: Endpoint) => {
  running.child.stdin.end("\n");
  return running.ended;
};

const ask = ({ url, token }: Endpoint) => fetch(url, { headers: { Authorization: token } });

const answerSchema = v.strictObject({
  AccessKeyId: v.string(),
  SecretAccessKey: v.string(),
  Token: v.string(),
  Expiration: v.string(),
  AccountId: v.string(),
});
const keyOf = async (answer: Response) => v.parse(answerSchema, await answer.json()).AccessKeyId;

const cached = async () => (await cachedCredentials(world.cacheDir, world.sandbox.roles.developer)).record.credentials;

/** Credentials with a few seconds left, and a sign-in that renews nothing. */
async function almostEnded(secondsLeft: number): Promise<number> {
  const { path, record } = await cachedCredentials(world.cacheDir, world.sandbox.roles.developer);
  const ends = Math.floor(Date.now() / 1000 + secondsLeft) * 1000;
  const expiration = `${new Date(ends).toISOString().slice(0, 19)}Z`;
  const credentials = { ...record.credentials, expiration };
  await writeFile(path, JSON.stringify({ ...record, credentials, mintedAt: ends - 3_600_000 }));
  await rm((await onlySession(world.stateDir)).path);
  return ends;
}

/** There is no other way past an expiry than to wait for it. */
const isPast = (instantMilliseconds: number) => passes(Math.max(0, instantMilliseconds - Date.now() + 100));

describe.each(both)("with %s", (program) => {
  it("the command has fixed keys as well, or no region, or what outranks the endpoint", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIA", AWS_PROFILE: "x", AWS_WEB_IDENTITY_TOKEN_FILE: "/x", OTHER: "kept" };
    const ended = await world.run(["exec", "--refresh", "dev", "--", "env"], { program, env });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    const variables = Object.fromEntries(ended.stdout.split("\n").map((line) => line.split("=", 2)));
    expect(variables).toEqual({
      "": undefined,
      ...world.env,
      OTHER: "kept",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/credentials$/),
      AWS_CONTAINER_AUTHORIZATION_TOKEN: expect.stringMatching(/^[\w-]{43}$/),
      TEGATA_EXEC: "dev",
    });
  });

  it("the endpoint gives keys without the token, or to another host, or still answers when the command has ended", async () => {
    const endpoint = await startEndpoint(program);
    const answer = await ask(endpoint);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ AccessKeyId: (await cached()).accessKeyId, Expiration: instant }),
    ]);
    const { url } = endpoint;
    const refused = await Promise.all([
      fetch(url),
      fetch(url, { headers: { Authorization: `${endpoint.token}x` } }),
      fetch(url, { method: "POST", headers: { Authorization: endpoint.token } }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 405]);

    const port = Number(new URL(url).port);
    const idle = connect(port, "127.0.0.1");
    const closed = new Promise((resolve) => idle.once("close", resolve));
    idle.on("error", () => undefined);
    expect(await end(endpoint)).toMatchObject({ status: 9, stderr: "" });
    await closed;
    await expect(fetch(url)).rejects.toThrow();
  });

  it("a command that ends at once is waited for, or its status is lost", async () => {
    const ended = await world.run(["exec", "--refresh", "dev", "--", "sh", "-c", "exit 3"], {
      program,
      limitSeconds: 5,
    });
    expect(ended).toEqual({ status: 3, signal: null, stdout: "", stderr: "" });
  });

  it("past the expiry, a person is asked, or told nothing, or told at every request; or many renewals run at once", async () => {
    const old = (await cached()).accessKeyId;
    const ends = await almostEnded(3);
    const endpoint = await startEndpoint(program);
    expect(await keyOf(await ask(endpoint))).toBe(old);
    await isPast(ends);

    const refused = await Promise.all([ask(endpoint), ask(endpoint)]);
    expect(refused.map(({ status }) => status)).toEqual([403, 403]);
    expect((await ask(endpoint)).status).toBe(403);
    expect(await refused[0]?.json()).toMatchObject({
      Code: "sign_in_required",
      message: "a sign-in in the browser is needed: tegata login dev",
    });

    // As the hint says, in another window.
    await world.signIn("dev");
    await rm(world.cacheDir, { recursive: true });
    world.sandbox.requests.clear();
    const keys = await Promise.all(Array.from({ length: 100 }, async () => keyOf(await ask(endpoint))));
    expect(new Set(keys)).toEqual(new Set([(await cached()).accessKeyId]));
    expect(keys[0]).not.toBe(old);
    expect([world.sandbox.requests.count("sts"), world.sandbox.requests.count("token")]).toEqual([1, 0]);

    const { status, stderr } = await end(endpoint);
    expect(status).toBe(9);
    expect(stderr).toBe(
      "tegata: warning: the AWS credentials ran out and cannot be renewed: a sign-in in the browser is needed\n" +
        "tegata: hint: tegata login dev\n",
    );
  });
});

const python = findProgram("python3");
const hasBoto3 = python !== undefined && spawnSync(python, ["-c", "import boto3"]).status === 0;
const hasCli = findProgram("aws") !== undefined;
const missing = [...(hasBoto3 ? [] : ["boto3"]), ...(hasCli ? [] : ["the AWS CLI"])];

it(`an SDK does not find the endpoint, or fails at the expiry${missing.length === 0 ? "" : ` (without ${missing.join(", ")})`}`, async () => {
  const old = (await cached()).accessKeyId;
  const ends = await almostEnded(4);
  const { endpoint } = world.sandbox.sts;
  const longLived = fileURLToPath(new URL("support/long-lived.py", import.meta.url));
  const clients = [
    refresh([...script("sdk-default-chain.ts"), endpoint]),
    ...(python !== undefined && hasBoto3 ? [refresh([python, longLived, endpoint])] : []),
  ];
  await Promise.all(clients.map((client) => client.stdoutMatching(new RegExp(`^${old} .*/Developer/`))));
  await isPast(ends);
  await world.signIn("dev");
  const renewed = (await cached()).accessKeyId;
  for (const client of clients) {
    client.child.stdin.write("\n");
    await client.stdoutMatching(new RegExp(`\n${renewed} .*/Developer/`));
    client.child.stdin.end("\n");
  }
  expect((await Promise.all(clients.map(({ ended }) => ended))).map(({ status }) => status)).toEqual(
    clients.map(() => 0),
  );
  if (hasCli) {
    const identity = ["aws", "sts", "get-caller-identity", "--endpoint-url", endpoint];
    const { stdout, stderr } = await world.run(["exec", "--refresh", "dev", "--", ...identity]);
    expect(stdout, stderr).toMatch(/assumed-role\/Developer\//);
  }
}, 30_000);

it("keys in the default profile of ~/.aws outrank the endpoint, and the command runs as somebody else", async () => {
  const path = join(world.folder, "home/.aws/credentials");
  await mkdir(join(world.folder, "home/.aws"));
  await writeFile(path, "[default]\naws_access_key_id = AKIA\n");
  const args = ["exec", "--refresh", "dev", "--", "echo", "ran"];
  const refusal = { status: 3, error: `the default profile in ${path} has aws_access_key_id`, hint: "/dev/null" };
  expectRefusal(await world.run(args), refusal, world);
  const env = { AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
  expect(await world.run(args, { env })).toMatchObject({ status: 0, stdout: "ran\n", stderr: "" });
});

describe.runIf(existsSync("/proc/self/stat"))("beside the command", () => {
  /** The process that serves it, by its argument list. */
  async function serving(pid: number): Promise<{ readonly pid: number; readonly commandLine: string }> {
    for (const name of (await readdir("/proc")).filter((each) => /^\d+$/.test(each))) {
      const commandLine = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
      if (commandLine.includes(`\0--pid=${pid}\0`)) {
        return { pid: Number(name), commandLine };
      }
    }
    throw new Error(`nothing serves ${pid}`);
  }

  it("the endpoint shows a secret in its argument list, is the command's child, or ends with a signal for its group", async () => {
    const endpoint = await startEndpoint("binary");
    const { pid, commandLine } = await serving(endpoint.pid);
    expectNoSecret(commandLine, [endpoint.token, ...world.sandbox.secrets().map(({ value }) => value)]);
    expect(await readFile(`/proc/${endpoint.pid}/task/${endpoint.pid}/children`, "utf8")).toBe("");
    // A service manager ends every process of a service; the command may still have something to finish.
    process.kill(pid, "SIGTERM");
    process.kill(pid, "SIGHUP");
    expect((await ask(endpoint)).status).toBe(200);
    await end(endpoint);
  });

  it("killing the endpoint ends the command", async () => {
    const endpoint = await startEndpoint("binary");
    process.kill((await serving(endpoint.pid)).pid, "SIGKILL");
    expect((await end(endpoint)).status).toBe(9);
  });

  it("the endpoint keeps whoever reads the command's output waiting", async () => {
    const started = performance.now();
    await world.run(["exec", "--refresh", "dev", "--", "true"]);
    const direct = performance.now() - started;
    // It looks every half second whether the command still runs.
    expect(direct).toBeLessThan(450);
  });
});
