import { execFileSync } from "node:child_process";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { isOwnGroup } from "../../../packages/engine/src/files/own-group.ts";
import { binaryFolder, programs } from "./support/programs.ts";
import { start, type Ended, type Running } from "./support/run.ts";
import { needSecondUser, victim } from "./support/second-user.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
/** The shell blocks of the README, by the first words of their heading. */
let blocks: ReadonlyMap<string, string>;
beforeAll(async () => {
  world = await createWorld();
  await mkdir(join(world.folder, "etc"));
  const readme = await readFile(fileURLToPath(new URL("../../../README.md", import.meta.url)), "utf8");
  const sections = readme.split(/^### (?=\d\. )/m).slice(1);
  blocks = new Map(
    sections.map((section) => {
      const [, block = ""] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
      return [section.slice(0, 2), block] as const;
    }),
  );
});
afterAll(() => world.close());

/** The folder's own user, or where root runs the tests, a user of their own: in the system's files as useradd would write it. */
const asOrdinaryUser = async (script: string, env: Readonly<Record<string, string>>, others = ""): Promise<Running> => {
  const options = { cwd: "/", env };
  if (process.getuid?.() !== 0) {
    return start(["bash", "-c", script], options);
  }
  const etc = join(world.folder, "etc");
  const passwd = `root:x:0:0::/root:/bin/bash\nann:x:${victim}:${victim}::/home/ann:/bin/bash\nbob:x:4242:4242::/:/bin/sh\n`;
  await writeFile(join(etc, "passwd"), passwd);
  await writeFile(join(etc, "group"), `root:x:0:\nann:x:${victim}:${others}\n`);
  const mounts = `mount --bind ${etc}/passwd /etc/passwd && mount --bind ${etc}/group /etc/group`;
  const asAnn = `exec setpriv --reuid=${victim} --regid=${victim} --clear-groups -- bash -c "$1"`;
  return start(["unshare", "--mount", "sh", "-c", `${mounts} && ${asAnn}`, "sh", script], options);
};

const prepare = async (name: string, context: TestContext, homeMode = "755") => {
  if (process.getuid?.() === 0) {
    needSecondUser(context);
    execFileSync("chmod", ["755", world.folder]);
  } else if (!isOwnGroup(process.getgid?.() ?? -1, { platform: process.platform, uid: process.getuid?.() })) {
    context.skip("the group of this user has other members");
  }
  const home = join(world.folder, name);
  await mkdir(home);
  await chmod(home, homeMode);
  if (process.getuid?.() === 0) {
    execFileSync("chown", [`${victim}:${victim}`, home]);
  }
  const { sandbox } = world;
  const account = /::(\d{12}):/.exec(sandbox.roles.developer)?.[1] ?? "";
  const env = {
    ...world.env,
    PATH: `${binaryFolder}:${world.env["PATH"] ?? ""}`,
    HOME: home,
    TENANT: sandbox.auth0.domain,
    CLIENT_ID: sandbox.auth0.clientId,
    ACCOUNT: account,
    TEGATA_STS_ENDPOINT: sandbox.sts.endpoint,
  };
  const probe = await (await asOrdinaryUser(`${programs.binary[0]} --version`, env)).ended;
  if (probe.status !== 0) {
    context.skip(`an ordinary user cannot run the program here: ${probe.stderr.trim()}`);
  }
  return { home, env };
};

const block = (step: string, umask: string) => `umask ${umask}\n${blocks.get(step) ?? "exit 99"}`;

/** Step 4, with the person who approves it. */
const signIn = async (umask: string, env: Readonly<Record<string, string>>): Promise<Ended> => {
  const running = await asOrdinaryUser(block("4.", umask), env);
  const [, url = ""] = await running.stderrMatching(/open (\S+)\n/);
  await world.sandbox.approve(url);
  return running.ended;
};

/** Step 4 is refused where everybody can write to the settings; its hint is followed. */
const mend = async (env: Readonly<Record<string, string>>) => {
  const refused = await (await asOrdinaryUser(block("4.", "000"), env)).ended;
  const [, command = ""] = /run: (chmod go-w \S+)\n/.exec(refused.stderr) ?? [];
  const mended = await (await asOrdinaryUser(command, env)).ended;
  return { refused: refused.status, mended: mended.status };
};

describe("the steps of the README, as an ordinary user with a group of their own", () => {
  it.for([
    ["000", "755"],
    ["002", "755"],
    ["002", "770"],
    ["022", "750"],
    ["077", "700"],
  ] as const)(
    "lead to credentials under umask %s with a home of mode %s, as far as nobody else can write",
    async ([umask, homeMode], context) => {
      const { home, env } = await prepare(`home-${umask}-${homeMode}`, context, homeMode);
      expect(await (await asOrdinaryUser(block("3.", umask), env)).ended).toMatchObject({ status: 0 });
      const settings = join(home, ".config/tegata/tegata.toml");
      expect((await stat(settings)).mode & 0o777).toBe(0o666 & ~Number.parseInt(umask, 8));
      const mended = umask === "000" ? await mend(env) : undefined;
      expect(mended).toEqual(umask === "000" ? { refused: 3, mended: 0 } : undefined);
      const signedIn = await signIn(umask, env);
      expect(signedIn).toMatchObject({ status: 0 });
      // The steps end with a program that is not ours.
      const [config = ""] = block("5.", umask).split("\naws s3 ls");
      expect(await (await asOrdinaryUser(config, env)).ended).toMatchObject({ status: 0 });
      const [, line = ""] =
        /^credential_process = (.*)$/m.exec(await readFile(join(home, ".aws/config"), "utf8")) ?? [];
      for (let round = 0; round < 2; round += 1) {
        expect(await (await asOrdinaryUser(`umask ${umask}; ${line}`, env)).ended).toMatchObject({
          status: 0,
          stderr: "",
        });
      }
      const modes = [".cache", ".cache/tegata", ".local", ".local/state", ".local/state/tegata"].map(async (each) => [
        each,
        ((await stat(join(home, each))).mode & 0o7777).toString(8),
      ]);
      expect(Object.fromEntries(await Promise.all(modes))).toEqual({
        ".cache": "700",
        ".cache/tegata": "700",
        ".local": "700",
        ".local/state": "700",
        ".local/state/tegata": "700",
      });
    },
  );

  it("are refused under umask 002 where another user is in the group", async (context) => {
    const { env } = await prepare("home-shared", context);
    if (process.getuid?.() !== 0) {
      context.skip("only root can put another user into the group");
    }
    expect(await (await asOrdinaryUser(block("3.", "002"), env)).ended).toMatchObject({ status: 0 });
    const refused = await (await asOrdinaryUser(block("4.", "002"), env, "bob")).ended;
    expect(refused).toMatchObject({ status: 3, stdout: "" });
    expect(refused.stderr).toContain("can be written to by others (mode 0664)");
  });
});
