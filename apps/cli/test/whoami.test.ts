import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as v from "valibot";
import { createWorld, settingsOf, type World } from "./support/world.ts";

const account = "123456789012";
const developer = `arn:aws:iam::${account}:role/Developer`;
const session = `arn:aws:sts::${account}:assumed-role/Developer/ann@example.com`;

let world: World;
beforeAll(async () => {
  world = await createWorld({
    users: [
      {
        name: "Ann",
        email: "ann@example.com",
        id: "65f1",
        groups: [],
        claims: {
          "https://aws.amazon.com/tags": { principal_tags: { Team: ["core"] } },
          "https://aws.amazon.com/source_identity": "ann",
          odd: "\u001B]0;owned\u0007\u202E",
          long: "x".repeat(3000),
        },
      },
    ],
  });
  await world.signIn("dev");
});
afterAll(() => world.close());

const shape = v.record(v.string(), v.unknown());
const read = (stdout: string) => v.parse(shape, JSON.parse(stdout));

describe("tegata whoami", () => {
  it("tells by what is stored who the next command is", async () => {
    const { status, stdout } = await world.run(["whoami", "dev", "--json"]);
    expect(status).toBe(0);
    expect(read(stdout)).toMatchObject({
      profile: "dev",
      issuer: world.sandbox.auth0.issuer,
      email: "ann@example.com",
      account,
      roleArn: developer,
      roleSessionName: "ann@example.com",
      sessionTags: { Team: "core" },
      sourceIdentity: "ann",
    });
  });

  it("tells the session's ARN and its end once there are credentials", async () => {
    await world.run(["json", "dev"]);
    const { stdout } = await world.run(["whoami", "dev", "--json"]);
    expect(read(stdout)).toMatchObject({ assumedRoleArn: session, expiresAt: expect.stringMatching(/Z$/) as unknown });
  });

  it("asks AWS with --verify, and gets the credentials for that where there are none", async () => {
    const env = await world.anotherHome();
    await world.signIn("dev", { env });
    const { status, stdout } = await world.run(["whoami", "dev", "--verify", "--json"], { env });
    expect(status).toBe(0);
    expect(read(stdout)).toMatchObject({
      assumedRoleArn: session,
      caller: {
        accountId: account,
        arn: session,
        userId: expect.stringMatching(/^AROA\w+:ann@example.com$/) as unknown,
      },
    });
  });

  it("ends with 5 where AWS does not take the credentials any more", async () => {
    await world.run(["json", "dev"]);
    world.sandbox.faults.set({
      kind: "stsError",
      code: "ExpiredToken",
      message: "The security token is expired",
      times: 1,
    });
    const { status, stderr } = await world.run(["whoami", "dev", "--verify"]);
    world.sandbox.faults.clear();
    expect(status).toBe(5);
    expect(stderr).toContain("does not take the credentials");
  });

  it("is for people, too, and says what of CloudTrail proves it", async () => {
    const { status, stdout } = await world.run(["whoami", "dev"]);
    expect(status).toBe(0);
    expect(stdout).toContain("ann@example.com, profile dev");
    expect(stdout).toMatch(/account +123456789012/);
    expect(stdout).toMatch(/role +arn:aws:iam::123456789012:role\/Developer/);
    expect(stdout).toMatch(/tags +Team=core/);
    expect(stdout).toMatch(/CloudTrail +the event AssumeRoleWithWebIdentity has the subject "auth0\|65f1"/);
  });

  it("shows the claims sorted, escaped and cut with --claims, and never a token", async () => {
    const { stdout } = await world.run(["whoami", "dev", "--claims"]);
    const names = [...stdout.matchAll(/^ {2}(\S+) {2,}\S/gm)].map(([, name]) => name);
    const claims = names.slice(names.indexOf("CloudTrail") + 1);
    expect(claims).toEqual([...claims].sort((one = "", other = "") => (one < other ? -1 : 1)));
    expect(claims).toContain("sub");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout).not.toContain("x".repeat(600));
    expect(stdout).not.toMatch(/eyJ|ASIA/);
  });

  it("gives programs the claims as they are with --claims --json", async () => {
    const { stdout } = await world.run(["whoami", "dev", "--claims", "--json"]);
    expect(read(stdout)["claims"]).toMatchObject({ sub: "auth0|65f1", odd: "\u001B]0;owned\u0007\u202E" });
    expect(stdout.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("asks nobody: without a sign-in it ends with 4 and the line that signs in", async () => {
    const env = await world.anotherHome();
    const { status, stdout, stderr } = await world.run(["whoami", "dev"], { env });
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
    expect(stderr).toContain("tegata login dev");
  });

  it("is each role of a chain, in order", async () => {
    const home = await world.anotherHome();
    const chain = `\n[profile.far]\nsource_profile = "dev"\nrole_arn = "arn:aws:iam::${account}:role/ReadOnly"\n`;
    const config = join(world.folder, "chain.toml");
    await writeFile(config, `${settingsOf(world.sandbox)}${chain}`, { mode: 0o600 });
    const env = { ...home, TEGATA_CONFIG: config };
    await world.signIn("dev", { env });
    const { stdout } = await world.run(["whoami", "far", "--json"], { env });
    expect(read(stdout)).toMatchObject({
      roleArn: `arn:aws:iam::${account}:role/ReadOnly`,
      roleSessionName: "ann@example.com",
      roles: [{ roleArn: developer }, { roleArn: `arn:aws:iam::${account}:role/ReadOnly` }],
    });
    const { stdout: shown } = await world.run(["whoami", "far"], { env });
    expect(shown).toMatch(/role +\S+role\/Developer[\s\S]*then +\S+role\/ReadOnly/);
  });
});
