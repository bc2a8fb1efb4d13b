import { setImmediate as turn } from "node:timers/promises";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type Fetch, TegataError } from "@tegata/core";
import { idpOidc } from "@tegata/idp-oidc";
import { afterEach, describe, expect, it } from "vitest";
import { createEngine, type Engine } from "../src/engine.ts";
import { systemOfLibrary } from "../src/this-system.ts";
import { shownStep } from "./support/shown-steps.ts";
import { profileNamed, provider, simulatedEngine } from "./support/simulated-engine.ts";
import { simulation, type SimulationOptions } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
const folders: string[] = [];
afterEach(async () => {
  await world?.close();
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

const worldWith = async (options: SimulationOptions = {}) => {
  world = await simulation({ ...options, onDisk: true });
  return world;
};

const settings = `${provider}${profileNamed("dev")}${profileNamed("none").replace('"file"', '"none"')}`;
const options = { isOffline: false, programName: "tegata", versions: ["tegata 0.0.0"] };

async function diagnosed(profile: string, more: Partial<typeof options> = {}) {
  const { engine, said } = await simulatedEngine(world, settings, { positionalProfile: profile });
  const { steps } = await world.time.run(() => engine.diagnose({ ...options, ...more }));
  expect(said).toEqual([]);
  return steps.map(shownStep);
}
const stepOf = (steps: Awaited<ReturnType<typeof diagnosed>>, id: string) => steps.find((step) => step["id"] === id);
const failures = (steps: Awaited<ReturnType<typeof diagnosed>>) =>
  steps.filter(({ state }) => state === "failed").map(({ id, code, hint }) => [id, code, hint]);

describe("a diagnosis", () => {
  it("asks STS once where somebody is signed in, and stores what comes of it", async () => {
    await (await worldWith()).signIn("ann");
    const steps = await diagnosed("dev");
    expect(failures(steps)).toEqual([]);
    expect(world.counts).toMatchObject({ token: 0, sts: 1 });
    expect(stepOf(steps, "sign-in")?.["message"]).toMatch(
      /^ann@example\.com at https:\/\/idp\.example, ID token until/,
    );
    const { engine } = await simulatedEngine(world, settings, { positionalProfile: "dev" });
    const { credentials } = await world.time.run(() => engine.credentials());
    expect([credentials.accessKeyId, world.counts.sts]).toEqual(["ASIAann1", 1]);
  });

  it("renews the sign-in whose ID token has ended, as a run does", async () => {
    await (await worldWith()).keepSignIn("ann");
    const steps = await diagnosed("dev");
    expect(failures(steps)).toEqual([]);
    expect(world.counts).toMatchObject({ token: 1, sts: 1 });
    expect(stepOf(steps, "id-token")?.["message"]).toMatch(/^a new one: iss "https:\/\/idp\.example", aud "tegata"/);
  });

  it("asks for another ID token where AWS says that the stored one has expired, as a run does", async () => {
    await (await worldWith()).signIn("ann");
    world.fail("sts", "ExpiredTokenException");
    expect(failures(await diagnosed("dev"))).toEqual([]);
    expect(world.counts).toMatchObject({ token: 1, sts: 2 });
  });

  it("fails at a sign-in that is missing, with the login of that profile, and asks nobody", async () => {
    await worldWith();
    const steps = await diagnosed("dev");
    expect(failures(steps)).toEqual([["sign-in", "sign_in_required", "login dev"]]);
    expect(world.asked).toEqual([]);
    expect(world.counts).toMatchObject({ token: 0, sts: 0 });
  });

  it("fails at a refresh token that is refused, with the provider's words", async () => {
    await (await worldWith()).keepSignIn("ann");
    world.fail("token", new TegataError("sign_in_required", "it was revoked"));
    const steps = await diagnosed("dev");
    expect(failures(steps)).toMatchObject([["id-token", "sign_in_required", "login dev"]]);
    expect(stepOf(steps, "credentials")).toBeUndefined();
    expect(stepOf(steps, "sts")).toMatchObject({ state: "skipped", message: "not looked at, because of id-token" });
  });

  it("fails at what STS refuses", async () => {
    await (await worldWith()).signIn("ann");
    world.fail("sts", "AccessDenied");
    const steps = await diagnosed("dev");
    expect(failures(steps).map(([id, code]) => [id, code])).toEqual([["credentials", "sts_access_denied"]]);
    expect(stepOf(steps, "credentials")?.["hint"]).toContain(
      "compare the role's trust policy with iss https://idp.example",
    );
    expect(stepOf(steps, "sts")).toMatchObject({ state: "ok" });
  });

  it("says until when stored credentials do, where the sign-in is not stored", async () => {
    await worldWith();
    const { engine } = await simulatedEngine(world, settings, { positionalProfile: "none" });
    const ann = { choose: () => Promise.resolve(world.personWho("ann")), warn: () => undefined };
    await world.time.run(() => engine.signIn(ann));
    const steps = await diagnosed("none");
    expect(failures(steps)).toEqual([]);
    expect(stepOf(steps, "sign-in")).toMatchObject({ state: "warning", hint: "then sign in again: login none" });
    expect(stepOf(steps, "id-token")).toMatchObject({ state: "skipped" });
  });

  it("sends nothing offline, and reads what is stored", async () => {
    await (await worldWith()).signIn("ann");
    const steps = await diagnosed("dev", { isOffline: true });
    expect(world.counts).toMatchObject({ token: 0, sts: 0 });
    expect(stepOf(steps, "stored-token")?.["message"]).toContain('sub "ann"');
    expect(stepOf(steps, "sts")).toMatchObject({ state: "skipped", message: "not asked: this is offline" });
  });
});

/** A clock whose waits pass when nothing else goes on. */
function patientClock(): Clock & { readonly waited: readonly number[] } {
  const waited: number[] = [];
  let now = Date.UTC(2030, 0, 1);
  return {
    now: () => now,
    monotonic: () => now,
    sleep: async (milliseconds, signal) => {
      for (let turns = 0; turns < 50; turns += 1) {
        await turn();
        signal?.throwIfAborted();
      }
      now += milliseconds;
      waited.push(milliseconds);
    },
    waited,
  };
}

/** An engine at a provider that answers by this function. */
async function engineAt(fetch: Fetch, clock: Clock): Promise<Engine> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "tegata-diagnose-")));
  folders.push(base);
  const config = join(base, "tegata.toml");
  await writeFile(
    config,
    `[idp.acme]\ntype = "oidc"\nissuer = "https://idp.example"\nclient_id = "x"\n${profileNamed("dev").replace("corp", "acme")}`,
    { mode: 0o600 },
  );
  const env = { TEGATA_CACHE_DIR: join(base, "cache"), TEGATA_STATE_DIR: join(base, "state"), TEGATA_CONFIG: config };
  return createEngine({
    system: { ...systemOfLibrary(), env, home: base, clock, fetch },
    plugins: { idps: [idpOidc], formats: [] },
    programs: () => Promise.reject(new TegataError("internal", "no program is a plugin here")),
    defaults: {},
    notify: { say: () => undefined, warn: () => undefined, log: () => undefined },
    flags: {},
    positionalProfile: "dev",
    config: undefined,
    isForAwsClient: false,
    ignoresAwsProfile: true,
    mayAskForTrust: false,
  });
}

