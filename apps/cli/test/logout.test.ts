import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { onlySession, sessionsIn } from "./support/records.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  // Too short to be used a second time: what a session is worth is what its refresh token is worth.
  world = await createWorld({ idTokenLifetimeSeconds: 50 });
});
afterAll(() => world.close());

/** A home in which somebody has signed in, and the places of its files. */
async function signedIn(...profiles: readonly string[]) {
  const env = await world.anotherHome();
  await Promise.all(profiles.map((profile) => world.signIn(profile, { env })));
  return { env, stateDir: `${env.HOME}/.local/state/tegata`, cacheDir: `${env.HOME}/.cache/tegata` };
}
type Home = Awaited<ReturnType<typeof signedIn>>;

const stillSignedIn = async ({ env }: Home, profile: string) => {
  const { status } = await world.run(["credential-process", profile, "--fresh"], { env });
  return status === 0;
};
beforeEach(() => world.sandbox.requests.clear());

it.each(["dev", "plain"])(
  "the refresh token of %s is worth nothing after logout, not even in a copy of the file",
  async (profile) => {
    const home = await signedIn(profile);
    const session = await onlySession(home.stateDir);
    const ended = await world.run(["logout", profile], { env: home.env });
    expect(ended).toEqual({
      status: 0,
      signal: null,
      stdout: "",
      stderr:
        profile === "dev"
          ? "tegata: signed out of acme\ntegata: readonly, bob used this sign-in too\n"
          : "tegata: signed out of plain\n",
    });
    expect(world.sandbox.requests.count("revocation")).toBe(1);
    expect(await world.storedFiles(home)).toEqual([]);
    expect(await world.run(["credential-process", profile], { env: home.env })).toMatchObject({
      status: 4,
      stdout: "",
    });

    await mkdir(dirname(session.path), { recursive: true });
    await writeFile(session.path, session.text, { mode: 0o600 });
    const copy = await world.run(["credential-process", profile], { env: home.env });
    expect(copy).toMatchObject({ status: 4, stdout: "" });
  },
);

it("logout forgets what is here and warns of what is there, when the provider cannot be told", async () => {
  const home = await signedIn("dev");
  const session = await onlySession(home.stateDir);
  for (const fault of [
    { kind: "reset", area: "revocation" },
    { kind: "reset", area: "discovery" },
    { kind: "status", area: "revocation", status: 503 },
  ] as const) {
    world.sandbox.faults.set(fault);
    const ended = await world.run(["logout", "dev"], { env: home.env });
    world.sandbox.faults.clear();
    expect(ended).toMatchObject({ status: 0, stdout: "" });
    expect(ended.stderr).toMatch(
      /^tegata: warning: the refresh token is forgotten here but may still live at the provider: .+\ntegata: signed out of acme\ntegata: .+ used this sign-in too\n$/,
    );
    expect(await world.storedFiles(home)).toEqual([]);
    // It was not revoked: the same sign-in once more.
    await writeFile(session.path, session.text, { mode: 0o600 });
  }
});

it("logout leaves the sign-in at another provider alone, and --all does not", async () => {
  const home = await signedIn("dev", "plain");
  expect((await world.run(["logout", "plain"], { env: home.env })).status).toBe(0);
  expect([await stillSignedIn(home, "dev"), await stillSignedIn(home, "plain")]).toEqual([true, false]);
  await world.signIn("plain", { env: home.env });

  world.sandbox.requests.clear();
  const ended = await world.run(["logout", "--all"], { env: home.env });
  expect(ended).toMatchObject({ status: 0, stdout: "", stderr: "tegata: everything is forgotten\n" });
  expect(world.sandbox.requests.count("revocation")).toBe(2);
  expect(await world.storedFiles(home)).toEqual([]);
});

it("logout has nothing to forget where nobody has signed in, and says so", async () => {
  const env = await world.anotherHome();
  expect(await world.run(["logout", "dev"], { env })).toMatchObject({
    status: 0,
    stderr: "tegata: there was no sign-in at acme to forget\n",
  });
  expect(await world.run(["logout", "--all"], { env })).toMatchObject({
    status: 0,
    stderr: "tegata: there was nothing to forget\n",
  });
  expect(world.sandbox.requests.all()).toEqual([]);
});

const jsonLines = (stdout: string): unknown[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);

/** The words that must stand where a sign-in may still be worth something. */
const stillValid = "was not revoked, and may still be valid at the provider";

