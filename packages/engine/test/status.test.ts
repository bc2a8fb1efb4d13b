import { afterEach, describe, expect, it } from "vitest";
import { profileNamed, provider, simulatedEngine } from "./support/simulated-engine.ts";
import { simulation, type SimulationOptions } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
afterEach(() => world.close());

const worldWith = async (options: SimulationOptions = {}) => {
  world = await simulation({ ...options, onDisk: true });
  return world;
};

const settings = `${provider}${profileNamed("dev")}${profileNamed("prod")}`;

describe("the status", () => {
  it("tells of every profile what is kept of it, and of the sign-in that they share", async () => {
    await (await worldWith()).signIn("ann");
    const { engine } = await simulatedEngine(world, settings);
    const { profiles, names, warnings } = await engine.status();
    expect(names).toEqual(["dev", "prod"]);
    expect(warnings).toEqual([]);
    expect(profiles).toMatchObject(
      names.map((name) => ({
        profile: name,
        idp: "corp",
        idpKind: "interactive",
        roleArn: `arn:aws:iam::123456789012:role/${name}`,
        credentials: undefined,
        signIn: { subject: "ann", hasRefreshToken: true, storedIn: "file", idTokenExpiresAt: "2030-01-01T01:00:05Z" },
        lastFailure: undefined,
      })),
    );
  });

  it("tells of the named profile alone where one was named", async () => {
    await worldWith();
    const { engine } = await simulatedEngine(world, settings, { positionalProfile: "prod" });
    const { profiles } = await engine.status();
    expect(profiles.map(({ profile }) => profile)).toEqual(["prod"]);
  });

  it("has a reason, and no facts, of a profile that makes no sense", async () => {
    await worldWith();
    const { engine } = await simulatedEngine(world, `${settings}[profile.odd]\n[idp.other]\ntype = "simulated"\n`);
    const { profiles } = await engine.status();
    expect(profiles.at(-1)).toMatchObject({ profile: "odd", idp: undefined, signIn: undefined });
    expect(profiles.at(-1)?.problem).toEqual(["no identity provider is named"]);
  });

  it("counts the credentials of a chain's roles to its profiles, and those of no profile apart", async () => {
    const hub = profileNamed("hub");
    const chained = profileNamed("far", `source_profile = "hub"`).replace(`idp = "corp"\n`, "");
    await (await worldWith()).keepSignIn("ann");
    const both = `${provider}${hub}${chained}`;
    await (await simulatedEngine(world, both, { positionalProfile: "far" })).engine.credentials();
    const { profiles } = await (await simulatedEngine(world, both)).engine.status();
    expect(profiles.map(({ profile, roleArn, credentials }) => [profile, roleArn, credentials?.state])).toEqual([
      ["hub", "arn:aws:iam::123456789012:role/hub", "fresh"],
      ["far", "arn:aws:iam::123456789012:role/far", "fresh"],
    ]);
    const alone = `${provider}${profileNamed("other")}${chained.replace(`"hub"`, `"other"`)}`;
    expect((await (await simulatedEngine(world, alone)).engine.status()).profiles).toHaveLength(4);
  });

  it("counts credentials to the profile that they were got for, not to one that says almost the same", async () => {
    await (await worldWith()).keepSignIn("ann");
    const role = `role_arn = "arn:aws:iam::123456789012:role/shared"\n`;
    const section = (name: string, more: string) => `[profile.${name}]\nidp = "corp"\n${role}${more}`;
    const text = `${provider}${section("short", "")}${section("long", `duration = "2h"\n`)}${section("same", "")}`;
    await (await simulatedEngine(world, text, { positionalProfile: "short" })).engine.credentials();
    const { profiles } = await (await simulatedEngine(world, text)).engine.status();
    expect(profiles.map(({ profile, credentials }) => [profile, credentials?.state])).toEqual([
      ["short", "fresh"],
      ["long", undefined],
      ["same", "fresh"],
    ]);
  });

  it("has nothing secret in it, and sends nothing", async () => {
    await (await worldWith()).signIn("ann");
    const before = { ...world.counts };
    const { engine } = await simulatedEngine(world, settings);
    expect(JSON.stringify(await engine.status())).not.toMatch(/refresh-ann|eyJ/);
    expect(world.counts).toEqual(before);
  });

  it("is an error where the named profile is not there", async () => {
    await worldWith();
    const { engine } = await simulatedEngine(world, settings, { flags: { profile: "nobody" } });
    await expect(engine.status()).rejects.toMatchObject({ code: "usage_invalid" });
  });
});
