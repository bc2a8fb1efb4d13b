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

describe("a workload", () => {
  it("gets credentials by a token of its platform, which the next process takes while they are fresh", async () => {
    const { newProcess, workload, counts } = await worldWith();
    const idp = workload("job-1");
    const first = await newProcess().obtain({ idp });
    expect(first).toMatchObject({ subject: "job-1", credentials: { accessKeyId: "ASIAjob-11" } });
    expect(await newProcess().obtain({ idp })).toEqual(first);
    expect(counts).toEqual({ token: 0, sts: 1, revoke: 0 });
  });

  it("shares nothing with another workload on the same machine", async () => {
    const { newProcess, workload, counts } = await worldWith();
    await newProcess().obtain({ idp: workload("job-1") });
    expect((await newProcess().obtain({ idp: workload("job-2") })).subject).toBe("job-2");
    expect(counts.sts).toBe(2);
  });

  it("gets them once, no matter how many of its processes want them", async () => {
    const { newProcess, workload, counts } = await worldWith();
    await Promise.all(Array.from({ length: 10 }, () => newProcess().obtain({ idp: workload("job-1") })));
    expect(counts.sts).toBe(1);
  });

  it("is obtained no second try where AWS calls its token expired: it was new", async () => {
    const { newProcess, workload, fail, counts } = await worldWith();
    fail("sts", "ExpiredTokenException");
    await failure(newProcess().obtain({ idp: workload("job-1") }), "sts_id_token_expired");
    expect(counts.sts).toBe(1);
  });

  it("hands out what still lives where it cannot be renewed", async () => {
    const { newProcess, workload, fail, pass } = await worldWith();
    const first = await newProcess().obtain({ idp: workload("job-1") });
    await pass(50 * 60_000);
    fail("sts", "AccessDenied");
    expect(await newProcess().obtain({ idp: workload("job-1") })).toEqual(first);
  });
});

const unreachable = () => world.fail("token", new TegataError("idp_unreachable", "the provider does not answer"));

/** Ann's, ten minutes before their end, and a renewal that stands at the token endpoint. */
const renewal = async () => {
  await worldWith({ idTokenSeconds: 30 });
  await world.keepSignIn("ann");
  const old = await world.newProcess().obtain();
  await world.pass(50 * 60_000);
  const { reached, letGo } = world.hold("token");
  const interruption = new AbortController();
  const runner = world.newProcess(({ ports }) => ({ ports: { ...ports, signal: interruption.signal } }));
  const run = runner.obtain();
  run.catch(() => undefined);
  await reached;
  return { old, run, letGo, interruption };
};

describe("old credentials that still live", () => {
  it("are not handed out any more after a sign-out", async () => {
    const { run, letGo } = await renewal();
    await world.signOut();
    unreachable();
    letGo();
    await failure(run, "idp_unreachable");
  });

  it("are not handed out where the session beside them is another person's", async () => {
    const { run, letGo } = await renewal();
    const { sessions } = world.newProcess().context;
    const bob = { issuer: "https://idp.example", subject: "bob", generation: "b".repeat(32), savedAt: 0 };
    await sessions.save(world.sessionKey, { ...bob, idToken: undefined, refreshToken: undefined });
    unreachable();
    letGo();
    await failure(run, "idp_unreachable");
  });

  it("give way to those that another process has got meanwhile", async () => {
    const { old, run, letGo } = await renewal();
    const { context } = world.newProcess();
    const [kept] = await context.cache.list();
    expect(kept?.credentials).toEqual(old.credentials);
    const credentials = { ...old.credentials, accessKeyId: "ASIAother" };
    await context.cache.store(kept?.key ?? { session: "", digest: "" }, { ...old, credentials });
    unreachable();
    letGo();
    expect((await run).credentials.accessKeyId).toBe("ASIAother");
  });

  it("are no answer to Ctrl-C", async () => {
    const { run, letGo, interruption } = await renewal();
    world.fail("token", new TegataError("interrupted", "Ctrl-C"));
    interruption.abort(new TegataError("interrupted", "Ctrl-C"));
    letGo();
    await failure(run, "interrupted");
  });

  it("are handed out at once where another process is busy renewing them", async () => {
    const { old, run, letGo } = await renewal();
    expect(await world.newProcess().obtain()).toEqual(old);
    letGo();
    expect((await run).credentials.accessKeyId).not.toBe(old.credentials.accessKeyId);
  });
});

describe("a run whose sign-in ends again and again", () => {
  it("begins three times and then needs a sign-in", async () => {
    const { keepSignIn, newProcess, hold, signIn, counts } = await worldWith();
    await keepSignIn("ann");
    let held = hold("sts");
    const run = failure(newProcess().obtain(), "sign_in_required");
    for (const next of ["bob", "carol", "dan"]) {
      await held.reached;
      const { letGo } = held;
      held = hold("sts");
      await signIn(next);
      letGo();
    }
    await run;
    expect(counts.sts).toBe(3);
  });

  it("forgets the documents of the provider that it has read where nobody is signed in any more", async () => {
    const { keepSignIn, newProcess, hold, signOut } = await worldWith();
    await keepSignIn("ann");
    const { reached, letGo } = hold("sts");
    let forgotten = 0;
    const documents = {
      forgetOwn: async () => {
        forgotten += 1;
      },
    };
    const run = failure(newProcess(() => ({ documents })).obtain(), "sign_in_required");
    await reached;
    await signOut();
    letGo();
    await run;
    expect(forgotten).toBe(1);
    await failure(newProcess(() => ({ documents })).obtain(), "sign_in_required");
    expect(forgotten).toBe(1);
  });

  it("needs a sign-in where that happens while it gets a second ID token for AWS", async () => {
    const { keepSignIn, newProcess, hold, fail, signOut, pass } = await worldWith();
    await keepSignIn("ann");
    await newProcess().obtain();
    await pass(1);
    fail("sts", "ExpiredTokenException");
    const { reached, letGo } = hold("token");
    const run = failure(newProcess().obtain({ fresh: true }), "sign_in_required");
    await reached;
    await signOut();
    letGo();
    await run;
  });
});

describe("a person who may be asked", () => {
  it("is not asked where the provider is only out of reach", async () => {
    const { keepSignIn, newProcess, fail, asked } = await worldWith();
    await keepSignIn("ann");
    fail("token", new TegataError("idp_unreachable", "the provider does not answer"));
    await failure(newProcess().obtain({ person: "ann" }), "idp_unreachable");
    expect(asked).toEqual([]);
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
    "during a request (%s) counts: what is stored and obtained is theirs",
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

  it("makes them a miss also where they could not be forgotten", async () => {
    const { keepSignIn, newProcess, sessionKey, counts } = await worldWith({ idTokenSeconds: 30 });
    await keepSignIn("ann");
    await newProcess().obtain();
    const { sessions } = newProcess().context;
    const loaded = await sessions.load(sessionKey);
    await sessions.save(sessionKey, {
      issuer: "https://idp.example",
      subject: "ann",
      idToken: undefined,
      refreshToken: undefined,
      savedAt: 0,
      ...(loaded.kind === "found" ? loaded.record : {}),
      generation: "b".repeat(32),
    });
    const runner = newProcess();
    await runner.obtain();
    expect(runner.said).toContain("no cached credentials: they are of an earlier sign-in");
    expect(counts.sts).toBe(2);
  });
});
