import { chmod, copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { need } from "./support/needs.ts";
import { onTerminal } from "./support/on-terminal.ts";
import {
  createProgramFolder,
  type ProgramFolder,
  say,
  sha256,
  shellFormat,
  shellIdp,
} from "./support/plugin-programs.ts";
import { programs, type ProgramName } from "./support/programs.ts";
import { cachedCredentials, onlySession } from "./support/records.ts";
import { expectClean, expectRefusal } from "./support/refusal.ts";
import { run as runProcess } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
let on: ProgramFolder;
beforeAll(async () => {
  world = await createWorld();
  on = await createProgramFolder(world);
  await world.signIn("plain");
});
afterAll(() => world.close());

/** Prints the key's id, and which options it was given. */
const printer = (id: string, description: object = {}) =>
  shellFormat(
    id,
    `key=$(printf '%s' "$request" | sed 's/.*"accessKeyId":"\\([^"]*\\)".*/\\1/')
  options=$(printf '%s' "$request" | sed 's/.*"options":{\\([^}]*\\)}.*/\\1/;s/"//g')
  printf '{"event":"output","text":"%s %s\\\\n"}\\n' "$key" "$options"`,
    description,
  );

const answering = (words: string) => say({ event: "output", text: `${words}\n` });

const rowSchema = v.looseObject({
  kind: v.string(),
  id: v.string(),
  origin: v.string(),
  state: v.optional(v.string()),
  path: v.optional(v.string()),
  sha256: v.optional(v.string()),
  reason: v.optional(v.string()),
});
const rowsOf = async (env: Readonly<Record<string, string>> = {}) => {
  const { stdout, status } = await on.run(["plugins", "--json"], env);
  expect(status).toBe(0);
  return v.parse(v.array(rowSchema), JSON.parse(stdout)).filter(({ origin }) => origin === "program");
};
const rowOf = async (id: string, env?: Readonly<Record<string, string>>) =>
  (await rowsOf(env)).find((row) => row.id === id);

const keyId = async () => {
  const { record } = await cachedCredentials(world.cacheDir, world.sandbox.roles.developer);
  return record.credentials.accessKeyId;
};

describe("a format that is a program", () => {
  const options = {
    properties: {
      style: { type: "string", enum: ["plain", "fancy"], description: "how it looks", default: "plain" },
      count: { type: "integer", minimum: 1, maximum: 9, description: "how many there are", default: 2 },
      loud: { type: "boolean", description: "whether it shouts" },
    },
  };

  it("is a command like any other: options, variables, help, completions, errors of usage", async () => {
    await on.putTrusted("tegata-format-printer", printer("printer", { options }));
    expect(await on.run(["printer", "plain"])).toEqual({
      status: 0,
      signal: null,
      stdout: `${await keyId()} style:plain,count:2\n`,
      stderr: "",
    });
    const given = await on.run(["printer", "plain", "--loud", "--style=fancy"], { TEGATA_COUNT: "7" });
    expect(given.stdout).toBe(`${await keyId()} style:fancy,count:7,loud:true\n`);
    const help = await on.run(["printer", "--help"]);
    expect(help.stdout).toMatch(/--style +how it looks \(plain, fancy\).*\n.*--count +how many there are.*\n.*--loud/);
    expect((await on.run(["--help"])).stdout).toMatch(/^ {2}printer +the format printer$/m);
    expect((await on.run(["__complete", "zsh", "--", "pri"])).stdout).toMatch(/^printer\t/m);
    expect((await on.run(["__complete", "zsh", "--", "printer", "--style", ""])).stdout).toBe("plain\nfancy\n");
    const usage = { status: 2, hint: "tegata printer --help" };
    expectRefusal(
      await on.run(["printer", "plain", "--count=12"]),
      { ...usage, error: '--count "12" must be at most 9' },
      world,
    );
    expectRefusal(await on.run(["printer", "plain", "--style=x"]), { ...usage, error: "--style" }, world);
    expectRefusal(
      await on.run(["printer", "plain", "--lout"]),
      { status: 2, error: "--lout", hint: /^tegata .*--loud$/ },
      world,
    );
  });

  it("is not run without an option that it needs", async () => {
    const needed = { properties: { style: { type: "string", description: "how it looks" } }, required: ["style"] };
    await on.putTrusted("tegata-format-needy", printer("needy", { options: needed }));
    expectRefusal(
      await on.run(["needy", "plain"]),
      { status: 2, error: "tegata needy needs --style", hint: "tegata needy --help" },
      world,
    );
    expect((await on.run(["needy", "plain", "--style", "x"])).status).toBe(0);
  });

  it("is refused with an option called like one of tegata's, or like a setting of another plugin", async () => {
    for (const name of ["region", "issuer", "unset"]) {
      const taken = { properties: { [name]: { type: "string", description: "something else" } } };
      await on.put("tegata-format-taker", printer("taker", { options: taken }));
      expectRefusal(
        await on.run(["plugins", "trust", "taker"]),
        {
          status: 3,
          error: `tegata-format-taker has an option called ${name}, as tegata itself has`,
          hint: "tell its author",
        },
        world,
      );
    }
  });

  it("sees the credentials that it is to print, the region, the profile and a harmless environment, and nothing more", async () => {
    const shows = `#!${process.execPath}
process.stdin.once("data", (line) => {
  const { request, ...members } = JSON.parse(line);
  const description = { event: "description", protocols: [1], kind: "format", id: "shows", summary: "what it sees", variables: ["WANTED"] };
  const seen = JSON.stringify({ members, names: Object.keys(process.env), wanted: process.env.WANTED });
  console.log(JSON.stringify(request === "describe" ? description : { event: "output", text: seen + "\\n" }));
});
`;
    await on.putTrusted("tegata-format-shows", shows);
    const foreign = { AWS_SECRET_ACCESS_KEY: "x", TEGATA_QUIET: "1", GITHUB_TOKEN: "x", WANTED: "this", LC_TIME: "C" };
    const { stdout } = await on.run(["shows", "plain"], foreign);
    const seen = v.parse(
      v.object({ members: v.record(v.string(), v.unknown()), names: v.array(v.string()), wanted: v.string() }),
      JSON.parse(stdout),
    );
    expect(seen.wanted).toBe("this");
    expect(seen.names.toSorted()).toEqual(["HOME", "LC_TIME", "PATH", "TZ", "WANTED"]);
    const { record } = await cachedCredentials(world.cacheDir, world.sandbox.roles.developer);
    expect(seen.members).toEqual({
      protocol: 1,
      options: {},
      credentials: record.credentials,
      region: "us-east-1",
      profile: "plain",
    });
  });

  it("may give bytes that are no text: they arrive unchanged, and do not reach a terminal", async (context) => {
    const bytes = Buffer.from([0, 1, 2, 0x1b, 0x5b, 0x41, 255, 254]);
    const answer = { event: "output", base64: bytes.toString("base64"), mediaType: "application/x-pkcs12" };
    await on.putTrusted("tegata-format-bytes", shellFormat("bytes", say(answer)));
    const path = join(world.folder, "bytes");
    const shell = `${programs.binary[0]} bytes plain >${path}`;
    const { status } = await onTerminal(shell, world, context, { env: { ...on.env } }).ended;
    expect(status).toBe(0);
    expect(await readFile(path)).toEqual(bytes);
    const shown = await onTerminal(`${programs.binary[0]} bytes plain`, world, context, { env: { ...on.env } }).ended;
    expect(shown.status).toBe(3);
    expect(shown.stdout).toMatch(/the output of tegata-format-bytes is not text \(application\/x-pkcs12\)/);
    expect(shown.stdout).not.toContain("\u001b[A");
  });

  it("takes its output back without knowing any credentials, and has no --unset where it cannot", async () => {
    const unsets = shellFormat(
      "unsets",
      `case $request in *redentials*) ${answering("with keys")} ;; *) ${answering("without")} ;; esac`,
      { unsets: true },
    );
    await on.putTrusted("tegata-format-unsets", unsets);
    expect((await on.run(["unsets", "plain", "--unset"])).stdout).toBe("without\n");
    expect((await on.run(["unsets", "plain"])).stdout).toBe("with keys\n");
    await on.putTrusted("tegata-format-printer", printer("printer"));
    expect((await on.run(["printer", "plain", "--unset"])).status).toBe(2);
  });

  it.each<ProgramName>(["node", "bun", "deno"])("runs with %s as it does with the binary", async (program) => {
    await on.putTrusted("tegata-format-printer", printer("printer"));
    const ended = await world.run(["printer", "plain"], { env: on.env, program });
    expect(ended).toEqual(await on.run(["printer", "plain"]));
    expect(ended.status).toBe(0);
  });
});

describe("trust", () => {
  it("is needed before a new program runs, also for help, for completions and as an identity provider", async () => {
    const ran = join(world.folder, "ran");
    const path = await on.put(
      "tegata-format-fresh",
      shellFormat("fresh", `touch ${ran}`).replace("read", `touch ${ran}; read`),
    );
    await on.put("tegata-idp-fresh", shellIdp("fresh", ":").replace("read", `touch ${ran}; read`));
    const untrusted = {
      status: 3,
      error: `tegata-format-fresh has not been trusted yet: ${path}`,
      hint: `look at ${path}, then run: tegata plugins trust fresh`,
    };
    expectRefusal(await on.run(["fresh", "plain"]), untrusted, world);
    expectRefusal(await on.run(["fresh", "--help"]), untrusted, world);
    const idp = ["--idp", "fresh", "--issuer", world.sandbox.oidc.issuer];
    expectRefusal(
      await on.run(["credential-process", ...idp]),
      { status: 3, error: "tegata-idp-fresh has not been trusted yet", hint: "tegata plugins trust fresh" },
      world,
    );
    for (const args of [["--help"], ["plugins"], ["__complete", "zsh", "--", "fr"], ["status"], ["profiles"]]) {
      expect(await on.run(args)).toMatchObject({ status: 0 });
    }
    await expect(readFile(ran)).rejects.toThrow("ENOENT");
  });

  it("is asked for on a terminal until somebody says yes, and a no is a no", async (context) => {
    const path = await on.put("tegata-format-asked", printer("asked"));
    const ask = async (answer: string) => {
      const running = onTerminal("tegata asked plain", world, context, {
        env: { PATH: `${on.folder}:${process.env["PATH"]}:${join(programs.binary[0], "..")}` },
      });
      await running.stdoutMatching(/run it, now and from now on\? \[y\/N\]/);
      running.child.stdin.write(answer);
      return running.ended;
    };
    const no = await ask("\r");
    expect(no.status).toBe(3);
    expect(no.stdout).toContain(`tegata-format-asked has not been run before; it is given AWS credentials\r\n`);
    expect(no.stdout).toContain(`sha256:${await sha256(path)}`);
    expect((await ask("\u0003")).status).toBe(130);
    const yes = await ask("y\r");
    expect(yes.status).toBe(0);
    expect(yes.stdout).toContain(await keyId());
    expect((await on.run(["asked", "plain"])).status).toBe(0);
  });

  it("ends when the program changes, moves or is distrusted", async () => {
    const path = await on.putTrusted("tegata-format-moving", printer("moving"));
    expect((await on.run(["moving", "plain"])).status).toBe(0);
    expect(await rowOf("moving")).toMatchObject({ state: "trusted", path, summary: "the format moving" });
    await writeFile(path, `${await readFile(path, "utf8")}\n`);
    const changed = {
      status: 3,
      error: `tegata-format-moving has changed since it was trusted: ${path}`,
      hint: "tegata plugins trust moving",
    };
    expectRefusal(await on.run(["moving", "plain"]), changed, world);
    expect(await rowOf("moving")).toMatchObject({ state: "changed", sha256: await sha256(path) });
    expect((await on.run(["plugins", "trust", "moving"])).status).toBe(0);
    const elsewhere = join(world.folder, "elsewhere");
    await mkdir(elsewhere, { recursive: true });
    await copyFile(path, join(elsewhere, "tegata-format-moving"));
    const PATH = `${elsewhere}:${on.env.PATH}`;
    expectRefusal(
      await on.run(["moving", "plain"], { PATH }),
      { ...changed, error: `changed since it was trusted: ${elsewhere}`, hint: "tegata plugins trust moving" },
      world,
    );
    const { stderr } = await on.run(["plugins", "distrust", "moving"]);
    expect(stderr).toBe("tegata: moving is trusted no more\n");
    expect(await rowOf("moving")).toMatchObject({ state: "untrusted" });
    expect((await on.run(["plugins", "distrust", "moving"])).stderr).toBe("tegata: moving was not trusted\n");
  });

  it("is needed again after a change: for a format behind a flag, for a provider that the file names", async () => {
    const ran = join(world.folder, "ran-changed");
    const format = await on.putTrusted("tegata-format-swapped", printer("swapped"));
    const idp = await on.putTrusted("tegata-idp-swapped", shellIdp("swapped", ":"));
    const config = join(world.folder, "swapped.toml");
    const { oidc, roles } = world.sandbox;
    const settings = `type = "swapped"\nissuer = "${oidc.issuer}"\nclient_id = "x"`;
    await writeFile(config, `[idp.mine]\n${settings}\n[profile.mine]\nidp = "mine"\nrole_arn = "${roles.developer}"\n`);
    for (const path of [format, idp]) {
      await writeFile(path, (await readFile(path, "utf8")).replace("read -r", `touch ${ran}; read -r`));
    }
    const inFile = { TEGATA_CONFIG: config };
    for (const [args, env] of [
      [["--profile", "plain", "swapped"], {}],
      [["--verbose", "swapped", "plain"], {}],
      [["login", "mine", "--client-id", "y"], inFile],
      [["login", "mine", "--role-session-name", "help"], inFile],
    ] as const) {
      const error = /^tegata-(format|idp)-swapped has changed since it was trusted: /;
      expectRefusal(await on.run(args, env), { status: 3, error, hint: "tegata plugins trust swapped" }, world);
    }
    await expect(readFile(ran)).rejects.toThrow("ENOENT");
  });

  it("is listed without what a terminal obeys in the name of a folder", async () => {
    const folders = ["\u001b[31mone", "\u001b[31mtwo"].map((name) => join(world.folder, name));
    for (const folder of folders) {
      await mkdir(folder);
      await copyFile(await on.put("tegata-format-twice", printer("twice")), join(folder, "tegata-format-twice"));
    }
    await rm(join(on.folder, "tegata-format-twice"));
    const { stdout } = await on.run(["plugins"], { PATH: `${folders.join(":")}:${on.env.PATH}` });
    expect(stdout).toMatch(/skipped \S+u001b\[31mtwo\S+ {2}\S+u001b\[31mone\S+ comes first$/m);
    expect(stdout).not.toContain("\u001b");
  });

  it("holds where PATH is shorter than in the shell", async () => {
    await on.putTrusted("tegata-format-desktop", printer("desktop"));
    expect((await world.run(["desktop", "plain"])).status).toBe(0);
  });

  it("is given on CI by the digest of the program, and to no other program", async () => {
    const path = await on.put("tegata-format-pinned", printer("pinned"));
    const digest = await sha256(path);
    const run = (pins: string) => on.run(["pinned", "plain"], { TEGATA_TRUST_PLUGINS: pins, CI: "true" });
    expect((await run(`pinned@sha256:${digest}`)).status).toBe(0);
    expect((await run(`other@sha256:${"0".repeat(64)}, pinned@sha256:${digest.toUpperCase()}`)).status).toBe(0);
    const refused = {
      status: 3,
      error: "tegata-format-pinned has not been trusted yet",
      hint: `set TEGATA_TRUST_PLUGINS=pinned@sha256:${digest} if`,
    };
    expectRefusal(await run(`pinned@sha256:${"0".repeat(64)}`), refused, world);
    expectRefusal(await run(`other@sha256:${digest}`), refused, world);
    for (const bad of ["pinned", `pinned@${digest}`, "pinned@sha256:12", `../x@sha256:${digest}`]) {
      expectRefusal(
        await run(bad),
        { status: 2, error: `TEGATA_TRUST_PLUGINS "${bad}" must be`, hint: "tegata plugins" },
        world,
      );
    }
    expect(await rowOf("pinned"), "nothing is remembered").toMatchObject({ state: "untrusted" });
  });

  it("is not given where others can put programs: such a one is refused, and the list says why", async () => {
    const open = join(world.folder, "open");
    await mkdir(open, { recursive: true });
    await copyFile(await on.put("tegata-format-open", printer("open")), join(open, "tegata-format-open"));
    await rm(join(on.folder, "tegata-format-open"));
    await chmod(open, 0o777);
    const PATH = `${open}:${on.env.PATH}`;
    const why = `others can write to ${open} (mode 0777)`;
    const refusal = {
      status: 3,
      error: `tegata-format-open is not run from ${open}/tegata-format-open: ${why}`,
      hint: "move it",
    };
    expectRefusal(await on.run(["open", "plain"], { PATH }), refusal, world);
    expectRefusal(await on.run(["plugins", "trust", "open"], { PATH }), refusal, world);
    expect(await rowOf("open", { PATH })).toMatchObject({ state: "skipped", reason: why });
    await chmod(open, 0o755);
    const here = { env: { PATH }, cwd: open };
    expectRefusal(
      await world.run(["open", "plain"], here),
      { ...refusal, error: "it is in the current folder" },
      world,
    );
    expectRefusal(
      await world.run(["open", "plain"], { env: { PATH: `.:${on.env.PATH}` }, cwd: open }),
      { ...refusal, error: "is relative" },
      world,
    );
  });

  it("lets no program stand in for what is built in, or for one that comes first", async () => {
    const ran = join(world.folder, "stood-in");
    for (const id of ["env", "status"]) {
      await on.put(`tegata-format-${id}`, `#!/bin/sh\ntouch ${ran}\n`);
    }
    await on.put("tegata-idp-auth0", `#!/bin/sh\ntouch ${ran}\n`);
    expect((await on.run(["env", "plain", "--shell", "sh"])).status).toBe(0);
    expect((await on.run(["status"])).status).toBe(0);
    await expect(readFile(ran)).rejects.toThrow("ENOENT");
    expect(await rowOf("env")).toMatchObject({ state: "skipped", reason: "a command of this program is called env" });
    expect(await rowOf("auth0")).toMatchObject({ state: "skipped", reason: "the identity provider auth0 is built in" });
    const second = join(world.folder, "second");
    await mkdir(second, { recursive: true });
    const first = await on.put("tegata-format-twice", printer("twice"));
    await symlink(first, join(second, "tegata-format-twice"));
    const rows = await rowsOf({ PATH: `${on.env.PATH}:${second}` });
    expect(rows.filter(({ id }) => id === "twice").map(({ state, reason }) => [state, reason])).toEqual([
      ["untrusted", undefined],
      ["skipped", `${first} comes first`],
    ]);
    const { stdout } = await on.run(["plugins"]);
    expect(stdout).toMatch(new RegExp(`^ {2}format twice +untrusted ${first} +tegata plugins trust twice$`, "m"));
  });

  it("has commands that refuse what they do not understand, and want one name where two programs have it", async () => {
    for (const [args, error] of [
      [["trust"], "tegata plugins trust takes the name of one program"],
      [["trust", "a", "b"], "tegata plugins trust takes the name of one program"],
      [["turst", "a"], 'tegata plugins has no "turst"'],
      [["constructor", "a"], 'tegata plugins has no "constructor"'],
      [["trust", "../../bin/sh"], "there is no program tegata-idp-../../bin/sh or"],
      [["check", "/bin/sh"], "/bin/sh is not a program called tegata-idp-NAME or tegata-format-NAME"],
    ] as const) {
      const ended = await on.run(["plugins", ...args]);
      expectRefusal(ended, { status: 2, error, hint: /plugins|NAME/ }, world);
    }
    await on.put("tegata-format-both", printer("both"));
    await on.put("tegata-idp-both", shellIdp("both", ":"));
    expectRefusal(
      await on.run(["plugins", "trust", "both"]),
      { status: 2, error: "two programs are called both", hint: "name one: tegata-idp-both" },
      world,
    );
    expect((await on.run(["plugins", "trust", "tegata-format-both"])).stderr).toMatch(
      /^tegata: tegata-format-both is trusted from now on: /,
    );
    expectClean((await on.run(["plugins"])).stdout, world);
  });
});

const settingsFile = () => join(world.folder, "programs.toml");

const write = (section: string) =>
  world.writeSettings(
    `[idp.corp]\ntype = "corp"\nissuer = "https://sso.example.com"\n${section}\n\n[profile.corp]\nidp = "corp"\n\n[idp.plain]\ntype = "oidc"\nissuer = "${world.sandbox.oidc.issuer}"\nclient_id = "x"\n\n[profile.other]\nidp = "plain"\n`,
    settingsFile(),
  );
const go = (...args: string[]) => on.run(args, { TEGATA_CONFIG: settingsFile() });

describe("an identity provider that is a program", () => {
  const settings = {
    properties: {
      realm: { type: "string", description: "the realm" },
      issuer: { type: "string", format: "uri", description: "the issuer" },
    },
    required: ["realm", "issuer"],
  };
  const refuses = (id: string) =>
    shellIdp(id, `${say({ event: "error", code: "idp_rejected", message: "not today" })}; exit 1`, {
      settings,
      audience: "{realm}",
    });
  it("has settings that are flags, are checked and are completed, as those of others are", async () => {
    await on.put("tegata-idp-corp", refuses("corp"));
    await write('relm = "a"');
    expect((await go("profiles")).stdout, "what it knows is not known yet").toBe("corp\nother\n");
    expectRefusal(
      await go("login", "corp"),
      { status: 3, error: "tegata-idp-corp has not been trusted yet", hint: "tegata plugins trust corp" },
      world,
    );
    expect((await go("plugins", "trust", "corp")).status).toBe(0);
    const unknown = {
      status: 3,
      error: `${settingsFile()}:4:1: idp.corp.relm is not a key of [idp.NAME]; did you mean realm?`,
      hint: "correct",
    };
    expectRefusal(await go("profiles"), unknown, world);
    await write("");
    expectRefusal(
      await go("login", "corp"),
      {
        status: 3,
        error: "the identity provider corp lacks realm",
        hint: /^pass --realm REALM, or set realm in \[idp\.corp\] of /,
      },
      world,
    );
    const refused = {
      status: 5,
      error: "tegata-idp-corp: not today",
      hint: "see what else tegata-idp-corp says with --verbose",
    };
    expectRefusal(await go("login", "corp", "--realm", "r"), refused, world);
    expectRefusal(await go("login", "--idp=corp", "--realm=r"), refused, world);
    expectRefusal(
      await go("login", "other", "--realm=r"),
      { status: 2, error: "--realm is not a setting of the identity provider oidc", hint: /.+/ },
      world,
    );
    expect((await go("__complete", "zsh", "--", "login", "--re")).stdout).toMatch(/^--realm\t/m);
    expect((await go("__complete", "zsh", "--", "login", "--idp", "")).stdout).toMatch(/^corp(?:\t|$)/m);
    const needed = await go("credential-process", "corp", "--realm=r", "--role-arn", world.sandbox.roles.developer);
    expectRefusal(
      needed,
      { status: 4, error: "a sign-in in the browser is needed", hint: /^tegata login corp .*--realm r$/ },
      world,
    );
  });

  it("has its settings checked when it is trusted in the same run", async () => {
    await on.put("tegata-idp-corp", `${refuses("corp")}# another\n`);
    await write('relm = "a"');
    const pins = `corp@sha256:${await sha256(join(on.folder, "tegata-idp-corp"))}`;
    expect((await go("plugins", "distrust", "corp")).status).toBe(0);
    const ended = await on.run(["login", "corp"], { TEGATA_CONFIG: settingsFile(), TEGATA_TRUST_PLUGINS: pins });
    expectRefusal(
      ended,
      {
        status: 3,
        error: "idp.corp.relm is no setting of the identity provider corp; did you mean realm?",
        hint: "correct",
      },
      world,
    );
  });

  it("that is not there is refused, and so is a program of another kind", async () => {
    await world.writeSettings('[idp.corp]\ntype = "nowhere"\n', settingsFile());
    expectRefusal(
      await go("profiles"),
      { status: 3, error: '"nowhere" is not an identity provider plugin', hint: "correct" },
      world,
    );
    await on.putTrusted("tegata-format-printer", printer("printer"));
    await world.writeSettings('[idp.corp]\ntype = "printer"\n', settingsFile());
    expectRefusal(
      await go("profiles"),
      { status: 3, error: '"printer" is not an identity provider plugin', hint: "correct" },
      world,
    );
    expectRefusal(await go("corp"), { status: 2, error: 'there is no command "corp"', hint: /.+/ }, world);
  });

  it("for a workload asks nobody, gives each job credentials of its own, and keeps no session", async () => {
    const { oidc, sts, roles } = world.sandbox;
    const env = { ...on.env, ...(await world.anotherHome()) };
    await world.signIn("plain", { env });
    const { record } = await onlySession(join(env.HOME, ".local/state/tegata"));
    const runs = join(world.folder, "workload-runs");
    const idp = shellIdp(
      "job",
      `echo >>${runs}; case $request in *'"mayPrompt":false'*) ${say({ event: "id_token", idToken: record.idToken ?? "" })} ;; esac`,
      {
        signIn: "workload",
        variables: ["JOB"],
      },
    );
    await on.put("tegata-idp-job", idp);
    expect((await world.run(["plugins", "trust", "job"], { env })).status).toBe(0);
    const args = ["credential-process", "--idp", "job", "--issuer", oidc.issuer, "--client-id", oidc.clientId];
    const job = (JOB: string, more = {}) =>
      world.run([...args, "--role-arn", roles.developer, "--region", "us-east-1", "--sts-endpoint", sts.endpoint], {
        env: { ...env, JOB, TEGATA_CONFIG: "/dev/null", ...more },
      });
    const [first, again, other] = [await job("1"), await job("1"), await job("2")];
    const unknown = await job("1", { BUILD_TAG: "jenkins-7" });
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(again).toEqual(first);
    expect(other.stdout).not.toBe(first.stdout);
    expect(unknown.stdout, "by a variable that the program did not ask for").not.toBe(first.stdout);
    expect(await readFile(runs, "utf8")).toBe("\n\n\n");
    const sessions = (await readdir(join(env.HOME, ".local/state/tegata"))).filter((name) => name.endsWith(".json"));
    expect(sessions, "that of the person, and no other").toHaveLength(1);
  });
});

it("no folder is read and no program is looked for where nothing names one", async (context) => {
  const strace = need("strace", context);
  const trace = join(world.folder, "trace");
  for (const args of [["credential-process", "plain", "--verbose"], ["status"], ["profiles"], ["--version"]]) {
    const traced = [strace, "-f", "-qq", "-e", "trace=%file", "-o", trace, ...programs.binary, ...args] as const;
    expect(await runProcess(traced, { cwd: world.folder, env: { ...world.env, ...on.env } })).toMatchObject({
      status: 0,
    });
    const lines = (await readFile(trace, "utf8")).split("\n").slice(1);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => line.includes(on.folder) || /tegata-(idp|format)-|\.plugin"/.test(line))).toEqual([]);
  }
});
