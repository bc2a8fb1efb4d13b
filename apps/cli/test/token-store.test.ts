import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expectNoSecret } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startKeyringSession, startSilentBus, type KeyringSession } from "./support/keyring-session.ts";
import { findProgram } from "./support/needs.ts";
import { programs, type ProgramName } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

const hasKeyring = ["gnome-keyring-daemon", "dbus-run-session"].every((name) => findProgram(name) !== undefined);
const inFile = "the sign-in is stored in a file that only you can read, not in the keyring: ";

let world: World;
beforeAll(async () => {
  // Too short to be used a second time: every run renews by the refresh token.
  world = await createWorld({ idTokenLifetimeSeconds: 50 });
});
afterAll(() => world.close());

async function newHome(variables: Readonly<Record<string, string>> = {}) {
  const home = await world.anotherHome();
  return { env: { ...home, ...variables }, stateDir: join(home.HOME, ".local/state/tegata") };
}

/** The state folder's records, as text. */
async function recordsIn(stateDir: string): Promise<string[]> {
  const names = (await readdir(stateDir)).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
  return Promise.all(names.map((name) => readFile(join(stateDir, name), "utf8")));
}

const tokens = () =>
  world.sandbox
    .secrets()
    .map(({ value }) => value)
    .filter((value) => value.length > 20);

/** A sign-in, and what was said besides the page to open. */
async function logIn(env: Readonly<Record<string, string>>, program: ProgramName = "binary") {
  const { status, stderr } = await world.login("dev", { env, program });
  return { status, said: stderr.replaceAll(/^tegata: (?:open|and check) .*\n/gm, "") };
}

const renew = (env: Readonly<Record<string, string>>, ...flags: string[]) =>
  world.run(["credential-process", "dev", "--fresh", ...flags], { env });

/** What a run behind an AWS client says when the sign-in is there, and what it is encrypted by is not. */
function keyringRefusal(reason: string): string {
  const why = `the stored one is encrypted by the keyring, and cannot be read: ${reason}`;
  const hint = "unlock the keyring, or run this in the session that has it, or sign in again: tegata login dev";
  return `tegata: error: a sign-in in the browser is needed: ${why}\ntegata: hint: ${hint}\n`;
}

