import { matching } from "./support/matching.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { entryFiles } from "./support/answer-cache.ts";
import { findProgram, need } from "./support/needs.ts";
import { binaryFolder } from "./support/programs.ts";
import { createWorld, run, settingsOf, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
beforeEach(async () => {
  await world.writeSettings(`default_profile = "dev"\n${settingsOf(world.sandbox)}`);
  await Promise.all((await entryFiles(world.cacheDir)).map((path) => rm(path)));
});
afterAll(() => world.close());

const script = findProgram("script") ?? "script";
const path = () => ({ PATH: `${binaryFolder}:${world.env["PATH"]}` });
const inBash = (code: string, env: Readonly<Record<string, string>> = {}) =>
  run(["bash", "--norc", "--noprofile", "-c", code], { cwd: world.folder, env: { ...world.env, ...path(), ...env } });
const printed = (name: string) => ["--", "sh", "-c", `printf '%s' "\${${name}-unset}"`];
/** The role of a run, as the sandbox's federation endpoint or `json` has it. */
const roleOf = (stdout: string) => /assumed-role\/(\w+)\//.exec(stdout)?.[1];

const json = async (env: Readonly<Record<string, string>>, ...words: string[]) =>
  roleOf((await world.run(["json", ...words], { env })).stdout);

/** `dev` is another role in it, and `prod` is nowhere else. */
const otherFile = async () => {
  const { roles } = world.sandbox;
  const other = settingsOf(world.sandbox)
    .replace(roles.developer, roles.readOnly)
    .replace("[profile.bob]", "[profile.prod]")
    .replace(roles.bobOnly, roles.developer);
  await world.writeSettings(other, join(world.folder, "other settings.toml"));
};

describe("AWS_PROFILE", () => {
  it("chooses the profile of that name, below TEGATA_PROFILE and what is typed", async () => {
    expect(await json({ AWS_PROFILE: "readonly" })).toBe("ReadOnly");
    expect(await json({ AWS_DEFAULT_PROFILE: "readonly" })).toBe("ReadOnly");
    expect(await json({ AWS_PROFILE: "dev", AWS_DEFAULT_PROFILE: "readonly" })).toBe("Developer");
    expect(await json({ AWS_PROFILE: "readonly", TEGATA_PROFILE: "dev" })).toBe("Developer");
    expect(await json({ AWS_PROFILE: "readonly" }, "dev")).toBe("Developer");
    expect(await json({ AWS_PROFILE: "readonly" }, "-p", "dev")).toBe("Developer");
    expect(await json({ AWS_PROFILE: "" })).toBe("Developer");
  });

  it("chooses it for exec and env, and for no credential-process", async () => {
    const env = { AWS_PROFILE: "readonly" };
    expect((await world.run(["exec", ...printed("TEGATA_PROFILE")], { env })).stdout).toBe("readonly");
    expect((await world.run(["env", "--shell", "sh"], { env })).stdout).toContain(
      "export TEGATA_PROFILE='readonly';\n",
    );
    const own = await world.run(["credential-process"]);
    expect(await world.run(["credential-process"], { env })).toEqual(own);
    expect(await world.run(["credential-process"], { env: { AWS_PROFILE: "nosuch" } })).toEqual(own);
  });

  it("is part of the key of a cached output", async () => {
    const roles = [];
    for (const AWS_PROFILE of ["dev", "readonly", "dev", "readonly"]) {
      roles.push(roleOf((await world.run(["json"], { env: { AWS_PROFILE } })).stdout));
    }
    expect(roles).toEqual(["Developer", "ReadOnly", "Developer", "ReadOnly"]);
    expect(await entryFiles(world.cacheDir)).toHaveLength(2);
  });

  const commands = [["json"], ["env", "--shell", "sh"], ["exec", ...printed("TEGATA_PROFILE")], ["console-url"]];
  const env = { AWS_PROFILE: "readonIy" };

  it.each(commands)("that names no profile is warned of each time, by %s", async (...words) => {
    for (let round = 0; round < 2; round += 1) {
      const ended = await world.run(words, { env });
      expect(ended).toMatchObject({ status: 0 });
      expect(ended.stderr).toContain(
        'tegata: warning: this is the profile "dev": AWS_PROFILE "readonIy" is not a section [profile.NAME] in ',
      );
      expect(ended.stderr).toContain("did you mean readonly?");
    }
  });

  it.each([...commands, ["console"]])(
    "that names no profile is an error where no default was chosen, in %s",
    async (...words) => {
      const profiles = settingsOf(world.sandbox);
      const only = profiles.slice(0, profiles.indexOf("[profile.plain]"));
      for (const settings of [profiles, only]) {
        await world.writeSettings(settings);
        const ended = await world.run(words, { env });
        expect(ended).toMatchObject({ status: 2 });
        expect(ended.stderr).toContain('tegata: error: AWS_PROFILE "readonIy" is not a section [profile.NAME] in ');
        expect(ended.stderr).not.toContain("warning");
      }
    },
  );

  it("is named by login, logout and status as well, and stops none of them", async () => {
    const warning = 'tegata: warning: this is the profile "dev": AWS_PROFILE "readonIy" is not a section';
    const { HOME } = await world.anotherHome();
    const login = await world.run(["login"], { env: { ...env, HOME, TEGATA_DURATION: "x" } });
    expect(login.stderr).toContain(warning);
    const logout = await world.run(["logout"], { env: { ...env, HOME } });
    expect(logout).toMatchObject({ status: 0 });
    expect(logout.stderr).toContain(warning);
    const status = await world.run(["status"], { env });
    expect(status.stdout).toContain('warning: AWS_PROFILE "readonIy" is not a section [profile.NAME] in ');
  });

  it("stops nobody who names a role or a profile", async () => {
    await world.writeSettings(settingsOf(world.sandbox));
    expect(await world.run(["json", "dev"], { env })).toMatchObject({ status: 0, stderr: "" });
    const { auth0, roles, sts } = world.sandbox;
    const flags = ["--domain", auth0.domain, "--client-id", auth0.clientId, "--role-arn", roles.developer];
    const ended = await world.run(["json", ...flags, "--sts-endpoint", sts.endpoint], { env });
    expect(ended).toMatchObject({ status: 0 });
    expect(ended.stderr).toContain('warning: this is without a profile: AWS_PROFILE "readonIy"');
  });
});

describe("the profile that a variable chooses", () => {
  it("is marked by status and profiles", async () => {
    for (const [name, env] of [
      ["TEGATA_PROFILE", { TEGATA_PROFILE: "readonly", AWS_PROFILE: "plain" }],
      ["AWS_PROFILE", { AWS_PROFILE: "readonly" }],
    ] as const) {
      const status = await world.run(["status"], { env });
      expect(status.stdout.match(/^\* \S+/gm)).toEqual(["* readonly"]);
      expect(status.stdout).toContain(`\nreadonly is chosen by ${name}\n`);
      for (const command of ["status", "profiles"]) {
        const { stdout } = await world.run([command, "--json"], { env });
        expect(stdout.match(/"chosenBy":"\w+"/g)).toEqual([`"chosenBy":"${name}"`]);
      }
      expect(await world.run(["profiles"], { env })).toMatchObject({ stdout: "dev\nplain\nreadonly\nbob\n" });
      const words = [script, "--quiet", "--return", "--command", "tegata profiles", "/dev/null"] as const;
      const onTerminal = await run(words, { cwd: world.folder, env: { ...world.env, ...path(), ...env } });
      expect(onTerminal.stdout.split("\r\n").slice(-6)).toEqual([
        matching(/^ {2}PROFILE +ACCOUNT +ROLE +FROM$/),
        matching(/^ {2}dev +123456789012 +Developer +person$/),
        matching(/^ {2}plain +123456789012 +Developer +person$/),
        matching(new RegExp(`^\\* readonly \\(${name}\\) +123456789012 +ReadOnly +person$`)),
        matching(/^ {2}bob +123456789012 +BobOnly +person$/),
        "",
      ]);
    }
    expect((await world.run(["status", "--json"])).stdout).not.toContain("chosenBy");
    expect((await world.run(["status"], { env: { TEGATA_PROFILE: "nosuch" } })).stdout).toMatch(/^ {2}dev /m);
  });

  it("is shown by status with what was typed for the shell", async () => {
    const { readOnly } = world.sandbox.roles;
    const ended = await inBash(`eval "$(tegata env dev --role-arn ${readOnly})"\ntegata status`);
    expect(ended.stdout).toMatch(/^\* dev +123456789012 {2}ReadOnly /m);
    expect(ended.stdout).toContain("\ndev is chosen by TEGATA_PROFILE; tegata use --off takes it back\n");
  });

  it("is taken back by a command of its own in PowerShell, which status names", async (context) => {
    const options = { cwd: world.folder, env: { ...world.env, ...path() } };
    const code = "tegata env dev | Out-String | Invoke-Expression; tegata status";
    const ended = await run([need("pwsh", context), "-NoProfile", "-Command", code], options);
    expect(ended.stdout).toContain("\ndev is chosen by TEGATA_PROFILE; Use-Tegata -Off takes it back\n");
  });
});

describe("a shell that has loaded a profile", () => {
  const role = "tegata json | sed -E 's/.*assumed-role.([A-Za-z]+).*/\\1/'";

  it.each([
    ["tegata env", 'eval "$(tegata env readonly)"', 'eval "$(tegata env --unset)"'],
    ["tegata use", 'eval "$(tegata hook bash)"\ntegata use readonly', "tegata use --off"],
  ])("acts on it until it is taken back, by %s", async (_name, load, unload) => {
    const state = 'echo "${TEGATA_PROFILE-unset} ${AWS_REGION-unset} ${AWS_PROFILE-unset} ${TEGATA_BEFORE-unset}"';
    const code = [load, role, state, unload, role, state].join("\n");
    const ended = await inBash(code);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout.split("\n")).toEqual([
      "ReadOnly",
      "readonly us-east-1 unset unset",
      "Developer",
      "unset unset unset unset",
      "",
    ]);
    const before = await inBash(code, { TEGATA_PROFILE: "dev", AWS_REGION: "eu-west-1" });
    expect(before.stdout.split("\n")[3]).toBe("dev eu-west-1 unset unset");
  });

  it("keeps a region of the person's own when it is taken back", async () => {
    const code = 'eval "$(tegata env dev)"; echo $AWS_REGION; eval "$(tegata env --unset)"; echo $AWS_REGION';
    expect((await inBash(code, { AWS_REGION: "eu-west-1" })).stdout).toBe("us-east-1\neu-west-1\n");
    expect((await inBash('eval "$(tegata env --unset)"; echo $AWS_REGION', { AWS_REGION: "eu-west-1" })).stdout).toBe(
      "eu-west-1\n",
    );
  });

  it("changes nothing for a credential-process whose line names a profile", async () => {
    const code = 'eval "$(tegata env readonly)"\ntegata credential-process dev';
    expect((await inBash(code)).stdout).toBe((await world.run(["credential-process", "dev"])).stdout);
  });
});

