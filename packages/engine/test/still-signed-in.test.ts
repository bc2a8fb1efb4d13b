import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { profileNamed, provider, simulatedEngine } from "./support/simulated-engine.ts";
import { simulation, type SimulationOptions } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
afterEach(() => world.close());

async function engineIn(options: SimulationOptions = {}, isSignedIn = true) {
  world = await simulation({ ...options, onDisk: true });
  if (isSignedIn) {
    await world.signIn("ann");
  }
  const { engine } = await simulatedEngine(world, `${provider}${profileNamed("dev")}`);
  return engine;
}

const filesOf = async (folder: string) => {
  const names = await readdir(join(world.base, folder)).catch(() => []);
  return Promise.all(
    names.sort((a, b) => (a < b ? -1 : 1)).map((name) => readFile(join(world.base, folder, name), "utf8")),
  );
};

describe("what is there", () => {
  it("is nothing where nobody is signed in", async () => {
    const engine = await engineIn({}, false);
    expect(await engine.stillSignedIn()).toBeUndefined();
  });

  it("is a sign-in that has a refresh token, for as long as anybody asks", async () => {
    const engine = await engineIn();
    expect(await engine.stillSignedIn(86_400)).toMatchObject({
      profile: "dev",
      subject: "ann",
      role: { roleName: "dev" },
      by: "refresh_token",
      expiresAt: undefined,
    });
  });

  it("is the credentials, where they last", async () => {
    const engine = await engineIn();
    const { credentials } = await engine.credentials();
    const { expiration } = credentials;
    expect(await engine.stillSignedIn()).toMatchObject({ by: "credentials", expiresAt: expiration });
    expect(await engine.stillSignedIn(3000)).toMatchObject({ by: "credentials", expiresAt: expiration });
    expect(await engine.stillSignedIn(4000)).toMatchObject({ by: "refresh_token" });
  });

  it("is an error that names the login where something else is wanted, and nobody is signed in", async () => {
    const engine = await engineIn({}, false);
    await expect(engine.signedInFor(3600)).rejects.toMatchObject({
      code: "sign_in_required",
      message: "a sign-in is needed for that long",
      hint: "login dev",
    });
  });

  it("sends nothing and writes nothing", async () => {
    const engine = await engineIn();
    const before = { counts: { ...world.counts }, state: await filesOf("state"), cache: await filesOf("cache") };
    await engine.stillSignedIn();
    expect({ counts: world.counts, state: await filesOf("state"), cache: await filesOf("cache") }).toEqual(before);
  });
});