describe.concurrent("without a keyring", () => {
  it("a machine without a D-Bus waits for none, and is told once where the sign-in is stored", async () => {
    const { env, stateDir } = await newHome();
    expect(await logIn(env)).toEqual({ status: 0, said: `tegata: ${inFile}there is no D-Bus session\n` });
    expect(await logIn(env)).toEqual({ status: 0, said: "" });
    expect(await renew(env)).toMatchObject({ status: 0, stderr: "" });
    const [record] = await recordsIn(stateDir);
    expect(record).toContain('"version":1');
  });

  it("a D-Bus that never answers does not keep anybody from signing in", async () => {
    const { env, stateDir } = await newHome();
    const silent = await startSilentBus(env.HOME);
    try {
      const before = performance.now();
      expect(await logIn({ ...env, ...silent.env })).toEqual({
        status: 0,
        said: `tegata: warning: ${inFile}the keyring did not answer within 2 s\n`,
      });
      expect(performance.now() - before).toBeLessThan(15_000);
      expect(await recordsIn(stateDir)).toEqual([expect.stringContaining('"version":1')]);
      // Behind an AWS client a success says nothing, and takes no longer than the clients wait.
      expect(await renew({ ...env, ...silent.env })).toMatchObject({ status: 0, stderr: "" });
      await silent.everybodyGone();
    } finally {
      silent.close();
    }
  });

  it("keyring: a sign-in is refused before anybody is asked, and nothing is stored in a file", async () => {
    const { env, stateDir } = await newHome();
    const ended = await world.run(["login", "dev", "--token-store", "keyring"], { env });
    expect(ended).toEqual({
      status: 3,
      signal: null,
      stdout: "",
      stderr:
        "tegata: error: the keyring cannot be used: there is no D-Bus session\ntegata: hint: unlock it, or keep the sign-in in a file: --token-store file\n",
    });
    expect(await readdir(stateDir).catch(() => [])).toEqual([]);
  });

  it("none: no sign-in is stored, and what that costs is said", async () => {
    const { env, stateDir } = await newHome();
    await world.signIn("dev", { env });
    expect(await logIn({ ...env, TEGATA_TOKEN_STORE: "none" })).toEqual({
      status: 0,
      said: "tegata: the sign-in is not stored (TEGATA_TOKEN_STORE is none): once the credentials end, you have to sign in again\n",
    });
    expect(await recordsIn(stateDir)).toEqual([]);
    expect(await world.run(["credential-process", "dev"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(await renew(env)).toMatchObject({ status: 4 });
  });

  it("a token store that does not exist is refused", async () => {
    const { env } = await newHome({ TEGATA_TOKEN_STORE: "keychain" });
    expect(await world.run(["env", "dev"], { env })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^tegata: error: TEGATA_TOKEN_STORE .*must be one of auto, keyring, file, none\n/,
      ) as unknown,
    });
  });
});

describe.skipIf(!hasKeyring).concurrent("with a real gnome-keyring (skipped where it is not installed)", () => {
  let session: KeyringSession;
  beforeAll(async () => {
    session = await startKeyringSession();
  });
  afterAll(() => session.close());

  it("no token can be read on the disk, and the binary alone can ask the keyring", async () => {
    const { env, stateDir } = await newHome();
    // No node_modules beside it, and nothing unpacked yet.
    const alone = join(env.HOME, "bin");
    await mkdir(alone);
    await copyFile(programs.binary[0], join(alone, "tegata"));
    // What the library's own loader would look for, in the folder that the person happens to be in.
    const evil = `require("node:fs").writeFileSync(${JSON.stringify(join(env.HOME, "canary"))}, "")`;
    for (const name of ["linux-x64-gnu", "linux-x64-musl", "linux-arm64-gnu", "wasm32-wasi"]) {
      const folder = join(alone, `node_modules/@napi-rs/keyring-${name}`);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "package.json"), JSON.stringify({ main: "index.js", version: "2.1.2" }));
      await writeFile(join(folder, "index.js"), evil);
      await writeFile(join(alone, `keyring.${name}.node`), evil);
    }
    await writeFile(join(alone, "keyring.wasi.cjs"), evil);
    expect(await logIn({ ...env, ...session.env })).toEqual({ status: 0, said: "" });
    const files = await world.storedFiles({ cacheDir: stateDir, stateDir });
    for (const { content } of files) {
      expectNoSecret(content, tokens());
    }
    expect(await recordsIn(stateDir)).toEqual([expect.stringContaining('"version":2')]);
    const renewed = await run([join(alone, "tegata"), "credential-process", "dev", "--fresh"], {
      env: { ...world.env, ...env, ...session.env },
      cwd: alone,
    });
    expect(renewed).toMatchObject({ status: 0, stderr: "" });
    expect(await readdir(env.HOME)).not.toContain("canary");
    expect(await recordsIn(stateDir)).toEqual([expect.stringContaining('"version":2')]);
  });

  it.each(["node", "bun"] as const)(
    "%s finds what the binary keeps in the keyring, and the other way round",
    async (program) => {
      const { env } = await newHome(session.env);
      await world.signIn("dev", { env });
      const ended = await world.run(["credential-process", "dev", "--fresh"], { env, program });
      expect(ended).toMatchObject({ status: 0, stderr: "" });
      await world.signIn("dev", { env, program });
      expect(await renew(env)).toMatchObject({ status: 0, stderr: "" });
    },
  );

  it("deno, which cannot ask it, keeps a file", async () => {
    const { env, stateDir } = await newHome(session.env);
    expect(await logIn(env, "deno")).toEqual({
      status: 0,
      said: `tegata: ${inFile}this runtime cannot use a keyring\n`,
    });
    // The next run of a program that can moves it.
    expect(await renew(env)).toMatchObject({ status: 0, stderr: "" });
    expect(await recordsIn(stateDir)).toEqual([expect.stringContaining('"version":2')]);
  });

  it("a change of the setting moves the sign-in", async () => {
    const { env, stateDir } = await newHome(session.env);
    await world.signIn("dev", { env: { ...env, TEGATA_TOKEN_STORE: "file" } });
    expect(await recordsIn(stateDir)).toEqual([expect.stringContaining('"version":1')]);
    for (const [store, version] of [
      ["keyring", 2],
      ["file", 1],
      ["auto", 2],
    ] as const) {
      expect(await renew(env, "--token-store", store)).toMatchObject({ status: 0, stderr: "" });
      expect(await recordsIn(stateDir)).toEqual([expect.stringContaining(`"version":${version}`)]);
    }
  });

  it("logout revokes, and leaves no copy of the file that can still be opened", async () => {
    const { env, stateDir } = await newHome(session.env);
    await world.signIn("dev", { env });
    const name = (await readdir(stateDir)).find((each) => each.endsWith(".json")) ?? "";
    await copyFile(join(stateDir, name), join(env.HOME, name));
    expect((await world.run(["status", "dev"], { env })).stdout).toMatch(
      /by refresh token, encrypted by the keyring$/m,
    );
    expect(await world.run(["logout", "dev"], { env })).toMatchObject({
      status: 0,
      stderr: "tegata: signed out of acme\ntegata: readonly, bob used this sign-in too\n",
    });
    expect(world.sandbox.requests.count("revocation")).toBe(1);
    await copyFile(join(env.HOME, name), join(stateDir, name));
    const ended = await world.run(["credential-process", "dev", "--verbose"], { env });
    expect(ended).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("no sign-in session: its key is not in the keyring any more\n") as unknown,
    });
    expect((await world.run(["status", "dev"], { env })).stdout).toContain(
      "the sign-in cannot be read: its key is not in the keyring any more\n",
    );
    expect(await logIn(env)).toEqual({ status: 0, said: "" });
  });
});