describe("exec", () => {
  it("tells its command the profile, and another exec inside it another one", async () => {
    const own = await world.run(["exec", "readonly", "--", "env"], { env: { AWS_PROFILE: "x" } });
    expect(own.stdout).toMatch(/^TEGATA_PROFILE=readonly$/m);
    expect(own.stdout).not.toMatch(/^AWS_PROFILE=/m);
    const inner = await world.run(["exec", "readonly", "--", "tegata", "json"], { env: path() });
    expect(roleOf(inner.stdout)).toBe("ReadOnly");
    const words = ["exec", "readonly", "--", "tegata", "exec", "--nested", "dev", "--", "tegata", "json"];
    expect(roleOf((await world.run(words, { env: path() })).stdout)).toBe("Developer");
    const refresh = await world.run(["exec", "readonly", "--refresh", ...printed("TEGATA_PROFILE")]);
    expect(refresh.stdout).toBe("readonly");
  });
});

describe("a shell that has loaded a profile of another settings file, or with other settings", () => {
  const role = "tegata json | sed -E 's/.*assumed-role.([A-Za-z]+).*/\\1/'";
  const state = 'echo "${TEGATA_PROFILE-unset} ${TEGATA_CONFIG-unset} ${TEGATA_CHOSEN-unset} ${TEGATA_BEFORE-unset}"';

  it.each([
    ["env", (words: string) => `eval "$(tegata env ${words})"`, 'eval "$(tegata env --unset)"'],
    ["use", (words: string) => `tegata use ${words}`, "tegata use --off"],
  ])("acts on it until it is taken back, from any folder, by %s", async (_name, load, unload) => {
    await otherFile();
    const code = [
      'eval "$(tegata hook bash)"',
      load("prod --config 'other settings.toml'"),
      "cd /",
      'echo "$TEGATA_PROFILE $TEGATA_CONFIG"',
      role,
      "tegata profiles | tr '\\n' ' '; echo",
      // A line of ~/.aws/config.
      "tegata credential-process dev | cksum",
      load("dev"),
      role,
      unload,
      state,
      role,
    ].join("\n");
    const own = await inBash("tegata credential-process dev | cksum");
    const file = join(world.folder, "other settings.toml");
    for (const [env, before] of [
      [{}, "unset unset unset unset"],
      [{ TEGATA_CONFIG: world.settingsFile }, `unset ${world.settingsFile} unset unset`],
      [{ TEGATA_CONFIG: "~/.config/tegata/tegata.toml" }, "unset ~/.config/tegata/tegata.toml unset unset"],
    ] as const) {
      expect(await inBash(code, env)).toMatchObject({
        status: 0,
        stderr: "",
        stdout: `prod ${file}\nDeveloper\ndev plain readonly prod \n${own.stdout}ReadOnly\n${before}\nDeveloper\n`,
      });
    }
  });

  it("acts on it where a variable of that one run named the file", async () => {
    await otherFile();
    const code = `eval "$(TEGATA_CONFIG='other settings.toml' tegata env dev)"\ncd /\n${role}`;
    expect((await inBash(code)).stdout).toBe("ReadOnly\n");
  });

  it("does not use other settings in silence where the file cannot be read again", async () => {
    const code = `eval "$(tegata env dev --config <(cat '${world.settingsFile}'))"\n${role}\ntegata json; echo $?`;
    const ended = await inBash(code);
    expect(ended.stdout.trim()).toBe("3");
    expect(ended.stderr).toContain("(named by TEGATA_CONFIG)");
  });

  it("keeps the settings that were typed, until a profile is named or they are taken back", async () => {
    const { readOnly } = world.sandbox.roles;
    for (const load of [
      `eval "$(tegata env dev --role-arn ${readOnly})"`,
      `eval "$(tegata hook bash)"; tegata use dev --role-arn ${readOnly}`,
      `eval "$(TEGATA_ROLE_ARN=${readOnly} tegata env dev)"`,
    ]) {
      const code = [load, role, role.replace("json", "json dev"), 'eval "$(tegata env dev)"', role].join("\n");
      expect(await inBash(code)).toMatchObject({ status: 0, stdout: "ReadOnly\nDeveloper\nDeveloper\n", stderr: "" });
      const off = [load, 'eval "$(tegata env --unset)"', state, role].join("\n");
      expect((await inBash(off)).stdout).toBe("unset unset unset unset\nDeveloper\n");
      const another = [load, "TEGATA_PROFILE=plain tegata json"].join("\n");
      expect((await inBash(another)).stderr).toContain("tegata: hint: tegata login plain\n");
    }
  });

  it("keeps them where no profile is named at all", async () => {
    const { auth0, roles, sts } = world.sandbox;
    await world.writeSettings("");
    const flags = `--domain ${auth0.domain} --client-id ${auth0.clientId} --role-arn ${roles.readOnly} --sts-endpoint ${sts.endpoint}`;
    const code = `eval "$(tegata env ${flags})"\n${role}\ntegata exec -- tegata json | grep -o 'assumed-role/[A-Za-z]*'`;
    expect(await inBash(code)).toMatchObject({ stdout: "ReadOnly\nassumed-role/ReadOnly\n", stderr: "" });
  });

  it("has them in its hints, so that what is pasted is for the same", async () => {
    const { readOnly } = world.sandbox.roles;
    const { HOME } = await world.anotherHome();
    const code = `eval "$(tegata env dev --role-arn ${readOnly})"\nHOME=${HOME} tegata json`;
    expect((await inBash(code)).stderr).toContain(`tegata: hint: tegata login dev --role-arn ${readOnly}\n`);
  });

  it.each([["exec"], ["exec", "--refresh"]])("gives what a command of %s gets (%#)", async (...words) => {
    await otherFile();
    const { readOnly } = world.sandbox.roles;
    const inner = `${role}; tegata credential-process dev | cksum; tegata json dev | grep -o 'assumed-role/[A-Za-z]*'`;
    const named = await inBash(
      `tegata ${words.join(" ")} --config 'other settings.toml' dev -- sh -c "cd /; ${inner.replaceAll("\\", "\\\\")}"`,
    );
    const own = await inBash("tegata credential-process dev | cksum");
    expect(named.stdout).toBe(`ReadOnly\n${own.stdout}assumed-role/ReadOnly\n`);
    const own2 = await inBash(
      `tegata ${words.join(" ")} --config 'other settings.toml' dev -- tegata credential-process dev | cksum`,
      {
        TEGATA_CONFIG: world.settingsFile,
      },
    );
    expect(own2.stdout).toBe(own.stdout);
    const typed = await inBash(`tegata ${words.join(" ")} dev --role-arn ${readOnly} -- tegata json`);
    expect(roleOf(typed.stdout)).toBe("ReadOnly");
  });
});