describe("logout says what became of the sign-in:", () => {
  it("revoked, and which other profiles had it", async () => {
    const home = await signedIn("readonly");
    const ended = await world.run(["logout", "readonly", "--json"], home);
    expect(ended).toMatchObject({
      status: 0,
      stderr: "tegata: signed out of acme\ntegata: dev, bob used this sign-in too\n",
    });
    expect(jsonLines(ended.stdout)).toEqual([{ profile: "readonly", sharedWith: ["dev", "bob"], outcome: "revoked" }]);
  });

  it("nothing, and names no profile that has another client by the flags of this run alone", async () => {
    const home = await signedIn();
    const ended = await world.run(["logout", "dev", "--client-id", "another", "--json"], home);
    expect(jsonLines(ended.stdout)).toEqual([{ profile: "dev", outcome: "nothing" }]);
  });

  it.each([
    [
      "an OAuth error, escaped and limited",
      400,
      JSON.stringify({ error: "invalid_client", error_description: `not \u001b[31myou\u202e${"x".repeat(5000)}` }),
      /did not revoke the refresh token \(invalid_client: not \[31myou ?x{100,}…?\)?/,
      "invalid_client",
    ],
    ["an answer that is no OAuth", 403, "<html>", /did not revoke the refresh token \(HTTP 403\)/, undefined],
    ["a server that fails", 503, "", /503/, undefined],
  ])("not revoked, by %s", async (_what, status, body, why, error) => {
    const home = await signedIn("plain");
    world.sandbox.faults.set({ kind: "status", area: "revocation", status, body });
    const ended = await world.run(["logout", "plain", "--json"], home);
    world.sandbox.faults.clear();
    expect(ended.status).toBe(0);
    expect(ended.stderr.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(ended.stderr.length).toBeLessThan(3000);
    expect(ended.stderr).toMatch(why);
    expect(ended.stderr).toMatch(/tegata: signed out of plain\n$/);
    const line = { profile: "plain", outcome: "not_revoked", why: expect.stringMatching(why) as unknown };
    expect(jsonLines(ended.stdout)).toEqual([error === undefined ? line : { ...line, error }]);
    expect(await world.storedFiles(home)).toEqual([]);
  });

  it("not revoked, as the provider has no address for it", async () => {
    world.sandbox.faults.set({ kind: "patchJson", area: "discovery", patch: {}, remove: ["revocation_endpoint"] });
    const home = await signedIn("plain");
    const ended = await world.run(["logout", "plain", "--json"], home);
    world.sandbox.faults.clear();
    expect(jsonLines(ended.stdout)).toMatchObject([
      { outcome: "not_revoked", why: expect.stringContaining("offers no revocation") as unknown },
    ]);
    expect(ended).toMatchObject({ status: 0 });
  });

  it("nothing there, and credentials alone", async () => {
    const home = await signedIn();
    const none = await world.run(["logout", "dev", "--json"], home);
    expect(none).toMatchObject({ status: 0, stderr: "tegata: there was no sign-in at acme to forget\n" });
    expect(jsonLines(none.stdout)).toMatchObject([{ profile: "dev", outcome: "nothing" }]);
    await world.signIn("plain", { env: { ...home.env, TEGATA_TOKEN_STORE: "none" } });
    const ended = await world.run(["logout", "plain", "--json"], home);
    expect(ended.stderr).toBe("tegata: no sign-in at plain was stored; its credentials are forgotten\n");
    expect(jsonLines(ended.stdout)).toEqual([{ profile: "plain", outcome: "nothing" }]);
    expect(await world.storedFiles(home)).toEqual([]);
  });

  it.each([
    ["a truncated record", (path: string) => writeFile(path, "{"), "the record is truncated or not JSON"],
    ["a record of another version", (path: string) => writeFile(path, '{"version":9}'), "of another version"],
    ["a record that others can write to", (path: string) => chmod(path, 0o666), "can be read or written by others"],
    ["a record without end", (path: string) => writeFile(path, " ".repeat(2_000_000)), "too large to be a record"],
  ])("unreadable, by %s: status 3, the file's path, and all is forgotten here", async (_what, spoil, why) => {
    const home = await signedIn("plain");
    const { path } = await onlySession(home.stateDir);
    await spoil(path);
    const ended = await world.run(["logout", "plain", "--json"], home);
    expect(ended.status).toBe(3);
    for (const part of [stillValid, why, path]) {
      expect(ended.stderr).toContain(part);
    }
    expect(ended.stderr).toMatch(
      /^tegata: error: .+\ntegata: hint: end the session in the identity provider's own pages\n$/,
    );
    expect(ended.stderr).not.toContain("signed out");
    expect(jsonLines(ended.stdout)).toEqual([
      { profile: "plain", outcome: "unreadable", why: expect.stringContaining(why) as unknown },
    ]);
    expect(await world.storedFiles(home)).toEqual([]);
    expect(world.sandbox.requests.count("revocation")).toBe(0);
  });

  it("unreadable, and still on the disk, in a folder that others could replace", async () => {
    const home = await signedIn("plain");
    await chmod(dirname(home.stateDir), 0o777);
    const ended = await world.run(["logout", "plain"], home);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toMatch(/is still on this disk: it was not revoked, .*: others can replace the folder /);
    const all = await world.run(["logout", "--all"], home);
    expect(all).toMatchObject({ status: 3, stdout: "" });
    expect(all.stderr).toContain("the sign-in at plain could not be read, and is still on this disk");
    expect(all.stderr).not.toMatch(/everything is forgotten|nothing to forget/);
    await chmod(dirname(home.stateDir), 0o700);
    expect(await world.run(["logout", "plain"], home)).toMatchObject({
      status: 0,
      stderr: "tegata: signed out of plain\n",
    });
  });

  it.each(["0777", "a file in its place"])(
    "unreadable, said once for all: nobody can tell who is signed in, with a state folder's parent of %s",
    async (how) => {
      const home = await signedIn();
      await mkdir(home.stateDir, { recursive: true, mode: 0o700 });
      if (how === "0777") {
        await chmod(dirname(home.stateDir), 0o777);
      } else {
        await rm(home.stateDir, { recursive: true });
        await writeFile(home.stateDir, "");
      }
      const ended = await world.run(["logout", "--all", "--json"], home);
      expect(ended.status).toBe(3);
      expect(ended.stderr).toMatch(
        /^tegata: error: nobody can tell whether anybody is signed in, so no sign-in was revoked: .+\ntegata: hint: .+\n$/,
      );
      expect(jsonLines(ended.stdout)).toEqual([{ outcome: "unreadable", why: expect.any(String) as unknown }]);
      const one = await world.run(["logout", "plain"], home);
      expect(one.status).toBe(3);
      expect(one.stderr).toMatch(/^tegata: error: nobody can tell whether anybody is signed in at plain, so /);
    },
  );

  it("nothing, by a temporary file that a killed sign-in has left: it is deleted", async () => {
    const home = await signedIn("plain");
    const { path } = await onlySession(home.stateDir);
    await rename(path, `${path}.${crypto.randomUUID()}.tmp`);
    const ended = await world.run(["logout", "--all", "--json"], home);
    expect(ended).toMatchObject({ status: 0, stderr: "tegata: everything is forgotten\n" });
    expect(await world.storedFiles(home)).toEqual([]);
  });

  it("signed out, but its credentials are still in a folder that others could replace", async () => {
    const home = await signedIn("plain");
    await chmod(dirname(home.cacheDir), 0o777);
    const ended = await world.run(["logout", "plain", "--json"], home);
    expect(ended.status).toBe(3);
    expect(ended.stderr).toMatch(
      /error: signed out of plain, but not everything is forgotten here: others can replace/,
    );
    expect(jsonLines(ended.stdout)).toEqual([{ profile: "plain", outcome: "revoked" }]);
  });

  it("--all: of each sign-in, and the worst decides", async () => {
    const home = await signedIn("dev", "plain");
    const plain = (await sessionsIn(home.stateDir)).find(({ text }) => text.includes(world.sandbox.oidc.issuer));
    await writeFile(plain?.path ?? "", "{");
    const ended = await world.run(["logout", "--all", "--json"], home);
    expect(ended.status).toBe(3);
    expect(jsonLines(ended.stdout)).toEqual([
      { profile: "dev", sharedWith: ["readonly", "bob"], outcome: "revoked" },
      { profile: "plain", outcome: "unreadable", why: expect.stringContaining("truncated") as unknown },
    ]);
    expect(ended.stderr).toMatch(/^tegata: error: the sign-in at plain is forgotten here, .*\ntegata: hint: .*\n$/);
    expect(await world.storedFiles(home)).toEqual([]);
  });

  it("--all: of one that no profile has, which nobody can revoke", async () => {
    const home = await signedIn("plain");
    const ended = await world.run(["logout", "--all", "--json"], { env: { ...home.env, TEGATA_CONFIG: "/dev/null" } });
    expect(ended).toMatchObject({ status: 0 });
    expect(ended.stderr).toMatch(/may still live at the provider: no profile .*\ntegata: everything is forgotten\n$/);
    expect(jsonLines(ended.stdout)).toMatchObject([{ outcome: "not_revoked" }]);
    expect(await world.storedFiles(home)).toEqual([]);
  });

  it("--all: also where TEGATA_PROFILE names no profile, and of nothing", async () => {
    const home = await signedIn();
    const ended = await world.run(["logout", "--all", "--json"], { env: { ...home.env, TEGATA_PROFILE: "gone" } });
    expect(ended).toMatchObject({ status: 0, stdout: '{"outcome":"nothing"}\n' });
  });
});
