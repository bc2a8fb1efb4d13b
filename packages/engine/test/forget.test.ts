import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TegataError } from "@tegata/core";
import { afterEach, describe, expect, it } from "vitest";
import type { ForgottenSignIn } from "../src/verbs/forget.ts";
import { profileNamed, provider, simulatedEngine } from "./support/simulated-engine.ts";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
afterEach(() => world.close());

const settings = `${provider}${profileNamed("dev")}${profileNamed("prod")}`;

const signedIn = async () => {
  world = await simulation({ onDisk: true });
  await world.signIn("ann");
  await world.newProcess().obtain({ role: "dev" });
};

const forgetAll = async (text = settings) => {
  const { engine } = await simulatedEngine(world, text);
  const told: ForgottenSignIn[] = [];
  const { count, problems } = await engine.forgetAll(async (signIn) => {
    told.push(signIn);
  });
  return { count, problems, told };
};

describe("forgetting the sign-in of a profile", () => {
  it("revokes its refresh token, deletes what came from it, and names who had it too", async () => {
    await signedIn();
    const { engine } = await simulatedEngine(world, settings, { positionalProfile: "prod" });
    expect(await engine.forget()).toEqual({
      idp: "corp",
      profile: "prod",
      sharedWith: ["dev"],
      outcome: "revoked",
      why: undefined,
      oauthError: undefined,
      hadCredentials: true,
      hadRefreshToken: true,
      problem: undefined,
    });
    expect(world.revoked).toHaveLength(1);
    expect(await world.kept()).toEqual([]);
  });

  it("deletes it where the provider does not answer, and has the reason", async () => {
    await signedIn();
    world.refuseRevocation(new TegataError("idp_unreachable", "the provider does not answer"));
    const { engine } = await simulatedEngine(world, settings, { positionalProfile: "dev" });
    expect(await engine.forget()).toMatchObject({
      outcome: "not_revoked",
      why: "the provider does not answer",
      hadRefreshToken: true,
      problem: undefined,
    });
    expect(await world.kept()).toEqual([]);
  });

  it("finds nothing where nobody is signed in", async () => {
    world = await simulation({ onDisk: true });
    const { engine } = await simulatedEngine(world, settings, { positionalProfile: "dev" });
    expect(await engine.forget()).toMatchObject({ outcome: "nothing", hadCredentials: false, problem: undefined });
    expect(world.counts.revoke).toBe(0);
  });

  it("has a problem where a session cannot be read, and deletes it all the same", async () => {
    await signedIn();
    const session = (await world.kept()).find((name) => /^[0-9a-f]{32}\.json$/.test(name)) ?? "";
    await writeFile(join(world.base, "state", session), "no record");
    const { engine } = await simulatedEngine(world, settings, { positionalProfile: "dev" });
    const { outcome, problem } = await engine.forget();
    expect([outcome, problem?.code]).toEqual(["unreadable", "storage_unreadable"]);
    expect(await world.kept()).toEqual([]);
  });
});

describe("forgetting everything of everyone", () => {
  it("tells of each sign-in once, by the first profile that has it", async () => {
    await signedIn();
    const { count, problems, told } = await forgetAll();
    expect(told).toMatchObject([{ idp: "corp", profile: "dev", sharedWith: ["prod"], outcome: "revoked" }]);
    expect([count > 0, problems]).toEqual([true, []]);
    expect(await world.kept()).toEqual([]);
  });

  it("deletes a sign-in that no profile has, which nobody can revoke", async () => {
    await signedIn();
    const { told } = await forgetAll(provider);
    expect(told).toMatchObject([{ idp: undefined, profile: undefined, outcome: "not_revoked", hadRefreshToken: true }]);
    expect([world.revoked, await world.kept()]).toEqual([[], []]);
  });

  it("counts nothing, and tells of nothing, where there is nothing", async () => {
    world = await simulation({ onDisk: true });
    expect(await forgetAll()).toEqual({ count: 0, problems: [], told: [] });
  });

  it.skipIf(process.platform === "win32")("has one problem for a folder of which nothing can be used", async () => {
    await signedIn();
    await chmod(join(world.base, "state"), 0o777);
    const { problems, told } = await forgetAll();
    expect(told.map(({ outcome }) => outcome)).toEqual(["unreadable"]);
    expect(problems).toHaveLength(1);
  });
});
