import { TegataError } from "@tegata/core";
import { failure } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endSignIn } from "../src/session/stored-sign-in.ts";
import { sessionKeyOf } from "../src/credentials/cache-key.ts";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
beforeEach(async () => {
  world = await simulation();
});
afterEach(() => world.close());

const minute = 60_000;
const prod = { role: "Hub", chain: ["Prod"] };

describe("a chain of two roles", () => {
  beforeEach(() => world.keepSignIn("ann"));

  it("gives the credentials of the second, got by those of the first", async () => {
    const record = await world.newProcess().obtain(prod);
    expect(record).toMatchObject({
      credentials: { accessKeyId: "ASIAProd1" },
      roleArn: "arn:aws:iam::123456789012:role/Prod",
      roleSessionName: "ann@example.com",
      subject: "ann",
    });
    expect(world.chained).toEqual(["Prod by ASIAann1"]);
  });

  it("leaves the credentials of the first for everything else that begins with it", async () => {
    await world.newProcess().obtain(prod);
    expect((await world.newProcess().obtain({ role: "Hub" })).credentials.accessKeyId).toBe("ASIAann1");
    await world.newProcess().obtain({ role: "Hub", chain: ["Audit"] });
    expect(world.chained).toEqual(["Prod by ASIAann1", "Audit by ASIAann1"]);
    expect(world.counts).toEqual({ token: 1, sts: 1, revoke: 0 });
  });

  it("is asked for once, however many processes want it", async () => {
    const runs = Array.from({ length: 10 }, () => world.newProcess().obtain(prod));
    expect(new Set((await Promise.all(runs)).map(({ credentials }) => credentials.accessKeyId)).size).toBe(1);
    expect(world.counts.sts).toBe(1);
    expect(world.chained).toHaveLength(1);
  });

  it("asks for its first role once for all chains that begin with it at the same time", async () => {
    const chains = ["Prod", "Audit", "Test"].map((role) => world.newProcess().obtain({ role: "Hub", chain: [role] }));
    await Promise.all(chains);
    expect(world.counts).toEqual({ token: 1, sts: 1, revoke: 0 });
    expect(world.chained).toHaveLength(3);
  });

  it("is renewed by the second role alone while the first is still good", async () => {
    await world.pass(1);
    await world.newProcess().obtain({ role: "Hub" });
    await world.newProcess().obtain(prod);
    await world.pass(30 * minute);
    await world.newProcess().obtain({ role: "Hub", fresh: true });
    await world.pass(20 * minute);
    expect((await world.newProcess().obtain(prod)).credentials.accessKeyId).toBe("ASIAProd2");
    expect(world.chained).toEqual(["Prod by ASIAann1", "Prod by ASIAann2"]);
    expect(world.counts.sts).toBe(2);
  });

  it("is renewed by both roles where both are about to end", async () => {
    await world.newProcess().obtain(prod);
    await world.pass(50 * minute);
    await world.newProcess().obtain(prod);
    expect(world.chained).toEqual(["Prod by ASIAann1", "Prod by ASIAann2"]);
  });

  it("is asked for as a whole with `fresh`", async () => {
    await world.newProcess().obtain(prod);
    await world.pass(1);
    await world.newProcess().obtain({ ...prod, fresh: true });
    expect(world.chained).toEqual(["Prod by ASIAann1", "Prod by ASIAann2"]);
  });

  it("tries once more with new credentials of the first role where AWS does not take those that were kept", async () => {
    await world.newProcess().obtain({ role: "Hub" });
    await world.pass(1);
    world.fail("chain", "InvalidClientTokenId");
    await world.newProcess().obtain(prod);
    expect(world.chained).toEqual(["Prod by ASIAann1", "Prod by ASIAann2"]);
  });

  it("gives new credentials of the first role no second try", async () => {
    world.fail("chain", "ExpiredToken");
    const error = await failure(world.newProcess().obtain(prod), "sts_source_rejected");
    expect(error.message).toContain("role/Hub");
    expect(world.chained).toHaveLength(1);
  });

  it("says which role AWS refuses, and keeps the credentials of the one before", async () => {
    world.fail("chain", "AccessDenied");
    const error = await failure(world.newProcess().obtain(prod), "sts_access_denied");
    expect(error.message).toContain("assume arn:aws:iam::123456789012:role/Prod");
    await world.newProcess().obtain({ role: "Hub" });
    expect(world.counts.sts).toBe(1);
  });

  it("hands out what still lives where its second role is refused", async () => {
    const old = await world.newProcess().obtain(prod);
    await world.pass(50 * minute);
    world.fail("chain", "AccessDenied");
    expect(await world.newProcess().obtain(prod)).toEqual(old);
  });

  it("ends with the credentials of the second role, however long those of the first have ended", async () => {
    await world.newProcess().obtain({ role: "Hub" });
    await world.pass(40 * minute);
    const old = await world.newProcess().obtain(prod);
    await world.pass(30 * minute);
    world.fail("sts", "AccessDenied");
    expect(await world.newProcess().obtain(prod)).toEqual(old);
  });

  it("goes on by credentials of the first role that still live where those cannot be renewed", async () => {
    await world.newProcess().obtain({ role: "Hub" });
    await world.pass(50 * minute);
    world.fail("sts", "AccessDenied");
    expect((await world.newProcess().obtain(prod)).credentials.accessKeyId).toBe("ASIAProd1");
    expect(world.chained).toEqual(["Prod by ASIAann1"]);
  });

  it("is another person's after their sign-in during its request", async () => {
    const { reached, letGo } = world.hold("chain");
    const run = world.newProcess().obtain(prod);
    await reached;
    await world.signIn("bob");
    letGo();
    expect((await run).subject).toBe("bob");
    expect(world.chained).toEqual(["Prod by ASIAann1", "Prod by ASIAbob2"]);
  });

  it.each(["sts", "chain"] as const)("needs a sign-in after a sign-out during its request (%s)", async (area) => {
    const { reached, letGo } = world.hold(area);
    const run = failure(world.newProcess().obtain(prod), "sign_in_required");
    await reached;
    await world.signOut();
    letGo();
    await run;
    expect(await world.kept()).toEqual([]);
  });

  it("needs a sign-in where that ends while its first role is renewed once more", async () => {
    await world.newProcess().obtain({ role: "Hub" });
    await world.pass(1);
    world.fail("chain", "InvalidClientTokenId");
    const { reached, letGo } = world.hold("sts");
    const run = failure(world.newProcess().obtain(prod), "sign_in_required");
    await reached;
    await world.signOut();
    letGo();
    await run;
  });
});

