import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { onlySession } from "./support/records.ts";
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
  "%s: the refresh token is worth nothing afterwards, not even in a copy of the file",
  async (profile) => {
    const home = await signedIn(profile);
    const session = await onlySession(home.stateDir);
    const ended = await world.run(["logout", profile], { env: home.env });
    expect(ended).toEqual({
      status: 0,
      signal: null,
      stdout: "",
      stderr: `tegata: signed out of ${profile === "dev" ? "acme" : "plain"}\n`,
    });
    expect(world.sandbox.requests.count("revocation")).toBe(1);
    expect(await world.restingFiles(home)).toEqual([]);
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

it("forgets what is here and warns of what is there, whatever keeps the provider from answering", async () => {
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
      /^tegata: warning: the refresh token is forgotten here but may still live at the provider: .+\ntegata: signed out of acme\n$/,
    );
    expect(await world.restingFiles(home)).toEqual([]);
    // It was not revoked: the same sign-in once more.
    await writeFile(session.path, session.text, { mode: 0o600 });
  }
});

it("leaves the sign-in at another provider alone, and --all does not", async () => {
  const home = await signedIn("dev", "plain");
  expect((await world.run(["logout", "plain"], { env: home.env })).status).toBe(0);
  expect([await stillSignedIn(home, "dev"), await stillSignedIn(home, "plain")]).toEqual([true, false]);
  await world.signIn("plain", { env: home.env });

  world.sandbox.requests.clear();
  const ended = await world.run(["logout", "--all"], { env: home.env });
  expect(ended).toMatchObject({ status: 0, stdout: "", stderr: "tegata: everything is forgotten\n" });
  expect(world.sandbox.requests.count("revocation")).toBe(2);
  expect(await world.restingFiles(home)).toEqual([]);
});

it("has nothing to forget where nobody has signed in, and says so", async () => {
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
