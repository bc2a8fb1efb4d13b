import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as passes } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromProcess } from "@aws-sdk/credential-providers";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { findProgram } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { cachedCredentials, onlySession } from "./support/records.ts";
import { start } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
let configFile: string;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  configFile = join(world.folder, "home/.aws/config");
  await mkdir(join(world.folder, "home/.aws"));
  const [tegata] = programs.binary;
  await writeFile(configFile, `[profile dev]\ncredential_process = ${tegata} credential-process dev\n`);
  vi.stubEnv("HOME", world.env["HOME"]);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

/** Credentials with a few seconds left, which cannot be renewed before they end. */
async function almostEnded(secondsLeft: number): Promise<void> {
  const credentials = await cachedCredentials(world.cacheDir, world.sandbox.roles.developer);
  const ends = Date.now() + secondsLeft * 1000;
  const record = { ...credentials.record, obtainedAt: ends - 3_600_000 };
  const expiration = `${new Date(ends).toISOString().slice(0, 19)}Z`;
  await writeFile(credentials.path, JSON.stringify({ ...record, credentials: { ...record.credentials, expiration } }));
  const session = await onlySession(world.stateDir);
  await writeFile(session.path, JSON.stringify({ ...session.record, idToken: undefined }));
  world.sandbox.faults.set({ kind: "status", area: "token", status: 503 });
}

const python = findProgram("python3");
const hasBoto3 = python !== undefined && spawnSync(python, ["-c", "import boto3"]).status === 0;

it(`long-lived clients cross an expiry and keep working${hasBoto3 ? "" : " (without boto3, which is not installed)"}`, async () => {
  const { endpoint } = world.sandbox.sts;
  const client = new STSClient({
    region: "us-east-1",
    endpoint,
    credentials: fromProcess({ profile: "dev", configFilepath: configFile }),
  });
  const keyOf = async () => (await client.config.credentials()).accessKeyId;
  const boto3 = hasBoto3
    ? start([python, fileURLToPath(new URL("support/long-lived.py", import.meta.url)), endpoint, "dev"], {
        cwd: world.folder,
        env: { ...world.env, AWS_EC2_METADATA_DISABLED: "true" },
        keepStdinOpen: true,
        limitSeconds: 60,
      })
    : undefined;
  // It is loaded before time is short.
  await boto3?.stdoutMatching(/^ready\n/);
  await almostEnded(8);
  boto3?.child.stdin.write("\n");
  const old = (await cachedCredentials(world.cacheDir, world.sandbox.roles.developer)).record.credentials;

  await client.send(new GetCallerIdentityCommand({}));
  expect(await keyOf()).toBe(old.accessKeyId);
  await boto3?.stdoutMatching(new RegExp(`\n${old.accessKeyId} .*/Developer/`));

  // There is no other way past an expiry than to wait for it.
  await passes(Math.max(0, Date.parse(old.expiration) - Date.now() + 100));
  world.sandbox.faults.clear();

  await client.send(new GetCallerIdentityCommand({}));
  const renewed = await keyOf();
  expect(renewed).not.toBe(old.accessKeyId);
  boto3?.child.stdin.write("\n");
  await boto3?.stdoutMatching(new RegExp(`\n${renewed} .*/Developer/`));
  boto3?.child.stdin.end("\n");
  expect((await boto3?.ended)?.status ?? 0).toBe(0);
}, 60_000);
