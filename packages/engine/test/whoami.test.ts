import { isTegataError } from "@tegata/core";
import { afterEach, describe, expect, it } from "vitest";
import { profileNamed, provider, simulatedEngine } from "./support/simulated-engine.ts";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
afterEach(() => world.close());

const settings = `${provider}${profileNamed("dev")}`;

async function engineOf(text = settings, profile = "dev") {
  const { engine } = await simulatedEngine(world, text, { positionalProfile: profile });
  return engine;
}

describe("who I am", () => {
  it("is a person with a role, and no credentials before they are got", async () => {
    world = await simulation({ onDisk: true });
    await world.signIn("ann");
    const who = await (await engineOf()).whoAmI({ verify: false });
    expect(who).toMatchObject({
      profile: "dev",
      idp: "corp",
      idpKind: "interactive",
      subject: "ann",
      email: "ann@example.com",
      sessionTags: {},
      caller: undefined,
      roles: [
        {
          roleArn: "arn:aws:iam::123456789012:role/dev",
          roleSessionName: "ann@example.com",
          account: "123456789012",
          expiresAt: undefined,
        },
      ],
    });
  });

  it("is the session of the role once there are credentials, by what is stored", async () => {
    world = await simulation({ onDisk: true });
    await world.signIn("ann");
    const engine = await engineOf();
    const { credentials } = await engine.credentials();
    const requests = { ...world.counts };
    const { roles } = await engine.whoAmI({ verify: false });
    expect(roles.map(({ expiresAt }) => expiresAt)).toEqual([credentials.expiration]);
    expect(world.counts).toEqual(requests);
  });

  it("has every claim of the ID token, and never the token", async () => {
    world = await simulation({ onDisk: true });
    await world.signIn("ann");
    const who = await (await engineOf()).whoAmI({ verify: false });
    expect(who.claims).toMatchObject({ sub: "ann", email: "ann@example.com" });
    expect(JSON.stringify(who)).not.toMatch(/eyJ/);
  });

  it("is nobody where nobody is signed in, and the way out is to sign in", async () => {
    world = await simulation({ onDisk: true });
    const error = await (await engineOf()).whoAmI({ verify: false }).catch((thrown: unknown) => thrown);
    expect(isTegataError(error) && error.code).toBe("sign_in_required");
    expect(isTegataError(error) && error.hint).toBe("login dev");
  });

  it("is each link of a chain, in order", async () => {
    world = await simulation({ onDisk: true });
    await world.keepSignIn("ann");
    const chained = profileNamed(
      "far",
      `source_profile = "hub"\nsession_tags = { Team = "core" }\nsource_identity = "ann"`,
    ).replace(`idp = "corp"\n`, "");
    const engine = await engineOf(`${provider}${profileNamed("hub")}${chained}`, "far");
    await engine.credentials();
    const who = await engine.whoAmI({ verify: false });
    expect(who.roles.map(({ roleArn, expiresAt }) => [roleArn, typeof expiresAt])).toEqual([
      ["arn:aws:iam::123456789012:role/hub", "string"],
      ["arn:aws:iam::123456789012:role/far", "string"],
    ]);
    expect(who).toMatchObject({ sessionTags: { Team: "core" }, sourceIdentity: "ann" });
  });
});

describe("the token at hand", () => {
  it("is what stands in the stored ID token, with the request that it is for", async () => {
    world = await simulation({ onDisk: true });
    await world.signIn("ann");
    const at = await (await engineOf()).tokenAtHand(false);
    expect(at).toMatchObject({
      profile: "dev",
      token: { claims: { sub: "ann" } },
      role: { arn: "arn:aws:iam::123456789012:role/dev" },
      roleSessionName: "ann@example.com",
      region: "us-east-1",
      lastFailure: undefined,
    });
    expect(JSON.stringify(at)).not.toMatch(/eyJ/);
  });

  it("is none where nobody is signed in", async () => {
    world = await simulation({ onDisk: true });
    expect((await (await engineOf()).tokenAtHand(true)).token).toBeUndefined();
  });
});