const never: Fetch = () => new Promise(() => undefined);
const document = {
  issuer: "https://idp.example",
  jwks_uri: "https://idp.example/keys",
  token_endpoint: "https://idp.example/token",
};
const onlyDiscovery: Fetch = (url, init) =>
  url.endsWith("configuration") ? Promise.resolve(Response.json(document)) : never(url, init);

describe("a diagnosis on a network that hangs", () => {
  it("ends after one limit, and looks at all that needs no network", async () => {
    const clock = patientClock();
    const { steps } = await (await engineAt(never, clock)).diagnose(options);
    expect(steps.map(shownStep).filter(({ state }) => state === "failed")).toMatchObject([
      { id: "discovery", code: "idp_unreachable" },
      { id: "sign-in", code: "sign_in_required" },
    ]);
    expect(clock.waited).toEqual([10_000]);
    expect(steps.at(-1)?.id).toBe("versions");
  });

  it("ends after one limit where the keys hang", async () => {
    const clock = patientClock();
    const { steps } = await (await engineAt(onlyDiscovery, clock)).diagnose(options);
    expect(steps.map(shownStep).find(({ state }) => state === "failed")).toMatchObject({
      id: "keys",
      code: "idp_unreachable",
    });
    expect(clock.waited).toEqual([10_000]);
  });

  it("ends when it is interrupted", async () => {
    const interrupted = new TegataError("interrupted", "interrupted");
    const engine = await engineAt(() => Promise.reject(interrupted), patientClock());
    await expect(engine.diagnose(options)).rejects.toBe(interrupted);
  });
});