describe("a chain of roles without a sign-in", () => {
  it("asks the person once, and holds no lock meanwhile", async () => {
    const [asking, waiting, nobody] = await Promise.allSettled([
      world.newProcess().obtain({ ...prod, person: "ann" }),
      world.newProcess().obtain({ ...prod, person: "ann" }),
      world.newProcess().obtain(prod),
    ]);
    expect([asking.status, waiting.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(nobody).toMatchObject({ status: "rejected", reason: { code: "sign_in_required" } });
    expect(world.asked).toEqual(["ann"]);
    expect(world.chained).toHaveLength(1);
  });

  it("goes on by the sign-in also where nothing of it can be kept", async () => {
    const runner = world.newProcess(({ sessions, cache }) => ({
      sessions: { ...sessions, save: () => Promise.resolve(false) },
      cache: { ...cache, store: () => Promise.resolve(), storeGeneration: () => Promise.resolve() },
    }));
    expect((await runner.obtain({ ...prod, person: "ann" })).credentials.accessKeyId).toBe("ASIAProd1");
    expect(world.counts.sts).toBe(1);
  });

  it("asks nobody where AWS refuses", async () => {
    await world.keepSignIn("ann");
    world.fail("chain", "AccessDenied");
    await failure(world.newProcess().obtain({ ...prod, person: "ann" }), "sts_access_denied");
    expect(world.asked).toEqual([]);
  });

  it("needs another sign-in where the one of the person has ended before its first role answers", async () => {
    const { reached, letGo } = world.hold("sts");
    const run = world.newProcess().obtain({ ...prod, person: "ann" });
    await reached;
    await world.signOut();
    letGo();
    expect((await run).subject).toBe("ann");
    expect(world.asked).toEqual(["ann", "ann"]);
  });
});

describe("a chain of a workload", () => {
  it("keeps what it gets, and leaves nothing behind after a sign-out during its request", async () => {
    const idp = world.workload("job-1");
    const first = await world.newProcess().obtain({ ...prod, idp });
    expect(await world.newProcess().obtain({ ...prod, idp })).toEqual(first);
    const { reached, letGo } = world.hold("chain");
    const run = world.newProcess().obtain({ role: "Hub", chain: ["Audit"], idp });
    await reached;
    const { context } = world.newProcess();
    await endSignIn(await sessionKeyOf(idp), context);
    letGo();
    expect((await run).credentials.accessKeyId).toBe("ASIAAudit2");
    expect(await world.kept()).toEqual([]);
  });
});

describe("a new sign-in for a chain", () => {
  it("keeps what each role gives", async () => {
    const { credentials } = await world.newProcess().login({ ...prod, person: "ann" });
    expect(credentials?.accessKeyId).toBe("ASIAProd1");
    expect((await world.newProcess().obtain(prod)).credentials).toEqual(credentials);
    await world.newProcess().obtain({ role: "Hub" });
    expect(world.counts.sts).toBe(1);
    expect(world.chained).toHaveLength(1);
  });
});

describe("a chain of 43 roles", () => {
  it("is renewed one role after the other, and none twice", async () => {
    await world.keepSignIn("ann");
    const chain = Array.from({ length: 42 }, (_, index) => `Role${index + 2}`);
    const record = await world.newProcess().obtain({ role: "Role1", chain });
    expect(record.roleArn).toBe("arn:aws:iam::123456789012:role/Role43");
    expect(world.chained).toHaveLength(42);
    world.fail("chain", new TegataError("internal", "asked again"));
    expect(await world.newProcess().obtain({ role: "Role1", chain })).toEqual(record);
  });
});
