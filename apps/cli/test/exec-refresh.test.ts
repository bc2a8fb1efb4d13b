import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as passes } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expectNoSecret } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instant, matching } from "./support/matching.ts";
import { findProgram, need } from "./support/needs.ts";
import { programs, script, type ProgramName } from "./support/programs.ts";
import { cachedCredentials, onlySession } from "./support/records.ts";
import { expectRefusal, inWorldOfItsOwn } from "./support/refusal.ts";
import { start, type Running } from "./support/run.ts";
import { shellWords } from "./support/shell-words.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterAll(() => world.close());

/** In a process beside the command, or in the one that runs it. */
const both: readonly ProgramName[] = ["binary", "node"];
const refresh = ["exec", "--refresh", "dev", "--"];

interface Endpoint {
  readonly running: Running;
  readonly pid: number;
  readonly url: string;
  readonly token: string;
}

/** A command that says what it got, and ends when stdin does. */
const holder = [
  "sh",
  "-c",
  "echo $$ $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; read line; exit 9",
];

async function startEndpoint(inWorld: World, program: ProgramName, stderr?: string): Promise<Endpoint> {
  const words = shellWords([...programs[program], ...refresh, ...holder]);
  const running = start(["/bin/sh", "-c", `exec ${words} ${stderr === undefined ? "" : `2>${stderr}`}`], {
    cwd: inWorld.folder,
    env: inWorld.env,
    keepStdinOpen: true,
    limitSeconds: 90,
  });
  const [, pid = "", url = "", token = ""] = await running.stdoutMatching(/^(\d+) (\S+) (\S+)\n/);
  return { running, pid: Number(pid), url, token };
}

const end = async ({ running }: Endpoint) => {
  running.child.stdin.end("\n");
  return running.ended;
};

const ask = ({ url, token }: Endpoint) => fetch(url, { headers: { Authorization: token } });

const responseSchema = v.strictObject({
  AccessKeyId: v.string(),
  SecretAccessKey: v.string(),
  Token: v.string(),
  Expiration: v.string(),
  AccountId: v.string(),
});
const keyOf = async (answer: Response) => v.parse(responseSchema, await answer.json()).AccessKeyId;

const cachedIn = async ({ cacheDir, sandbox }: World) =>
  (await cachedCredentials(cacheDir, sandbox.roles.developer)).record.credentials;

/** Credentials with a few seconds left, and no sign-in to renew them by. */
async function almostEnded({ cacheDir, stateDir, sandbox }: World, secondsLeft: number): Promise<number> {
  const { path, record } = await cachedCredentials(cacheDir, sandbox.roles.developer);
  const ends = Math.floor(Date.now() / 1000 + secondsLeft) * 1000;
  const expiration = `${new Date(ends).toISOString().slice(0, 19)}Z`;
  const credentials = { ...record.credentials, expiration };
  await writeFile(path, JSON.stringify({ ...record, credentials, obtainedAt: ends - 3_600_000 }));
  await rm((await onlySession(stateDir)).path);
  return ends;
}

/** There is no other way past an expiry than to wait for it. */
const isPast = (instantMilliseconds: number) => passes(Math.max(0, instantMilliseconds - Date.now() + 100));

/** The process beside a command, by its argument list. */
async function serving(pid: number): Promise<{ readonly pid: number; readonly commandLine: string }> {
  for (const name of (await readdir("/proc")).filter((each) => /^\d+$/.test(each))) {
    const commandLine = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (commandLine.endsWith(`\0--pid=${pid}\0`)) {
      return { pid: Number(name), commandLine };
    }
  }
  throw new Error(`nothing serves ${pid}`);
}