describe.skipIf(!hasKeyring)("with a real gnome-keyring that is locked again (skipped likewise)", () => {
  let session: KeyringSession;
  beforeAll(async () => {
    session = await startKeyringSession();
  });
  afterAll(() => session.close());

  it("a keyring that stays locked does not keep anybody from signing in, and a logout does not say that it signed out", async () => {
    const { env, stateDir } = await newHome();
    const inSession = () => ({ ...env, ...session.env });
    await world.signIn("dev", { env: inSession() });
    await session.again({ unlocked: false });
    const locked = "the keyring is locked, or refuses";
    const silent = await renew(inSession());
    expect(silent).toMatchObject({ status: 4, stdout: "", stderr: keyringRefusal(locked) });
    const withoutBus = "there is no D-Bus session";
    expect(await renew(env)).toMatchObject({ status: 4, stdout: "", stderr: keyringRefusal(withoutBus) });
    expect(await logIn(inSession())).toEqual({
      status: 0,
      said: `tegata: warning: the stored sign-in cannot be read: ${locked}\ntegata: warning: ${inFile}${locked}\n`,
    });
    expect(await recordsIn(stateDir)).toEqual([expect.stringContaining('"version":1')]);
    await session.again({ unlocked: true });
    expect(await renew(inSession())).toMatchObject({ status: 0, stderr: "" });
    expect(await recordsIn(stateDir)).toEqual([expect.stringContaining('"version":2')]);
    await session.again({ unlocked: false });
    const logout = await world.run(["logout", "dev"], { env: inSession() });
    expect(logout.status).toBe(3);
    expect(logout.stderr).not.toContain("signed out");
    expect(logout.stderr).toMatch(
      new RegExp(
        `error: the sign-in at acme is forgotten here, but could not be read: it was not revoked, .*: ${locked}\n`,
      ),
    );
    expect(logout.stderr).toMatch(/\ntegata: hint: end the session in the .* pages; .*unlock the keyring\n$/);
    expect(logout.stderr).toContain(`the key of the forgotten sign-in stays in the keyring: ${locked}\n`);
    expect(await recordsIn(stateDir)).toEqual([]);
  });
});
