import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as passes } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromTegata } from "@tegata/credential-provider";
import { failure } from "@tegata/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { credentialProcessOutput } from "../../../apps/cli/test/support/credential-process-output.ts";
import { ageCredentials, cachedCredentials, endIdToken } from "../../../apps/cli/test/support/records.ts";
import { createWorld, run, settingsOf, type World } from "../../../apps/cli/test/support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
beforeEach(() => {
  vi.stubEnv("HOME", world.env["HOME"]);
  world.sandbox.requests.clear();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  world.sandbox.faults.clear();
  await world.writeSettings(settingsOf(world.sandbox));
});
afterAll(() => world.close());

const sts = () => world.sandbox.requests.count("sts");
const developer = () => world.sandbox.roles.developer;

it("fromTegata and the command line share their credentials, in both directions", async () => {
  const answer = credentialProcessOutput(await world.run(["credential-process", "dev"]));
  world.sandbox.requests.clear();
  expect(await fromTegata({ profile: "dev" })()).toEqual({
    accessKeyId: answer.AccessKeyId,
    secretAccessKey: answer.SecretAccessKey,
    sessionToken: answer.SessionToken,
    expiration: new Date(answer.Expiration),
    accountId: answer.AccountId,
  });
  expect(world.sandbox.requests.all()).toEqual([]);
  await ageCredentials(world.cacheDir, developer(), -1);
  const { accessKeyId } = await fromTegata({ profile: "dev" })();
  expect(accessKeyId).not.toBe(answer.AccessKeyId);
  expect(credentialProcessOutput(await world.run(["credential-process", "dev"])).AccessKeyId).toBe(accessKeyId);
  expect(sts()).toBe(1);
});

it("many that ask at the instant of expiry, in this process and in others, cause one renewal", async () => {
  await ageCredentials(world.cacheDir, developer(), -1);
  const credentials = fromTegata({ profile: "dev" });
  const inside = Array.from({ length: 20 }, async () => (await credentials()).accessKeyId);
  const outside = Array.from(
    { length: 5 },
    async () => credentialProcessOutput(await world.run(["credential-process", "dev"])).AccessKeyId,
  );
  expect(new Set(await Promise.all([...inside, ...outside])).size).toBe(1);
  expect(sts()).toBe(1);
});

it("a client that lives longer than its credentials gets new ones once they have ended", async () => {
  // Seconds before the end, and no way to renew them.
  await ageCredentials(world.cacheDir, developer(), 4 / 60);
  await endIdToken(world.stateDir);
  world.sandbox.faults.set({ kind: "status", area: "token", status: 503 });
  const old = (await cachedCredentials(world.cacheDir, developer())).record.credentials;
  const client = new STSClient({
    region: "us-east-1",
    endpoint: world.sandbox.sts.endpoint,
    credentials: fromTegata({ profile: "dev" }),
  });
  await client.send(new GetCallerIdentityCommand({}));
  expect((await client.config.credentials()).accessKeyId).toBe(old.accessKeyId);
  // There is no other way past an expiry than to wait for it.
  await passes(Math.max(0, Date.parse(old.expiration) - Date.now() + 100));
  world.sandbox.faults.clear();
  await client.send(new GetCallerIdentityCommand({}));
  expect((await client.config.credentials()).accessKeyId).not.toBe(old.accessKeyId);
});

it("without a sign-in the SDK's message names the command that helps, and nobody is asked", async () => {
  const { HOME } = await world.anotherHome();
  vi.stubEnv("HOME", HOME);
  await world.writeSettings(
    settingsOf(world.sandbox).replace("[profile.dev]", '[profile.dev]\nprompt = "always"'),
    `${HOME}/.config/tegata/tegata.toml`,
  );
  const write = vi.spyOn(process.stderr, "write");
  const error = await failure(fromTegata({ profile: "dev" })(), "sign_in_required");
  expect(error.message).toBe("a sign-in in the browser is needed (tegata login dev)");
  expect(write).not.toHaveBeenCalled();
  expect(world.sandbox.requests.all()).toEqual([]);
  expect((await world.run(["status"], { env: { HOME } })).stdout).toContain("a sign-in in the browser is needed");
  write.mockRestore();
});

it("a setting is applied, and a misspelt one is refused", async () => {
  const settings = { role_arn: world.sandbox.roles.readOnly, duration: "15m" };
  const { expiration } = await fromTegata({ profile: "dev", settings })();
  expect(expiration.getTime() - Date.now()).toBeLessThanOrEqual(900_000);
  const error = await failure(fromTegata({ profile: "dev", settings: { role: "x" } })(), "usage_invalid");
  expect(error.message).toContain("there is no setting role");
  await failure(fromTegata({ profile: "nobody" })(), "usage_invalid");
});

const listeners = () => ["SIGINT", "SIGTERM"].map((name) => process.listenerCount(name));
const before = listeners();

it("fromTegata leaves the signals to the program that uses it", async () => {
  await fromTegata({ profile: "dev" })();
  expect(listeners()).toEqual(before);
});

it("the package as it is published serves another program", async () => {
  // A program of somebody else's: it knows the published package and nothing more.
  const consumer = join(world.folder, "consumer.mjs");
  await writeFile(
    consumer,
    `import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromTegata } from "@tegata/credential-provider";

const credentials = fromTegata({ profile: "dev" });
const client = new STSClient({ region: "us-east-1", endpoint: process.argv[2], credentials });
const { Arn } = await client.send(new GetCallerIdentityCommand({}));
console.log((await credentials()).accessKeyId, Arn);
`,
  );
  await symlink(fileURLToPath(new URL("../../../node_modules", import.meta.url)), join(world.folder, "node_modules"));
  const ended = await run([process.execPath, consumer, world.sandbox.sts.endpoint], {
    cwd: world.folder,
    env: world.env,
  });
  // The SDK has its own say on stderr.
  expect(ended).toMatchObject({ status: 0 });
  const { record } = await cachedCredentials(world.cacheDir, developer());
  expect(ended.stdout).toMatch(new RegExp(`^${record.credentials.accessKeyId} arn:aws:sts::.*/Developer/`));
});

it("a client that signs in by itself gets credentials in a library, too, and nobody has to sign in", async () => {
  const { clientId, clientSecret } = await world.sandbox.machine();
  const home = await world.anotherHome();
  vi.stubEnv("HOME", home.HOME);
  vi.stubEnv("ACME_SECRET", clientSecret);
  const settings = {
    idp: "oidc",
    issuer: world.sandbox.oidc.issuer,
    client_id: clientId,
    flow: "client-credentials",
    client_secret_variable: "ACME_SECRET",
    role_arn: developer(),
    region: "us-east-1",
    sts_endpoint: world.sandbox.sts.endpoint,
  };
  const first = await fromTegata({ settings })();
  expect((await fromTegata({ settings })()).accessKeyId).toBe(first.accessKeyId);
  expect([world.sandbox.requests.count("token"), sts()]).toEqual([1, 1]);
  vi.stubEnv("ACME_SECRET", "");
  const { message } = await failure(
    fromTegata({ settings: { ...settings, duration: "2h" } })(),
    "client_credential_invalid",
  );
  expect(message).not.toMatch(/tegata login/);
});