/** Where stdout and stderr of a process lead. */
const outputOf = (pid: number) => Promise.all([1, 2].map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`)));

describe.each(both)("with %s", (program) => {
  it("the command gets the endpoint and a region, and nothing that outranks the endpoint", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIA", AWS_PROFILE: "x", AWS_WEB_IDENTITY_TOKEN_FILE: "/x", OTHER: "kept" };
    const ended = await world.run([...refresh, "env"], { program, env });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    const lines = ended.stdout.trim().split("\n");
    expect(Object.fromEntries(lines.map((line) => [line.split("=", 1)[0], line.replace(/^.*?=/, "")]))).toEqual({
      ...world.env,
      OTHER: "kept",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: matching(/^http:\/\/127\.0\.0\.1:\d+\/credentials$/),
      AWS_CONTAINER_AUTHORIZATION_TOKEN: matching(/^[\w-]{43}$/),
      TEGATA_EXEC: "dev",
      TEGATA_PROFILE: "dev",
      NO_PROXY: "127.0.0.1",
      no_proxy: "127.0.0.1",
    });
  });

  it("the endpoint's address stands behind what the person keeps from proxies", async () => {
    const code = 'printf "%s;%s;%s" "$NO_PROXY" "$no_proxy" "$HTTP_PROXY"';
    const env = { HTTP_PROXY: "http://proxy.example:3128", NO_PROXY: `localhost,127.0.0.0/8`, no_proxy: "" };
    expect(await world.run([...refresh, "sh", "-c", code], { program, env })).toMatchObject({
      status: 0,
      stdout: "localhost,127.0.0.0/8,127.0.0.1;127.0.0.1;http://proxy.example:3128",
    });
  });

  it("the endpoint gives keys for the token only, and ends with the command", async () => {
    const endpoint = await startEndpoint(world, program);
    const { url, token } = endpoint;
    const answer = await ask(endpoint);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ AccessKeyId: (await cachedIn(world)).accessKeyId, Expiration: instant }),
    ]);
    const refused = await Promise.all([
      fetch(url),
      fetch(url, { headers: { Authorization: `${token}x` } }),
      fetch(url, { method: "POST", headers: { Authorization: token } }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 405]);

    // A connection that is kept for the next question.
    const idle = connect(Number(new URL(url).port), "127.0.0.1");
    const closed = new Promise((resolve) => idle.once("close", resolve));
    const answered = new Promise((resolve) => idle.once("data", resolve));
    idle.on("error", () => undefined).write("GET /credentials HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    await answered;
    expect(await end(endpoint)).toMatchObject({ status: 9, stderr: "" });
    await closed;
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("a command that ends at once keeps its status, and nothing else is said", async () => {
    const ended = await world.run([...refresh, "sh", "-c", "exit 3"], { program });
    expect(ended).toEqual({ status: 3, signal: null, stdout: "", stderr: "" });
  });
});

// An expiry has to be waited for, and three programs started before it.
describe.concurrent("past the expiry", { timeout: 90_000 }, () => {
  it("nobody is asked, a person is told once, and many requests cause one renewal", () =>
    inWorldOfItsOwn(async (own) => {
      await own.signIn("dev");
      const old = (await cachedIn(own)).accessKeyId;
      const ends = await almostEnded(own, 10);
      const endpoints = await Promise.all([
        startEndpoint(own, "binary"),
        startEndpoint(own, "binary", "said"),
        startEndpoint(own, "node"),
      ]);
      for (const endpoint of endpoints) {
        expect(await keyOf(await ask(endpoint))).toBe(old);
      }
      await isPast(ends);
      for (const endpoint of endpoints) {
        const [first, second] = await Promise.all([ask(endpoint), ask(endpoint)]);
        expect([first.status, second.status, (await ask(endpoint)).status]).toEqual([403, 403, 403]);
        expect(await first.json()).toMatchObject({
          Code: "sign_in_required",
          message: "a sign-in in the browser is needed: tegata login dev",
        });
      }
      // As the hint says, in another window.
      await own.signIn("dev");
      for (const endpoint of endpoints) {
        await rm(own.cacheDir, { recursive: true });
        own.sandbox.requests.clear();
        const keys = await Promise.all(Array.from({ length: 100 }, async () => keyOf(await ask(endpoint))));
        expect(new Set(keys)).toEqual(new Set([(await cachedIn(own)).accessKeyId]));
        expect(keys).not.toContain(old);
        expect([own.sandbox.requests.count("sts"), own.sandbox.requests.count("token")]).toEqual([1, 0]);
      }
      const runs = await Promise.all(endpoints.map((endpoint) => end(endpoint)));
      expect(runs.map(({ status }) => status)).toEqual([9, 9, 9]);
      const said =
        "tegata: warning: the AWS credentials ran out and cannot be renewed: a sign-in in the browser is needed\n" +
        "tegata: hint: tegata login dev\n";
      expect(runs.map(({ stderr }) => stderr)).toEqual([said, "", said]);
      expect(await readFile(join(own.folder, "said"), "utf8")).toBe(said);
    }));

  it("a file that the command opens in place of its stderr gets no word of tegata", () =>
    inWorldOfItsOwn(async (own) => {
      await own.signIn("dev");
      const ends = await almostEnded(own, 10);
      const swap = `while read -r word; do
        case $word in
          data) exec 2>&- 2>>data.csv ;;
          end) exit 9 ;;
        esac
        echo "$word $$ $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN"
      done`;
      const starts = [undefined, "said-there"].map((stderr) => {
        const words = shellWords([...programs.binary, ...refresh, "sh", "-c", swap]);
        return start(["/bin/sh", "-c", `exec ${words} ${stderr === undefined ? "" : `2>${stderr}`}`], {
          cwd: own.folder,
          env: own.env,
          keepStdinOpen: true,
          limitSeconds: 90,
        });
      });
      const files = await Promise.all(
        starts.map(async (running) => {
          running.child.stdin.write("data\n");
          const [, pid = "", url = "", token = ""] = await running.stdoutMatching(/^data (\d+) (\S+) (\S+)\n/);
          return { running, endpoint: { running, pid: Number(pid), url, token } };
        }),
      );
      await isPast(ends);
      for (const { endpoint } of files) {
        expect((await ask(endpoint)).status).toBe(403);
      }
      expect(await readFile(join(own.folder, "data.csv"), "utf8")).toBe("");
      for (const { running } of files) {
        running.child.stdin.end("end\n");
        expect(await running.ended).toMatchObject({ status: 9, stderr: "" });
      }
      expect(await readFile(join(own.folder, "said-there"), "utf8")).toBe("");
    }));

  const python = findProgram("python3");
  const hasBoto3 = python !== undefined && spawnSync(python, ["-c", "import boto3"]).status === 0;
  const without = hasBoto3 ? "" : " (without boto3, which is not installed)";

  it(`an SDK finds the endpoint, and gets the renewed keys from it${without}`, () =>
    inWorldOfItsOwn(async (own) => {
      await own.signIn("dev");
      const old = (await cachedIn(own)).accessKeyId;
      const ends = await almostEnded(own, 10);
      const { endpoint } = own.sandbox.sts;
      const longLived = fileURLToPath(new URL("support/long-lived.py", import.meta.url));
      const env = { AWS_EC2_METADATA_DISABLED: "true" };
      const run = (...command: string[]) =>
        own.start([...refresh, ...command], { keepStdinOpen: true, limitSeconds: 90, env });
      const clients = [
        run(...script("sdk-default-chain.ts"), endpoint),
        ...(hasBoto3 ? [run(python, longLived, endpoint)] : []),
      ];
      clients[1]?.child.stdin.write("\n");
      await Promise.all(clients.map((client) => client.stdoutMatching(new RegExp(`^(ready\n)?${old} .*/Developer/`))));
      await isPast(ends);
      await own.signIn("dev");
      const renewed = (await cachedIn(own)).accessKeyId;
      for (const client of clients) {
        client.child.stdin.write("\n");
        await client.stdoutMatching(new RegExp(`\n${renewed} .*/Developer/`));
        client.child.stdin.end("\n");
      }
      const runs = await Promise.all(clients.map(({ ended }) => ended));
      expect(runs.map(({ status }) => status)).toEqual(clients.map(() => 0));
    }));
});

it.each([
  ["a sign-out", (own: World) => own.run(["logout", "dev"]), "a sign-in in the browser is needed: tegata login dev"],
  [
    "another person's sign-in",
    (own: World) => own.login("dev", { as: "bob@example.com" }),
    "someone else has signed in since this command was started: tegata login dev",
  ],
] as const)(
  "after %s the endpoint gives nothing, and after the first person's next sign-in it does",
  (_what, change, message) =>
    inWorldOfItsOwn(async (own) => {
      await own.signIn("dev", { as: "ann@example.com" });
      const ann = (await cachedIn(own)).accessKeyId;
      const endpoints = await Promise.all(both.map((program) => startEndpoint(own, program)));
      expect(await Promise.all(endpoints.map(async (endpoint) => keyOf(await ask(endpoint))))).toEqual([ann, ann]);
      await change(own);
      for (const endpoint of endpoints) {
        const refused = await ask(endpoint);
        expect(refused.status).toBe(403);
        expect(await refused.json()).toMatchObject({ Code: "sign_in_required", message });
      }
      await own.signIn("dev", { as: "ann@example.com" });
      for (const endpoint of endpoints) {
        expect(await keyOf(await ask(endpoint))).toBe((await cachedIn(own)).accessKeyId);
        await end(endpoint);
      }
    }),
);

it("a client of .NET reaches the endpoint past the proxy, and shows the reason of a refusal", async (context) => {
  const pwsh = need("pwsh", context);
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(502).end();
  });
  const port = await new Promise<number>((resolve) => {
    proxy.listen(0, "127.0.0.1", () => {
      const address = proxy.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  const code = `$client = [Net.Http.HttpClient]::new()
    $ask = { param($token) $question = [Net.Http.HttpRequestMessage]::new('GET', $env:AWS_CONTAINER_CREDENTIALS_FULL_URI)
      $null = $question.Headers.TryAddWithoutValidation('Authorization', $token)
      $answer = $client.Send($question)
      "$([int]$answer.StatusCode) $($answer.ReasonPhrase)" }
    & $ask $env:AWS_CONTAINER_AUTHORIZATION_TOKEN
    & $ask wrong`;
  const address = `http://127.0.0.1:${port}`;
  const env = { HTTP_PROXY: address, ALL_PROXY: address, NO_PROXY: "sts.example", DOTNET_CLI_TELEMETRY_OPTOUT: "1" };
  // The sandbox is asked for nothing: the credentials are there.
  const { stdout } = await world.run([...refresh, pwsh, "-NoProfile", "-NonInteractive", "-Command", code], {
    env: { ...env, POWERSHELL_TELEMETRY_OPTOUT: "1", POWERSHELL_UPDATECHECK: "Off" },
  });
  proxy.close();
  expect(stdout.trim().split(/\r?\n/)).toEqual(["200 OK", "401 the authorization token is missing or wrong"]);
  expect(asked).toEqual([]);
});

