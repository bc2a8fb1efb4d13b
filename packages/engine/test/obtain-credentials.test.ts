import { TegataError } from "@tegata/core";
import { failure } from "@tegata/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { simulation, type SimulationOptions } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
afterEach(() => world.close());

const worldWith = async (options: SimulationOptions = {}) => {
  world = await simulation(options);
  return world;
};

describe("many processes with an empty cache", () => {
  it.each([5, 45, 60, 61, 90])(
    "get the credentials of one request to STS and at most two refreshes, with ID tokens of %i s",
    async (idTokenSeconds) => {
      const { keepSignIn, newProcess, counts } = await worldWith({ idTokenSeconds });
      await keepSignIn("ann");
      const records = await Promise.all(Array.from({ length: 20 }, () => newProcess().obtain()));
      expect(new Set(records.map(({ credentials }) => credentials.accessKeyId))).toEqual(new Set(["ASIAann1"]));
      expect(counts.sts).toBe(1);
      expect(counts.token).toBeLessThanOrEqual(2);
    },
  );

  it("of several roles send one request to STS for each and share an ID token", async () => {
    const { keepSignIn, newProcess, counts } = await worldWith({ idTokenSeconds: 60 });
    await keepSignIn("ann");
    const roles = ["A", "B", "C", "D", "E"];
    const runs = roles.flatMap((role) => Array.from({ length: 4 }, () => newProcess().obtain({ role })));
    await Promise.all(runs);
    expect(counts).toEqual({ token: 1, sts: 5, revoke: 0 });
  });

  it("ask a person once, and those who may ask nobody hear at once that a sign-in is needed", async () => {
    const { newProcess, counts, asked } = await worldWith();
    const [first, second, nobody] = await Promise.allSettled([
      newProcess().obtain({ person: "ann" }),
      newProcess().obtain({ person: "ann" }),
      newProcess().obtain(),
    ]);
    expect([first.status, second.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(nobody).toMatchObject({ status: "rejected", reason: { code: "sign_in_required" } });
    expect(asked).toEqual(["ann"]);
    expect(counts).toEqual({ token: 0, sts: 1, revoke: 0 });
  });
});

describe("one process", () => {
  it("sends no request while the stored credentials are fresh", async () => {
    const { keepSignIn, newProcess, counts } = await worldWith();
    await keepSignIn("ann");
    const first = await newProcess().obtain();
    expect(await newProcess().obtain()).toEqual(first);
    expect(counts).toEqual({ token: 1, sts: 1, revoke: 0 });
  });

  it("gets others with `fresh`, with the ID token that it has", async () => {
    const { keepSignIn, newProcess, counts, pass } = await worldWith();
    await keepSignIn("ann");
    const first = await newProcess().obtain();
    await pass(1);
    expect((await newProcess().obtain({ fresh: true })).credentials.accessKeyId).not.toBe(
      first.credentials.accessKeyId,
    );
    expect(counts).toEqual({ token: 1, sts: 2, revoke: 0 });
  });

  it("hands out credentials that are still alive where they cannot be renewed, and prompts nobody", async () => {
    const { keepSignIn, newProcess, fail, asked, pass } = await worldWith({ idTokenSeconds: 30 });
    await keepSignIn("ann");
    const first = await newProcess().obtain();
    await pass(50 * 60_000);
    fail("token", new TegataError("idp_unreachable", "the provider does not answer"));
    expect(await newProcess().obtain({ person: "ann" })).toEqual(first);
    expect(asked).toEqual([]);
  });

  it("fails with the provider's error where no live credentials are left", async () => {
    const { keepSignIn, newProcess, fail } = await worldWith();
    await keepSignIn("ann");
    fail("token", new TegataError("idp_unreachable", "the provider does not answer"));
    await failure(newProcess().obtain(), "idp_unreachable");
  });

  it("tries once more with a new ID token where AWS calls the stored one expired", async () => {
    const { keepSignIn, newProcess, fail, counts, pass } = await worldWith();
    await keepSignIn("ann");
    await newProcess().obtain();
    await pass(1);
    fail("sts", "ExpiredTokenException");
    await newProcess().obtain({ fresh: true });
    expect(counts).toEqual({ token: 2, sts: 3, revoke: 0 });
  });

  it("does not try again when AWS calls a new ID token expired", async () => {
    const { keepSignIn, newProcess, fail, counts } = await worldWith();
    await keepSignIn("ann");
    fail("sts", "ExpiredTokenException");
    await failure(newProcess().obtain(), "sts_id_token_expired");
    expect(counts).toEqual({ token: 1, sts: 1, revoke: 0 });
  });

  it("asks the person where the refresh token is refused", async () => {
    const { keepSignIn, newProcess, fail, asked } = await worldWith();
    await keepSignIn("ann");
    fail("token", new TegataError("sign_in_required", "the session has ended"));
    expect((await newProcess().obtain({ person: "ann" })).subject).toBe("ann");
    expect(asked).toEqual(["ann"]);
  });

  it("gives up where another process is busy for longer than the clients of AWS wait", async () => {
    const { keepSignIn, newProcess } = await worldWith({ answerMilliseconds: 20_000 });
    await keepSignIn("ann");
    const runs = await Promise.allSettled([newProcess().obtain(), newProcess().obtain()]);
    // Either of them may be the one that is busy.
    const [busy, waiting] = runs.toSorted((one, other) => one.status.localeCompare(other.status));
    expect(busy?.status).toBe("fulfilled");
    expect(waiting).toMatchObject({ status: "rejected", reason: { code: "storage_locked" } });
  });
});

describe("a sign-out", () => {
  it.each(["sts", "token"] as const)("during a request (%s) leaves nothing behind, and gives nothing", async (area) => {
    const { keepSignIn, newProcess, hold, signOut, kept, revoked } = await worldWith();
    await keepSignIn("ann");
    const { reached, letGo } = hold(area);
    const run = failure(newProcess().obtain(), "sign_in_required");
    await reached;
    await signOut();
    expect(await kept()).toEqual([]);
    letGo();
    await run;
    expect(await kept()).toEqual([]);
    // The one that was kept when it ended, and the one that a refresh brought after that.
    expect(revoked).toHaveLength(area === "token" ? 2 : 1);
  });
});

describe("another person's sign-in", () => {
  it.each(["sts", "token"] as const)(
    "during a request (%s) counts: what is stored and given is theirs",
    async (area) => {
      const { keepSignIn, newProcess, hold, signIn } = await worldWith();
      await keepSignIn("ann");
      const { reached, letGo } = hold(area);
      const run = newProcess().obtain();
      await reached;
      await signIn("bob");
      letGo();
      expect((await run).subject).toBe("bob");
      expect((await newProcess().obtain()).subject).toBe("bob");
    },
  );

  it("makes the credentials of the one before a miss", async () => {
    const { keepSignIn, newProcess, signIn, counts } = await worldWith();
    await keepSignIn("ann");
    await newProcess().obtain();
    await signIn("bob");
    expect((await newProcess().obtain()).subject).toBe("bob");
    expect(counts.sts).toBe(2);
  });
});
