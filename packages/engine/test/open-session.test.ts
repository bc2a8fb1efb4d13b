import { defineIdp, type InteractiveIdp, signInRequired, TegataError } from "@tegata/core";
import { failure } from "@tegata/testkit";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askPerson, ended, openSession, type SessionRequest } from "../src/session/open-session.ts";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
beforeEach(async () => {
  world = await simulation();
});
afterEach(() => world.close());

const unreachable = new TegataError("idp_unreachable", "the provider does not answer");

function request(): SessionRequest {
  const { idp, sessionKey, time } = world;
  const startedAt = time.clock.now();
  return { idp, sessionKey, patienceMilliseconds: 15_000, startedAt, refusedIdToken: undefined };
}

describe("opening a session", () => {
  it("uses its ID token while that lasts, and leaves the session as it is", async () => {
    await world.signIn("ann");
    const { context } = world.newProcess(({ sessions }) => ({
      sessions: { ...sessions, save: () => Promise.reject(new Error("it was saved")) },
    }));
    const opened = await world.time.run(() => openSession(request(), context));
    expect(opened).toMatchObject({ fromSession: true, idToken: { claims: { sub: "ann" } } });
    expect(world.counts.token).toBe(0);
  });

  it("leaves a session alone of which only the ID token was wanted, no matter what the plugin says of it", async () => {
    await world.keepSignIn("ann");
    const plugin: InteractiveIdp = defineIdp({
      ...world.idp.plugin,
      settings: v.strictObject({}),
      acquire: async (_settings, context) => {
        if (context.refreshToken === undefined) {
          await context.dropRefreshToken({ words: "there is none" });
        }
        throw signInRequired();
      },
    });
    const { context } = world.newProcess();
    const opening = openSession({ ...request(), idp: { ...world.idp, plugin } }, context);
    await failure(
      world.time.run(() => opening),
      "sign_in_required",
    );
    expect(await context.sessions.load(world.sessionKey)).toMatchObject({
      kind: "found",
      record: { refreshToken: "refresh-ann-1" },
    });
  });

  it("says so where the provider's keys cannot be read for the ID token, and spends no refresh token", async () => {
    await world.signIn("ann");
    const { context } = world.newProcess(({ ports }) => ({
      ports: { ...ports, fetch: () => Promise.reject(unreachable) },
    }));
    await failure(
      world.time.run(() => openSession(request(), context)),
      "idp_unreachable",
    );
    expect(world.counts.token).toBe(0);
  });

  it("needs a sign-in where there is no session, or one without a refresh token", async () => {
    const { context } = world.newProcess();
    await failure(
      world.time.run(() => openSession(request(), context)),
      "sign_in_required",
    );
    const session = { issuer: "https://idp.example", subject: "ann", idToken: undefined, refreshToken: undefined };
    await context.sessions.save(world.sessionKey, { ...session, savedAt: 0 });
    await failure(
      world.time.run(() => openSession(request(), context)),
      "sign_in_required",
    );
  });

  it("gives credentials, and a warning, where the renewed session cannot be kept", async () => {
    await world.keepSignIn("ann");
    const runner = world.newProcess(({ sessions }) => ({
      sessions: { ...sessions, save: () => Promise.reject(new TegataError("storage_unwritable", "the disk is full")) },
    }));
    expect((await runner.obtain()).subject).toBe("ann");
    expect(runner.said).toContain("warning: the sign-in cannot be stored: the disk is full");
  });

  it.each([new TegataError("interrupted", "Ctrl-C"), new TypeError("a bug")])(
    "fails where keeping the session ends by %s",
    async (reason) => {
      await world.keepSignIn("ann");
      const runner = world.newProcess(({ sessions }) => ({
        sessions: { ...sessions, save: () => Promise.reject(reason) },
      }));
      await expect(runner.obtain()).rejects.toBe(reason);
    },
  );
});

/** A renewal of ann's that stands at the token endpoint. */
const renewal = async () => {
  await world.keepSignIn("ann");
  const { reached, letGo } = world.hold("token");
  const runner = world.newProcess();
  const run = runner.obtain();
  run.catch(() => undefined);
  await reached;
  return { run, letGo, runner };
};

describe("a session that ends while its refresh token is used", () => {
  it("is not written back where the provider refuses the token then", async () => {
    const { run, letGo } = await renewal();
    await world.signOut();
    world.fail("token", new TegataError("sign_in_required", "the session has ended"));
    letGo();
    await failure(run, "sign_in_required");
    expect(await world.kept()).toEqual([]);
    // The one that the sign-out found; a refused one is worth nothing.
    expect(world.revoked).toEqual(["refresh-ann-1"]);
  });

  it("leaves the new refresh token valid where the same person has signed in again", async () => {
    const { run, letGo, runner } = await renewal();
    await world.signIn("ann");
    letGo();
    expect((await run).subject).toBe("ann");
    expect(world.revoked).toEqual([]);
    expect(runner.said).toContain("its refresh token is not revoked: the same person has signed in again");
  });

  it("is told of where its new refresh token cannot be revoked", async () => {
    const { run, letGo, runner } = await renewal();
    await world.signOut();
    world.refuseRevocation(unreachable);
    letGo();
    await failure(run, "sign_in_required");
    expect(runner.said).toContain(
      "warning: the refresh token of a sign-in that has ended may still live at the provider: the provider does not answer",
    );
  });
});

describe("asking a person", () => {
  it("gives those who wait what the first one has got, also where no session is kept", async () => {
    const nothingKept = () =>
      world.newProcess(({ sessions }) => ({ sessions: { ...sessions, save: () => Promise.resolve(false) } }));
    const runs = [nothingKept(), nothingKept()].map((runner) => runner.obtain({ person: "ann" }));
    const [first, second] = await Promise.all(runs);
    expect(second).toEqual(first);
    expect(world.asked).toEqual(["ann"]);
    expect(world.counts.sts).toBe(1);
  });

  it("ends where the session is signed out while its refresh token is tried first", async () => {
    await world.keepSignIn("ann");
    const { reached, letGo } = world.hold("token");
    const { context } = world.newProcess();
    const asking = world.time.run(() =>
      askPerson<string>(
        { ...request(), promptPerson: world.personWho("ann") },
        () => Promise.resolve(undefined),
        () => Promise.resolve("went on"),
        context,
      ),
    );
    await reached;
    await world.signOut();
    letGo();
    expect(await asking).toBe(ended);
    expect(world.asked).toEqual([]);
  });
});
