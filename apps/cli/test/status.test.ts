import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instant, matching } from "./support/matching.ts";
import { ageCredentials } from "./support/records.ts";
import { expectRefusal } from "./support/refusal.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  world.sandbox.requests.clear();
});
afterAll(() => world.close());

it("status tells a program of every profile: what is cached, until when, and which sign-in it came from", async () => {
  const ended = await world.run(["status", "--json"]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  const { developer, readOnly, bobOnly } = world.sandbox.roles;
  const signIn = {
    issuer: world.sandbox.auth0.issuer,
    subject: matching(/^auth0\|/),
    email: "ann@example.com",
    idTokenExpiresAt: instant,
    hasRefreshToken: true,
    savedAt: instant,
    storedIn: "file",
  };
  const idpKind = "interactive";
  expect(JSON.parse(ended.stdout)).toEqual({
    profiles: [
      {
        profile: "dev",
        idp: "acme",
        idpKind,
        roleArn: developer,
        credentials: { state: "fresh", expiresAt: instant },
        signIn,
      },
      { profile: "plain", idp: "plain", idpKind, roleArn: developer },
      { profile: "readonly", idp: "acme", idpKind, roleArn: readOnly, signIn },
      { profile: "bob", idp: "acme", idpKind, roleArn: bobOnly, signIn },
    ],
    cacheDir: world.cacheDir,
    stateDir: world.stateDir,
  });
  expect(world.sandbox.requests.all()).toEqual([]);
});

it("status of a profile tells a person all that is known of it", async () => {
  const ended = await world.run(["status", "dev"]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(ended.stdout).toMatch(
    new RegExp(
      [
        "^dev",
        `  role         ${world.sandbox.roles.developer}`,
        String.raw`  credentials  until (\S+ )?\d\d:\d\d \(in \d+ minutes\)`,
        String.raw`  sign-in      ann@example\.com \(auth0\|\S+\) at ${world.sandbox.auth0.issuer}, ID token until .+, renewed by refresh token, in a file`,
        "$",
      ].join("\n"),
    ),
  );
});

it("status of all has a line for each profile, and one for the sign-in that they share", async () => {
  const { stdout } = await world.run(["status"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toBe("  PROFILE   ACCOUNT       ROLE       CREDENTIALS  SIGN-IN");
  expect(lines.slice(1, 5)).toEqual([
    matching(/^ {2}dev {7}123456789012 {2}Developer {2}\d+ min {7}ann@example\.com$/),
    "  plain     123456789012  Developer  none         none",
    matching(/^ {2}readonly {2}\d{12} {2}ReadOnly {3}none {9}ann@example\.com$/),
    matching(/^ {2}bob {7}\d{12} {2}BobOnly {4}none {9}ann@example\.com$/),
  ]);
  expect(lines.slice(5)).toEqual([
    "",
    matching(/^dev, readonly, bob: sign-in: ann@example\.com \(auth0\|\S+\) at \S+, ID token until .*, in a file$/),
  ]);
  expect(world.sandbox.requests.all()).toEqual([]);
});

it("status marks the profile that a run is about which names none", async () => {
  const marked = async (env: Readonly<Record<string, string>>) =>
    (await world.run(["status"], { env })).stdout.split("\n").filter((line) => line.startsWith("* "));
  expect(await marked({})).toEqual([]);
  expect(await marked({ TEGATA_PROFILE: "plain" })).toEqual([matching(/^\* plain /)]);
  const { stdout } = await world.run(["status"], { env: { TEGATA_PROFILE: "plain" } });
  expect(stdout).toContain("\nplain is chosen by TEGATA_PROFILE\n");
});

describe("status --check", () => {
  it("ends with 0 where the next command asks nobody, and says which sign-in it is", async () => {
    const ended = await world.run(["status", "dev", "--check"]);
    expect(ended).toMatchObject({ status: 0, stdout: "" });
    expect(ended.stderr).toMatch(/^tegata: still signed in as \S+; credentials for Developer until /);
    const json = await world.run(["status", "dev", "--check", "--for", "11h", "--json"]);
    expect(json).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ signedIn: true, profile: "dev", by: "refresh_token" });
    expect((await world.run(["status", "dev", "--check", "--quiet"])).stderr).toBe("");
  });

  it("ends with 4 where a person has to sign in, with the command for that", async () => {
    const refusal = { status: 4, error: "a sign-in is needed", hint: "tegata login plain" };
    expectRefusal(await world.run(["status", "plain", "--check"]), refusal, world);
    const json = await world.run(["status", "plain", "--check", "--json"]);
    expect(json).toMatchObject({ status: 4, stderr: "" });
    expect(JSON.parse(json.stdout)).toEqual({ signedIn: false, profile: "plain" });
    expect(world.sandbox.requests.all()).toEqual([]);
  });

  it("is what --for belongs to", async () => {
    const refusal = { status: 2, error: "--for says nothing without --check", hint: "add --check" };
    expectRefusal(await world.run(["status", "--for", "1h"]), refusal, world);
    const bad = await world.run(["status", "--check", "--for", "soon"]);
    expect(bad).toMatchObject({ status: 2, stdout: "" });
    expect(bad.stderr).toContain('--for: "soon" is not a length of time');
  });
});

it("status tells credentials that are about to end from ended ones, and hands neither out", async () => {
  const { developer } = world.sandbox.roles;
  const stateOf = async () => {
    const { stdout } = await world.run(["status", "dev", "--json"]);
    return /"state":"([^"]*)"/.exec(stdout)?.[1];
  };
  await ageCredentials(world.cacheDir, developer, 10);
  expect(await stateOf()).toBe("about to end");
  await ageCredentials(world.cacheDir, developer, -10);
  expect(await stateOf()).toBe("ended");
  expect((await world.run(["status", "dev"])).stdout).toContain("  credentials  ended\n");
  await ageCredentials(world.cacheDir, developer, 50);
});

it("status shows cached credentials that belong to no profile, for they open the same doors", async () => {
  const { stdout } = await world.run(["status"], { env: { TEGATA_REGION: "eu-central-1" } });
  expect(stdout).toMatch(
    /^credentials of no profile, or with other settings: Developer in 123456789012, until .* \(in \d+ minutes\)$/m,
  );
});

it("status goes on past a profile that makes no sense, and says what is wrong with it", async () => {
  const settings = settingsOf(world.sandbox);
  await world.writeSettings(settings.replace('[profile.plain]\nidp = "plain"', "[profile.plain]"));
  const ended = await world.run(["status"]);
  expect(ended.status).toBe(0);
  expect(ended.stdout).toMatch(/^ {2}plain +\(see below\)$/m);
  expect(ended.stdout).toMatch(/^ {2}readonly +\d{12} +ReadOnly /m);
  expect(ended.stdout).toMatch(/^plain: problem: no identity provider is named/m);
  await world.writeSettings(settings);
});

it("status says so when there is nothing, with and without settings", async () => {
  const env = { HOME: `${world.folder}/nowhere` };
  expect(await world.run(["status"], { env })).toMatchObject({ status: 0, stdout: "nothing is cached\n" });
  const config = `${world.folder}/empty.toml`;
  await writeFile(config, "");
  expect(await world.run(["status", "--config", config], { env })).toMatchObject({
    status: 0,
    stdout: "nothing is cached\n",
  });
  expect(world.sandbox.requests.all()).toEqual([]);
});
