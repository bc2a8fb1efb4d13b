import { TegataError } from "@tegata/core";
import { failure } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
beforeEach(async () => {
  world = await simulation();
});
afterEach(() => world.close());

describe("a new sign-in", () => {
  it("asks the person although the session could still give credentials", async () => {
    await world.keepSignIn("ann");
    await world.newProcess().obtain();
    const { claims, credentials } = await world.newProcess().login({ person: "ann", role: "Developer" });
    expect(claims.sub).toBe("ann");
    expect(credentials?.accessKeyId).toBe("ASIAann2");
    expect(world.asked).toEqual(["ann"]);
  });

  it("leaves credentials that the next run takes", async () => {
    const { credentials } = await world.newProcess().login({ person: "ann", role: "Developer" });
    expect((await world.newProcess().obtain()).credentials).toEqual(credentials);
    expect(world.counts).toEqual({ token: 0, sts: 1, revoke: 0 });
  });

  it("gives no credentials where no role is named", async () => {
    expect(await world.newProcess().login({ person: "ann" })).toMatchObject({
      claims: { sub: "ann" },
      credentials: undefined,
    });
    expect(world.counts.sts).toBe(0);
  });

  it("needs a person", async () => {
    await failure(world.newProcess().login({ role: "Developer" }), "sign_in_required");
  });

  it("asks nobody where the stored session is behind a keyring that cannot be used", async () => {
    const locked = new TegataError("storage_unreadable", "the keyring is locked");
    const behindKeyring = world.newProcess(({ sessions }) => ({
      sessions: { ...sessions, load: () => Promise.reject(locked) },
    }));
    await failure(behindKeyring.login({ person: "ann", role: "Developer" }), "storage_unreadable");
    expect(world.asked).toEqual([]);
  });

  it("fails where it cannot be stored: the session is what it is for", async () => {
    const full = new TegataError("storage_unwritable", "the disk is full");
    const onFullDisk = world.newProcess(({ sessions }) => ({
      sessions: { ...sessions, save: () => Promise.reject(full) },
    }));
    await failure(onFullDisk.login({ person: "ann", role: "Developer" }), "storage_unwritable");
  });

  it.each(["job-1"])(
    "of a workload (%s) takes a new token of the platform, and keeps the credentials",
    async (subject) => {
      const idp = world.workload(subject);
      expect(await world.newProcess().login({ idp })).toMatchObject({
        claims: { sub: subject },
        credentials: undefined,
      });
      const { credentials } = await world.newProcess().login({ idp, role: "Developer" });
      expect((await world.newProcess().obtain({ idp })).credentials).toEqual(credentials);
      expect(world.counts.sts).toBe(1);
    },
  );
});

/** One of ann's, for which STS has not answered yet. */
const overtaken = async () => {
  const { reached, letGo } = world.hold("sts");
  const login = world.newProcess().login({ person: "ann", role: "Developer" });
  login.catch(() => undefined);
  await reached;
  return { login, letGo };
};

describe("a new sign-in that is overtaken while STS answers", () => {
  it("says so where it was signed out", async () => {
    const { login, letGo } = await overtaken();
    await world.signOut();
    letGo();
    expect((await failure(login, "sign_in_required")).message).toBe(
      "this sign-in does not count: it was signed out meanwhile",
    );
    expect(await world.kept()).toEqual([]);
  });

  it("says so where somebody else has signed in", async () => {
    const { login, letGo } = await overtaken();
    await world.signIn("bob");
    letGo();
    expect((await failure(login, "sign_in_required")).message).toBe(
      "this sign-in does not count: somebody else has signed in meanwhile",
    );
    expect((await world.newProcess().obtain()).subject).toBe("bob");
  });

  it("gives its credentials, and keeps none, where the same person has signed in once more", async () => {
    const { login, letGo } = await overtaken();
    await world.signIn("ann");
    letGo();
    expect((await login).credentials?.accessKeyId).toBe("ASIAann1");
    expect((await world.newProcess().obtain()).credentials.accessKeyId).toBe("ASIAann2");
  });
});
