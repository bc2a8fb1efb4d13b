import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { endIdToken, onlySession } from "./support/records.ts";
import { expectRefusal } from "./support/refusal.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(async () => {
  await world.signIn("dev");
  await endIdToken(world.stateDir);
  world.sandbox.requests.clear();
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

const renew = () => world.run(["credential-process", "dev", "--fresh"]);
const refreshTokenAtRest = async () => (await onlySession(world.stateDir)).record.refreshToken;
const signInNeeded = { status: 4, error: "a sign-in in the browser is needed", hint: "tegata login dev" };

it("a response that was lost after the rotation ends in one clear 'sign in again', and in no loop", async () => {
  const before = await refreshTokenAtRest();
  world.sandbox.faults.set({ kind: "loseResponse", area: "token", times: 1 });
  expect(await renew()).toMatchObject({ status: 6, stdout: "" });
  expect(await refreshTokenAtRest(), "nobody knows whether it was used").toBe(before);
  expect(world.sandbox.requests.count("token")).toBe(1);

  // The provider takes the second use for theft, and the family is dead.
  world.sandbox.requests.clear();
  expectRefusal(await renew(), signInNeeded, world);
  expect(world.sandbox.requests.count("token")).toBe(1);
  expect(await refreshTokenAtRest()).toBeUndefined();

  world.sandbox.requests.clear();
  expectRefusal(await renew(), signInNeeded, world);
  expect(world.sandbox.requests.all()).toEqual([]);
});

it.each([
  ["a cut connection", { kind: "reset", area: "token" }],
  ["HTTP 503", { kind: "status", area: "token", status: 503 }],
  [
    "HTTP 500 that says invalid_grant",
    { kind: "status", area: "token", status: 500, body: '{"error":"invalid_grant"}' },
  ],
  ["a page", { kind: "status", area: "token", status: 200, body: "<h1>welcome to the hotel</h1>" }],
] as const)("a refresh token is kept, and asked about once, after %s", async (_what, fault) => {
  const before = await refreshTokenAtRest();
  world.sandbox.faults.set(fault);
  expect(await renew()).toMatchObject({ status: 6, stdout: "" });
  expect(world.sandbox.requests.count("token")).toBe(1);
  expect(await refreshTokenAtRest()).toBe(before);
  world.sandbox.faults.clear();
  expect(await renew()).toMatchObject({ status: 0, stderr: "" });
});

it.each(["jwks", "sts"] as const)(
  "a kill while the response of %s is awaited does not lose the rotated refresh token",
  async (area) => {
    const before = await refreshTokenAtRest();
    // New keys, so that there is a request between the rotation and the use of the new ID token.
    await world.sandbox.rotateKeys();
    world.sandbox.faults.set({ kind: "slow", area, milliseconds: 20_000 });
    const running = world.start(["credential-process", "dev", "--fresh"]);
    await expect.poll(() => world.sandbox.requests.count(area)).toBe(1);
    running.child.kill("SIGKILL");
    await running.ended;
    expect(await refreshTokenAtRest()).not.toBe(before);
    world.sandbox.faults.clear();
    expect(await renew()).toMatchObject({ status: 0, stderr: "" });
  },
);

it("another person's tokens, which the refresh token gave, are refused, and the next run needs a sign-in", async () => {
  world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { sub: "auth0|mallory" } } });
  const error = "the refresh token gave another subject";
  expectRefusal(await renew(), { status: 6, error, hint: /^tegata login dev$/ }, world);
  world.sandbox.requests.clear();
  expectRefusal(await renew(), signInNeeded, world);
  expect(world.sandbox.requests.all()).toEqual([]);
});