describe("on a terminal", () => {
  const line = /^tegata: readonly: ReadOnly in \d{12} until (?:\d{4}-\d\d-\d\d )?\d\d:\d\d\r$/m;

  it.each([
    'eval "$(tegata env readonly)"',
    'eval "$(tegata --profile readonly env)"',
    'eval "$(tegata use readonly --shell bash)"',
    "tegata exec readonly -- true",
  ])("one line says what is given, each time, by %s", async (command) => {
    for (let round = 0; round < 2; round += 1) {
      const words = [script, "--quiet", "--return", "--command", command, "/dev/null"] as const;
      const { stdout, status } = await run(words, {
        cwd: world.folder,
        env: { ...world.env, ...path(), SHELL: "/bin/bash" },
      });
      expect(stdout).toMatch(line);
      expect(status).toBe(0);
    }
  });

  it("no line is said with --quiet, and none elsewhere", async () => {
    const command = 'eval "$(tegata env readonly --quiet)"';
    const words = [script, "--quiet", "--return", "--command", command, "/dev/null"] as const;
    expect((await run(words, { cwd: world.folder, env: { ...world.env, ...path(), SHELL: "/bin/bash" } })).stdout).toBe(
      "",
    );
    expect(await world.run(["env", "readonly", "--shell", "sh"])).toMatchObject({ stderr: "" });
  });
});