it("the AWS CLI finds the endpoint", async (context) => {
  const cli = [need("aws", context), "sts", "get-caller-identity", "--endpoint-url", world.sandbox.sts.endpoint];
  const { stdout } = await world.run([...refresh, ...cli]);
  expect(stdout).toMatch(/assumed-role\/Developer\//);
});

it("a refused client finds the reason in the status line, without a word from outside", () =>
  inWorldOfItsOwn(async (own) => {
    await own.signIn("dev");
    const ends = await almostEnded(own, 10);
    const endpoint = await startEndpoint(own, "binary");
    await isPast(ends);
    const answer = await ask(endpoint);
    expect([answer.status, answer.statusText]).toEqual([403, "a sign-in is needed: tegata login dev"]);
    const strange = await fetch(endpoint.url);
    expect([strange.status, strange.statusText]).toEqual([401, "the authorization token is missing or wrong"]);
    await end(endpoint);
  }));

it.each([
  ["credentials", "[default]\n  aws_access_key_id = AKIA\n  aws_secret_access_key = x\n", {}],
  ["credentials", "\ufeff[default]\r\naws_access_key_id = AKIA\r\n", {}],
  ["credentials", "[profile default]\naws_access_key_id = AKIA\n", {}],
  ["config", '[profile "default"]\nrole_arn = x\n', {}],
  ["credentials", "[default]\naws_access_key_id = AKIA\n", { AWS_SHARED_CREDENTIALS_FILE: "/nonexistent" }],
  ["credentials", "[default]\naws_access_key_id = AKIA\n", { AWS_SHARED_CREDENTIALS_FILE: "/" }],
  ["credentials", "[default]\naws_access_key_id = AKIA\n", { AWS_SHARED_CREDENTIALS_FILE: "~/.aws/none" }],
  ["config", "[default]\nsso_session = x\n", { AWS_CONFIG_FILE: "~/.aws/none" }],
])("what an SDK sees in the %s file is refused: %j, with %j", async (name, text, variables) => {
  const { HOME } = await world.anotherHome();
  await mkdir(join(HOME, ".aws"));
  await writeFile(join(HOME, ".aws", name), text);
  const env = { HOME, XDG_CACHE_HOME: join(world.folder, "home/.cache"), ...variables };
  const error = `the default profile in ${join(HOME, ".aws", name)} has `;
  expectRefusal(await world.run([...refresh, "true"], { env }), { status: 3, error, hint: "=/dev/null" }, world);
});

it("keys in the default profile of ~/.aws, which outrank the endpoint, are refused until they are hidden", async () => {
  const { HOME } = await world.anotherHome();
  const path = join(HOME, ".aws/credentials");
  await mkdir(join(HOME, ".aws"));
  await writeFile(path, "[default]\naws_access_key_id = AKIA\n");
  const env = { HOME, XDG_CACHE_HOME: join(world.folder, "home/.cache") };
  const refusal = { status: 3, error: `the default profile in ${path} has aws_access_key_id`, hint: "/dev/null" };
  expectRefusal(await world.run([...refresh, "true"], { env }), refusal, world);
  const hidden = await world.run([...refresh, "echo", "ran"], {
    env: { ...env, AWS_SHARED_CREDENTIALS_FILE: "/dev/null" },
  });
  expect(hidden).toMatchObject({ status: 0, stdout: "ran\n", stderr: "" });
});

describe.runIf(existsSync("/proc/self/stat"))("beside the command", () => {
  it("the endpoint has no secret in its arguments, is not the command's child, and outlives a signal for a whole service", async () => {
    const endpoint = await startEndpoint(world, "binary");
    const { pid, commandLine } = await serving(endpoint.pid);
    expectNoSecret(commandLine, [endpoint.token, ...world.sandbox.secrets().map(({ value }) => value)]);
    expect(await readFile(`/proc/${endpoint.pid}/task/${endpoint.pid}/children`, "utf8")).toBe("");
    process.kill(pid, "SIGTERM");
    process.kill(pid, "SIGHUP");
    expect((await ask(endpoint)).status).toBe(200);
    await end(endpoint);
  });

  it("the endpoint does not hold the command's output open", async () => {
    const endpoint = await startEndpoint(world, "binary", "said-nothing");
    const { pid } = await serving(endpoint.pid);
    const ofCommand = await outputOf(endpoint.pid);
    expect(ofCommand[1]).toMatch(/said-nothing$/);
    expect((await outputOf(pid)).filter((target) => ofCommand.includes(target))).toEqual([]);
    await end(endpoint);
  });

  it("the command outlives the endpoint when that is killed", async () => {
    const endpoint = await startEndpoint(world, "binary");
    process.kill((await serving(endpoint.pid)).pid, "SIGKILL");
    expect((await end(endpoint)).status).toBe(9);
  });
});
