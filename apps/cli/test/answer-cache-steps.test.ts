import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxRole } from "@tegata/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { endCredentials, entryFiles, entryMark, storeMarked } from "./support/answer-cache.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

const hub = "arn:aws:iam::123456789012:role/Developer";
const prod = "arn:aws:iam::210987654321:role/Prod";
const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
});

let world: World;
let settings: string;
beforeAll(async () => {
  const role: SandboxRole = {
    arn: prod,
    trustPolicy: () => ({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: hub }, Action: ["sts:AssumeRole", "sts:TagSession"] }],
    }),
  };
  world = await createWorld({ roles: [role] });
  const { sandbox, folder } = world;
  const machine = await sandbox.machine();
  const privateFile = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    await chmod(path, 0o600);
    return path;
  };
  const secret = await privateFile("secret", machine.clientSecret);
  await privateFile("policy.json", policy);
  const key = await privateFile("key.pem", machine.keyPem);
  const client = (name: string, line: string) =>
    `\n[idp.${name}]\ntype = "oidc"\nissuer = "${sandbox.oidc.issuer}"\nclient_id = "${machine.clientId}"\n` +
    `flow = "client-credentials"\n${line}\n`;
  const profile = (name: string, lines: string) =>
    `\n[profile.${name}]\n${lines}\nregion = "us-east-1"\nsts_endpoint = "${sandbox.sts.endpoint}"\n`;
  settings = [
    settingsOf(sandbox),
    client("secret", `client_secret_file = "${secret}"`),
    client("key", `client_key_file = "${key}"\nclient_key_id = "${machine.keyId}"`),
    profile("robot", `idp = "secret"\nrole_arn = "${hub}"`),
    profile("robot-key", `idp = "key"\nrole_arn = "${hub}"`),
    profile("robot-prod", `source_profile = "robot"\nrole_arn = "${prod}"`),
    profile("short", `idp = "acme"\nrole_arn = "${hub}"\nduration = "30m"`),
    profile("prod", `source_profile = "dev"\nrole_arn = "${prod}"`),
  ].join("\n");
  await world.writeSettings(settings);
  await world.signIn("prod");
});
beforeEach(() => world.writeSettings(settings));
afterAll(() => world.close());

const isCached = ({ stdout }: { readonly stdout: string }) => stdout.includes(entryMark);
const run = (profile: string, ...more: readonly string[]) => world.run(["credential-process", profile, ...more]);

describe("cached output of a chain of roles", () => {
  it("is given by every kind of program, and no request is sent", async () => {
    await storeMarked(world, ["credential-process", "prod"]);
    world.sandbox.requests.clear();
    const all = [await run("prod"), await world.run(["credential-process", "prod"], { program: "node" })];
    expect(all.map(isCached)).toEqual([true, true]);
    expect(world.sandbox.requests.all()).toEqual([]);
  });

  it.each<[string, readonly [string, ...string[]], readonly [string, ...string[]]]>([
    ["the role before the last", ["prod"], ["dev"]],
    ["another source of the same role", ["prod"], ["prod", "--source-profile", "short"]],
    ["the same role by a client's own sign-in", ["prod"], ["robot-prod"]],
    ["another session policy", ["prod"], ["prod", "--session-policy-arn", "ReadOnlyAccess"]],
    ["no session policy", ["prod", "--session-policy", policy], ["prod"]],
    ["another session tag", ["prod", "--session-tag", "Team=a"], ["prod", "--session-tag", "Team=b"]],
    ["a person's own role with a session policy", ["dev"], ["dev", "--session-policy-arn", "ReadOnlyAccess"]],
    ["a client that signs in for the same role", ["dev"], ["robot"]],
  ])("is not given to %s", async (_what, [stored, ...flags], [other, ...others]) => {
    await storeMarked(world, ["credential-process", stored, ...flags]);
    const ended = await run(other, ...others);
    expect([ended.status, ended.stderr, isCached(ended)]).toEqual([0, "", false]);
    expect(ended.stdout).toContain("AccessKeyId");
    // And the other one's is not given to the first.
    expect(isCached(await run(stored, ...flags))).toBe(true);
  });

  it.each([
    ["session_policy_arns", `session_policy_arns = ["ReadOnlyAccess"]`],
    ["external_id", `external_id = "ext-1"`],
  ])("is not given after a change of %s in the settings", async (_what, line) => {
    await storeMarked(world, ["credential-process", "prod"]);
    await world.writeSettings(settings.replace("[profile.prod]\n", `[profile.prod]\n${line}\n`));
    const ended = await run("prod");
    expect([ended.status, isCached(ended)]).toEqual([0, false]);
  });

  it("is given neither after the end of its credentials, nor after a sign-out", async () => {
    await world.run(["logout", "--all"]);
    await world.signIn("prod");
    await storeMarked(world, ["credential-process", "prod"]);
    await endCredentials(world.cacheDir, prod);
    const ended = await run("prod");
    expect([ended.status, isCached(ended)]).toEqual([0, false]);
    await storeMarked(world, ["credential-process", "prod"]);
    await world.run(["logout", "prod"]);
    expect((await run("prod")).status).toBe(4);
    await world.signIn("prod");
  });
});

describe("no output is stored", () => {
  it.each<[string, readonly [string, ...string[]]]>([
    [
      "a policy that is a file: the settings stay the same when it changes",
      ["prod", "--session-policy-file", "policy.json"],
    ],
    ["a client that signs in by itself: its secret is looked at each time", ["robot"]],
    ["such a client with a key", ["robot-key"]],
    ["such a client's chain", ["robot-prod"]],
  ])("of %s", async (_what, [profile, ...flags]) => {
    await Promise.all((await entryFiles(world.cacheDir)).map((path) => rm(path)));
    const first = await run(profile, ...flags);
    expect(first.status).toBe(0);
    expect(await entryFiles(world.cacheDir)).toEqual([]);
    // The credentials themselves are stored.
    expect((await run(profile, ...flags)).stdout).toBe(first.stdout);
  });
});
