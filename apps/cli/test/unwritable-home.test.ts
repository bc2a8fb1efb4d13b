import { chmod, chown, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { programs } from "./support/programs.ts";
import { run, start } from "./support/run.ts";
import { needSecondUser, runAs, victim } from "./support/second-user.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
let settings: string;
beforeAll(async () => {
  world = await createWorld();
  settings = join(world.folder, "settings.toml");
  await writeFile(settings, settingsOf(world.sandbox), { mode: 0o644 });
  await chmod(world.folder, 0o755);
});
afterAll(() => world.close());

/** Permissions mean nothing to root: another user runs the program then. */
const prepare = async (context: TestContext, HOME: string) => {
  if (process.getuid?.() === 0) {
    needSecondUser(context);
  }
  const env = { PATH: world.env["PATH"] ?? "", HOME, TEGATA_CONFIG: settings };
  if ((await runAs(victim, [...programs.binary, "--version"], env)).status !== 0) {
    context.skip("another user cannot run the program here");
  }
  return env;
};

const words = (command: readonly string[]) =>
  process.getuid?.() === 0
    ? ([
        "setpriv",
        `--reuid=${victim}`,
        `--regid=${victim}`,
        "--clear-groups",
        "--",
        ...programs.binary,
        ...command,
      ] as const)
    : ([...programs.binary, ...command] as const);

/** Signs in, and gives back what was said before the address was shown, and how it ended. */
const signIn = async (command: readonly string[], env: Readonly<Record<string, string>>) => {
  const running = start(words(command), { cwd: "/", env });
  const [before, url = ""] = await running.stderrMatching(/^[\s\S]*?open (\S+)\n/);
  await world.sandbox.approve(url);
  const ended = await running.ended;
  return { before, after: ended.stderr.slice(before.length), ended };
};

const readOnly = async (name: string) => {
  const home = join(world.folder, name);
  await mkdir(home, { mode: 0o755 });
  if (process.getuid?.() === 0) {
    await chown(home, victim, victim);
  }
  await chmod(home, 0o555);
  return home;
};

describe("a home that cannot be written to", () => {
  it.for([
    ["a folder that can only be read", () => readOnly("read-only"), /permission denied/],
    ["/", () => Promise.resolve("/"), /permission denied/],
    ["/dev/null, as services have it", () => Promise.resolve("/dev/null"), /a part of the path is not a folder/],
    ["/proc", () => Promise.resolve("/proc"), /no such file or folder/],
    ["another user's, closed", () => Promise.resolve(join(world.folder, "closed/home")), /permission denied/],
  ] as const)(
    "is found out before a person is asked, and the sign-in goes on: %s",
    async ([, make, reason], context) => {
      await mkdir(join(world.folder, "closed"), { recursive: true, mode: 0o700 });
      const env = await prepare(context, await make());
      for (const command of [
        ["login", "dev", "--no-browser"],
        ["env", "dev", "--shell", "sh", "--prompt=always", "--no-browser"],
      ]) {
        const { before, after, ended } = await signIn(command, env);
        expect(before).toMatch(
          /^tegata: warning: this sign-in cannot be stored: the folder .*\/tegata cannot be (used|looked at): /,
        );
        expect(before).toMatch(/^tegata: warning: the credentials cannot be stored: the folder /m);
        expect(before).toMatch(reason);
        expect(after).not.toMatch(/kept|cannot/);
        expect(ended.status).toBe(0);
        expect(ended.stdout.includes("AWS_SECRET_ACCESS_KEY")).toBe(command[0] === "env");
      }
    },
  );

  it("is found out before a person is asked where its disk is full", async (context) => {
    const HOME = join(world.folder, "full");
    await mkdir(HOME);
    const env = await prepare(context, HOME);
    if (process.getuid?.() !== 0 || (await run(["unshare", "--mount", "true"], { cwd: "/", env })).status !== 0) {
      context.skip("a file system of a few bytes cannot be mounted here");
    }
    const full = `mount -t tmpfs -o size=4k,mode=700,uid=${victim},gid=${victim} tmpfs "$HOME" && { head -c 5000 /dev/zero >"$HOME/full"; exec "$@"; }`;
    const running = start(["unshare", "--mount", "sh", "-c", full, "sh", ...words(["login", "dev", "--no-browser"])], {
      cwd: "/",
      env,
    });
    const [before, url = ""] = await running.stderrMatching(/^[\s\S]*?open (\S+)\n/);
    expect(before.match(/cannot be stored: .* no space is left on the disk \(ENOSPC\)/g)).toHaveLength(2);
    await world.sandbox.approve(url);
    expect((await running.ended).status).toBe(0);
  });

  it("says what helps, and that helps when it is pasted", async (context) => {
    const env = await prepare(context, await readOnly("hint"));
    const { before } = await signIn(["login", "dev", "--no-browser"], env);
    const hints = [...before.matchAll(/(export TEGATA_\w+="\$\(mktemp -d\)")/g)].map(([, hint]) => hint);
    expect(hints).toHaveLength(2);
    const script = `${hints.join(" && ")} && exec ${programs.binary[0]} login dev --no-browser`;
    const identity = words([]).slice(0, -programs.binary.length);
    const running = start(["env", "--", ...identity, "sh", "-c", script], { cwd: "/", env });
    const [said, url = ""] = await running.stderrMatching(/^[\s\S]*?open (\S+)\n/);
    expect(said).not.toContain("warning");
    await world.sandbox.approve(url);
    expect((await running.ended).status).toBe(0);
  });

  it("is no matter for a job that asks nobody: it is told to sign in", async (context) => {
    const home = await readOnly("job");
    const env = await prepare(context, home);
    const ended = await start(words(["credential-process", "dev"]), { cwd: "/", env }).ended;
    expect(ended).toMatchObject({ status: 4, stdout: "" });
    expect(await readdir(home)).toEqual([]);
  });
});
