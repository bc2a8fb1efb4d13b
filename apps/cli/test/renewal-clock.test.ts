import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { forgetDocuments } from "./support/documents.ts";
import { endIdToken, onlySession } from "./support/records.ts";
import { expectRefusal, inWorldOfItsOwn, loginAtTerminal } from "./support/refusal.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

/** The whole world is ahead of this machine, or behind it: the same as a clock here that is behind or ahead. */
const shift = ({ sandbox }: World, minutes: number) => sandbox.faults.set({ kind: "clockSkew", seconds: minutes * 60 });
const renew = () => world.run(["credential-process", "dev", "--fresh"]);
const day = 86_400;

describe.each([4, -4])("a clock that is off by %i minutes", (minutes) => {
  it.concurrent("lets a person sign in", async () => {
    await inWorldOfItsOwn(async (own) => {
      shift(own, minutes);
      await own.signIn("plain");
      const ended = await own.run(["credential-process", "plain", "--fresh"]);
      expect(ended).toMatchObject({ status: 0, stderr: "" });
    });
  });

  it("leaves a renewal at one request", async () => {
    shift(world, minutes);
    await endIdToken(world.stateDir);
    expect(await renew()).toMatchObject({ status: 0, stderr: "" });
    world.sandbox.requests.clear();
    const ended = await renew();
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    const left = Date.parse(credentialProcessOutput(ended).Expiration) - Date.now();
    expect(Math.round(left / 60_000), "Expiration is as AWS says it").toBe(60 + minutes);
    expect(world.sandbox.requests.all().flatMap(({ area, from }) => (from === "client" ? [area] : []))).toEqual([
      "sts",
    ]);
  });
});

describe.each([
  [7, "7 minutes behind"],
  [-7, "7 minutes ahead of"],
])("a clock that is off by %i minutes", (minutes, words) => {
  const refusal = {
    status: 6,
    error: `the clock of this machine is ${words} the servers'`,
    hint: "set the clock of this machine",
  };

  it.concurrent("keeps a person from signing in, and the error says how far it is off", async () => {
    await inWorldOfItsOwn(async (own) => {
      shift(own, minutes);
      expectRefusal(await loginAtTerminal(own, ["plain"]), refusal, own);
      expect(await own.storedFiles()).toEqual([]);
    });
  });

  it("fails a renewal, and does not cost the sign-in", async () => {
    await endIdToken(world.stateDir);
    shift(world, minutes);
    expectRefusal(await renew(), refusal, world);
    world.sandbox.faults.clear();
    expect(await renew()).toMatchObject({ status: 0, stderr: "" });
  });
});

it("a Date that only a proxy can have written does not make a good token bad", async () => {
  await endIdToken(world.stateDir);
  world.sandbox.faults.set({ kind: "clockSkew", seconds: 7200, area: "discovery" });
  world.sandbox.faults.set({ kind: "clockSkew", seconds: 7200, area: "jwks" });
  await forgetDocuments(world.cacheDir);
  expect(await renew()).toMatchObject({ status: 0, stderr: "" });
});

it("a Date of yesterday does not make an ended token good", async () => {
  const now = Math.floor(Date.now() / 1000);
  await endIdToken(world.stateDir);
  // The Date of the token endpoint itself is shifted with its tokens: this one is shifted back.
  const claims = { iat: now - 3600, exp: now - 60 };
  world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims } });
  world.sandbox.faults.set({ kind: "clockSkew", seconds: -day, area: "token" });
  expect(await renew()).toMatchObject({ status: 6, stdout: "" });
  expect((await onlySession(world.stateDir)).record.idToken).toBeUndefined();
});

it("an ID token that AWS finds too old is renewed, although its end is far away", async () => {
  const now = Math.floor(Date.now() / 1000);
  await endIdToken(world.stateDir);
  const old = { iat: now - day + 300, exp: now + day };
  world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: old } });
  expect(await renew()).toMatchObject({ status: 0, stderr: "" });
  world.sandbox.faults.clear();
  world.sandbox.requests.clear();
  expect(await renew()).toMatchObject({ status: 0, stderr: "" });
  expect([world.sandbox.requests.count("token"), world.sandbox.requests.count("sts")]).toEqual([1, 1]);
});