describe("a region that nobody has chosen", () => {
  beforeEach(() =>
    world.writeSettings(
      `default_profile = "dev"\n${settingsOf(world.sandbox).replaceAll('region = "us-east-1"\n', "")}`,
    ),
  );

  it.each([
    ["env", "--shell", "sh"],
    ["env", "--shell", "nushell"],
    ["use", "--shell", "bash"],
    ["json"],
    ["dotenv"],
    ["docker-env"],
    ["exec", "--", "env"],
    ["exec", "--refresh", "--", "env"],
  ])("is not exported by %s (%#)", async (...words) => {
    const ended = await world.run(words);
    expect(ended).toMatchObject({ status: 0 });
    expect(ended.stdout).not.toMatch(/region/i);
    expect(ended.stdout).not.toContain("us-east-1");
  });

  it("is left as the person has it, by exec and env", async () => {
    const env = { AWS_DEFAULT_REGION: "eu-west-1" };
    const ended = await world.run(["exec", "--refresh", "--", "env"], { env });
    expect(ended.stdout).toMatch(/^AWS_DEFAULT_REGION=eu-west-1$/m);
    const code = 'eval "$(tegata env)"; eval "$(tegata env --unset)"; echo "$AWS_DEFAULT_REGION ${AWS_REGION-unset}"';
    expect((await inBash(code, env)).stdout).toBe("eu-west-1 unset\n");
  });

  it("is the partition's first for STS and the console", async () => {
    const ended = await world.run(["console-url"]);
    expect(ended).toMatchObject({ status: 0 });
    expect(decodeURIComponent(ended.stdout)).toContain("region=us-east-1");
  });

  it("stays out of the shared credentials file", async (context) => {
    need("cat", context);
    const file = `${world.folder}/aws-credentials`;
    const ended = await world.run(["aws-credentials"], { env: { AWS_SHARED_CREDENTIALS_FILE: file } });
    expect(ended).toMatchObject({ status: 0 });
    const { stdout } = await inBash(`cat ${file}`);
    expect(stdout).toContain("aws_access_key_id");
    expect(stdout).not.toContain("region");
  });
});
