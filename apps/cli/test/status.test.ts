import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { instant, matching } from "./support/matching.ts";
import { ageCredentials } from "./support/records.ts";
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

it("status tells a person the same", async () => {
  const ended = await world.run(["status", "dev"]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(ended.stdout).toMatch(
    new RegExp(
      [
        "^dev",
        `  role         ${world.sandbox.roles.developer}`,
        String.raw`  credentials  until (\S+ )?\d\d:\d\d \(in \d+ minutes\)`,
        String.raw`  sign-in      auth0\|\S+ at ${world.sandbox.auth0.issuer}, id token until .+, renewed by refresh token, in a file`,
        "$",
      ].join("\n"),
    ),
  );
  const all = (await world.run(["status"])).stdout;
  expect(all).toContain("plain\n");
  expect(all).toContain("  sign-in      none at plain\n");
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
  expect(stdout).toMatch(/^without a profile\n {2}role {9}\S+\n {2}credentials {2}until /m);
});

it("status goes on past a profile that makes no sense, and says what is wrong with it", async () => {
  const settings = settingsOf(world.sandbox);
  await world.writeSettings(settings.replace('[profile.plain]\nidp = "plain"', "[profile.plain]"));
  const ended = await world.run(["status"]);
  expect(ended.status).toBe(0);
  expect(ended.stdout).toMatch(/^plain\n {2}problem {6}no identity provider is named/m);
  expect(ended.stdout).toMatch(/^readonly\n/m);
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
