import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "@tegata/sandbox";
import * as v from "valibot";
import { binaryFolder } from "./support/programs.ts";
import { expectClean } from "./support/refusal.ts";
import { start } from "./support/run.ts";
import { say, shellFormat, shellWord } from "./support/plugin-programs.ts";
import { respondAsGithub, createWorkloadWorld, deployer, githubJob } from "./support/workload-world.ts";
import { approveOnStderr, createWorld, settingsOf, type World } from "./support/world.ts";

type Env = Readonly<Record<string, string>>;

interface Row {
  readonly what: string;
  /** True: followed under another program's name as well; one row for each way in which a hint comes to have the name. */
  readonly names?: true;
  /** The code of the error that has the hint. */
  readonly code: string;
  /** Behind the program's name. */
  readonly typed: readonly string[];
  readonly env?: Env | ((own: World) => Env);
  readonly prepare?: (own: World) => Promise<unknown>;
  /** Who signs in at the first run, if that run asks somebody. */
  readonly signsInFirst?: string;
  /** What a person does first, where the hint says so in words. */
  readonly heed?: (own: World) => unknown;
  /** Finds in the hint what is pasted, as its first group. */
  readonly paste: RegExp;
  /**
   * What a person does with it: runs it instead of what was typed; before it, in the same shell; types it in front of the
   * line, or adds it to the flags.
   */
  readonly how: "instead" | "before" | "in front" | "as a flag";
  /** True: the pasted command asks a person, who signs in. */
  readonly asks?: true;
  /** How that ends: 0, or how the next thing that is missing is told. */
  readonly ends: number | { readonly status: number; readonly code: string };
}

const fault = (own: World, code: string, message = "no") =>
  own.sandbox.faults.set({ kind: "stsError", code, message, times: 1 });
const clear = (own: World) => own.sandbox.faults.clear();
const tools = (own: World) => join(own.folder, "tools");

/** A program for the shell that the hints are pasted into. */
async function put(own: World, name: string, content: string, mode = 0o755): Promise<string> {
  const path = join(tools(own), name);
  await mkdir(tools(own), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

/** As `aws iam get-role` answers, for a role that lets somebody else in. */
const bobsPolicy = JSON.stringify({
  Role: {
    Arn: "arn:aws:iam::123456789012:role/BobOnly",
    AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] },
  },
});

let published: Server | undefined;
afterAll(() => published?.close());

/** A team's settings, whose copy beside the person's own file is another than the one that was agreed to. */
async function publishedAndChanged(own: World): Promise<void> {
  const text = '[profile.of-the-team]\nregion = "us-east-1"\n';
  const server = createServer((_request, response) => response.end(text));
  published = server;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = v.parse(v.object({ port: v.number() }), server.address());
  const sha256 = createHash("sha256").update(text).digest("hex");
  await own.writeSettings(
    `${settingsOf(own.sandbox)}\n[team]\nurl = "http://127.0.0.1:${port}/tegata.toml"\nsha256 = "${sha256}"\nfetched_at = "2026-11-29T12:00:00Z"\n`,
  );
  await writeFile(join(own.settingsFile, "../team.toml"), "# changed\n", { mode: 0o600 });
}

/** Two profiles, none of them chosen. */
const undecided = (own: World) => own.writeSettings(settingsOf(own.sandbox));
const decided = (own: World) => own.writeSettings(`default_profile = "dev"\n${settingsOf(own.sandbox)}`);

const usage: readonly Row[] = [
  {
    what: "a misspelt command",
    names: true,
    code: "usage_invalid",
    typed: ["staus", "dev"],
    paste: /^(\S+ status dev)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a misspelt flag",
    code: "usage_invalid",
    typed: ["json", "dev", "--regoin=eu-west-1"],
    paste: /^(\S+ json dev --region=eu-west-1)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a misspelt setting",
    names: true,
    code: "usage_invalid",
    typed: ["settings", "regoin", "--profile", "dev"],
    paste: /^(\S+ settings region --profile dev)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a misspelt profile",
    code: "usage_invalid",
    typed: ["json", "dve", "--duration", "1h"],
    paste: /^(\S+ json dev --duration 1h)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a misspelt region",
    names: true,
    code: "usage_invalid",
    typed: ["json", "dev", "--region", "eu-centrl-1"],
    paste: /^(\S+ json dev --region eu-central-1)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a misspelt choice",
    code: "usage_invalid",
    typed: ["env", "dev", "--shell", "fihs"],
    paste: /^(\S+ env dev --shell fish)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a command like nothing",
    code: "usage_invalid",
    typed: ["frobnicate"],
    paste: /^(\S+ --help)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "too many words",
    names: true,
    code: "usage_invalid",
    typed: ["env", "dev", "plain"],
    paste: /^(\S+ env --help)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a command without dashes",
    names: true,
    code: "usage_invalid",
    typed: ["exec", "dev", "sh", "-c", "exit 7"],
    paste: /^(.+)$/,
    how: "instead",
    ends: 7,
  },
  {
    what: "no command at all",
    code: "usage_invalid",
    typed: ["exec", "dev"],
    prepare: (own) => put(own, "aws", "#!/bin/sh\nexit 3\n"),
    paste: /^(.+)$/,
    how: "instead",
    ends: 3,
  },
  {
    what: "a word too many before the dashes",
    code: "usage_invalid",
    typed: ["exec", "dev", "plain", "--", "true"],
    paste: /^(.+)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "taking back and a profile",
    code: "usage_invalid",
    typed: ["env", "dev", "--unset"],
    paste: /^(\S+ env --unset)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a console without a browser",
    names: true,
    code: "usage_invalid",
    typed: ["console", "dev", "--no-browser"],
    paste: /^(\S+ console-url) /,
    how: "instead",
    ends: 0,
  },
  {
    what: "plugins as JSON and trusting one",
    code: "usage_invalid",
    typed: ["plugins", "trust", "x", "--json"],
    paste: /^(\S+ plugins --json) /,
    how: "instead",
    ends: 0,
  },
  {
    what: "a program that is not there",
    code: "usage_invalid",
    typed: ["plugins", "trust", "nosuch"],
    paste: /^(\S+ plugins) lists/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a shell without a hook",
    code: "usage_invalid",
    typed: ["hook", "cmd"],
    paste: /: (\S+ hook bash)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a hook that is not loaded",
    names: true,
    code: "usage_invalid",
    typed: ["use", "dev"],
    env: { SHELL: "/bin/bash" },
    paste: /: (eval .*)$/,
    how: "before",
    ends: 0,
  },
  {
    what: "a folder that is relative",
    code: "usage_invalid",
    typed: ["status", "dev"],
    env: { TEGATA_STATE_DIR: "./state" },
    paste: /: (export .*)$/,
    how: "before",
    ends: 0,
  },
  {
    what: "a blank before a folder",
    code: "usage_invalid",
    typed: ["status", "dev"],
    env: (own) => ({ TEGATA_CACHE_DIR: ` ${own.folder}/the cache` }),
    paste: /: (export .*)$/,
    how: "before",
    ends: 0,
  },
  {
    what: "an exec in an exec",
    code: "usage_invalid",
    typed: ["exec", "dev", "--", "true"],
    env: { TEGATA_EXEC: "dev" },
    paste: /, or add (--nested)$/,
    how: "as a flag",
    ends: 0,
  },
  {
    what: "AWS_PROFILE that is no profile, and no default",
    names: true,
    code: "usage_invalid",
    typed: ["json"],
    prepare: undecided,
    env: { AWS_PROFILE: "audit" },
    paste: /\((\S+ profiles) lists/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a dotenv report for everybody to see",
    code: "usage_invalid",
    typed: ["gitlab-env", "dev"],
    prepare: (own) => put(own, "command", "#!/bin/sh\nexit 3\n"),
    paste: /: (\S+ exec -- command);/,
    how: "instead",
    ends: 3,
  },
  {
    what: "keys that are somebody else's",
    code: "file_unwritable",
    typed: ["aws-credentials", "dev"],
    env: (own) => ({ AWS_SHARED_CREDENTIALS_FILE: join(own.folder, "credentials") }),
    prepare: (own) =>
      writeFile(join(own.folder, "credentials"), "[dev]\naws_access_key_id = x\naws_secret_access_key = y\n", {
        mode: 0o600,
      }),
    paste: /; (--overwrite-foreign-keys) /,
    how: "as a flag",
    ends: 0,
  },
];

const machine: readonly Row[] = [
  {
    what: "neither a profile nor an identity provider",
    code: "settings_incomplete",
    typed: ["json"],
    prepare: undecided,
    paste: /pass (--idp acme)$/,
    how: "as a flag",
    ends: { status: 3, code: "settings_incomplete" },
  },
  {
    what: "a step's format outside of a step",
    names: true,
    code: "settings_incomplete",
    typed: ["github-env", "dev"],
    paste: /^(\S+ env) prints/,
    how: "instead",
    ends: 0,
  },
  {
    what: "a settings file that others can write to",
    code: "storage_unsafe",
    typed: ["json", "dev"],
    prepare: (own) => chmod(own.settingsFile, 0o666),
    paste: /run: (chmod .*)$/,
    how: "before",
    ends: 0,
  },
  {
    what: "a default profile of AWS that has keys",
    code: "settings_invalid",
    typed: ["exec", "--refresh", "dev", "--", "true"],
    env: (own) => ({ AWS_SHARED_CREDENTIALS_FILE: join(own.folder, "keys of AWS") }),
    prepare: (own) => writeFile(join(own.folder, "keys of AWS"), "[default]\naws_access_key_id = x\n"),
    paste: /with (AWS_\w+=\S+)$/,
    how: "in front",
    ends: 0,
  },
  {
    what: "a copy of the team's settings that was changed",
    code: "settings_invalid",
    typed: ["profiles"],
    prepare: publishedAndChanged,
    paste: /: (\S+ init --update), or /,
    how: "before",
    ends: 0,
  },
  {
    what: "a folder that others can write to",
    code: "storage_unsafe",
    typed: ["json", "dev", "--fresh"],
    env: (own) => ({ TEGATA_CACHE_DIR: join(own.folder, "the open") }),
    prepare: async (own) => {
      await mkdir(join(own.folder, "the open"), { recursive: true });
      await chmod(join(own.folder, "the open"), 0o777);
    },
    paste: /run: (chmod .*)$/,
    how: "before",
    ends: 0,
  },
  {
    what: "no folder where one should be",
    code: "storage_unwritable",
    typed: ["env", "dev", "--fresh"],
    env: (own) => ({ TEGATA_CACHE_DIR: own.settingsFile }),
    paste: /: (export .*)$/,
    how: "before",
    ends: 0,
  },
  {
    what: "no keyring",
    code: "storage_unreadable",
    typed: ["login", "dev", "--token-store", "keyring"],
    paste: /: (--token-store file)$/,
    how: "as a flag",
    asks: true,
    ends: 0,
  },
  {
    what: "a command that may not be run",
    code: "exec_not_executable",
    typed: ["exec", "dev", "--", "./the command"],
    prepare: (own) => writeFile(join(own.folder, "the command"), "#!/bin/sh\nexit 7\n", { mode: 0o644 }),
    paste: /^(chmod .*)$/,
    how: "before",
    ends: 7,
  },
  {
    what: "a browser that cannot be started",
    names: true,
    code: "browser_failed",
    typed: ["console", "dev", "--browser", "--destination", "ec2"],
    env: { BROWSER: "/bin/false" },
    paste: /(\S+ console-url .*)$/,
    how: "instead",
    ends: 0,
  },
  {
    what: "another person than the account that was asked for",
    code: "id_token_wrong_account",
    typed: ["login", "dev", "--account", "ann@example.com"],
    signsInFirst: "bob@example.com",
    paste: /private window, then (\S+ login .*?);/,
    how: "instead",
    asks: true,
    ends: 0,
  },
  {
    what: "a port for the browser that another program has",
    code: "port_taken",
    typed: ["login", "plain"],
    env: (own) => ({ TEGATA_FLOW: "browser", TEGATA_REDIRECT_PORTS: new URL(own.sandbox.oidc.issuer).port }),
    paste: /use (--flow device)$/,
    how: "as a flag",
    asks: true,
    ends: 0,
  },
  {
    what: "a program that nobody trusts",
    names: true,
    code: "plugin_untrusted",
    typed: ["printer", "dev"],
    prepare: (own) =>
      put(own, "tegata-format-printer", shellFormat("printer", say({ event: "output", text: "printed\n" }))),
    paste: /run: (\S+ plugins trust printer)$/,
    how: "before",
    ends: 0,
  },
  {
    what: "a program that answers nonsense",
    code: "plugin_invalid",
    typed: ["plugins", "trust", "babble"],
    prepare: (own) => put(own, "tegata-format-babble", "#!/bin/sh\necho nonsense\n"),
    paste: /(\S+ plugins check babble)/,
    how: "instead",
    ends: { status: 5, code: "plugin_check_failed" },
  },
  {
    what: "a role that does not let the sign-in in, whose trust policy is judged",
    code: "sts_access_denied",
    typed: ["json", "bob"],
    prepare: (own) =>
      put(
        own,
        "aws",
        `#!/bin/sh\n[ "$*" = "iam get-role --role-name BobOnly --output json" ] && echo '${bobsPolicy}'\n`,
      ),
    paste: /see which condition fails: (aws .* \| \S+ doctor bob --trust-policy -)$/,
    how: "instead",
    ends: 5,
  },
  {
    what: "a command that gives no token",
    code: "process_failed",
    typed: ["json", "--idp", "workload/command", "--token-command", "false"],
    env: (own) => ({ TEGATA_ROLE_ARN: own.sandbox.roles.developer }),
    paste: /^run (\S+) by hand/,
    how: "instead",
    ends: 1,
  },
];

const servers: readonly Row[] = [
  {
    what: "a provider that is out of reach",
    code: "idp_unreachable",
    typed: ["login", "dev"],
    prepare: (own) =>
      own.writeSettings(settingsOf(own.sandbox).replace(/domain = ".*"/, 'domain = "http://127.0.0.1:9"')),
    paste: /find out how far it gets: (.*)$/,
    how: "instead",
    ends: 6,
  },
  {
    what: "first settings of a provider that is out of reach",
    code: "idp_unreachable",
    typed: [
      "init",
      "--issuer",
      "http://127.0.0.1:9",
      "--client-id",
      "x",
      "--role-arn",
      "arn:aws:iam::123456789012:role/x",
      "--profile",
      "first",
    ],
    paste: /find out how far it gets: (.*--issuer http:\/\/127\.0\.0\.1:9.*)$/,
    how: "instead",
    ends: 6,
  },
  {
    what: "a duration that the role does not allow",
    code: "sts_duration_rejected",
    typed: ["json", "readonly", "--duration", "2h"],
    paste: /pass (--duration 1h),/,
    how: "as a flag",
    ends: 0,
  },
  {
    what: "a region where STS is off",
    code: "sts_region_disabled",
    typed: ["json", "dev", "--fresh"],
    prepare: async (own) => fault(own, "RegionDisabledException"),
    paste: /like (--region [a-z0-9-]+),/,
    how: "as a flag",
    ends: 0,
  },
  {
    what: "credentials that the console does not take",
    code: "federation_rejected",
    typed: ["console-url", "dev"],
    prepare: async (own) => own.sandbox.faults.set({ kind: "status", area: "federation", status: 400, times: 1 }),
    paste: /with (--fresh)$/,
    how: "as a flag",
    ends: 0,
  },
  {
    what: "an ID token that AWS holds to be expired",
    code: "sts_id_token_expired",
    typed: ["json", "dev", "--fresh"],
    prepare: async (own) => own.sandbox.faults.set({ kind: "clockSkew", area: "sts", seconds: 86_400 }),
    heed: clear,
    paste: /^check this machine's clock, then run (.*)$/,
    how: "before",
    asks: true,
    ends: 0,
  },
  {
    what: "a sign-in that does not hold any more",
    names: true,
    code: "sts_claim_rejected",
    typed: ["json", "dev", "--fresh"],
    prepare: async (own) => fault(own, "IDPRejectedClaim"),
    paste: /^(\S+ login dev)$/,
    how: "before",
    asks: true,
    ends: 0,
  },
  {
    what: "an ID token that AWS does not take",
    code: "sts_id_token_rejected",
    typed: ["json", "dev", "--fresh"],
    prepare: async (own) => fault(own, "InvalidIdentityToken", "The ID Token provided is not a valid JWT."),
    paste: /RS256 or ES256, then run (.*)$/,
    how: "before",
    asks: true,
    ends: 0,
  },
];

/** Each in a home of its own. */
const nobodySignedIn: readonly Row[] = [
  {
    what: "nobody is signed in",
    code: "sign_in_required",
    typed: ["json", "plain", "--duration", "30m"],
    paste: /^(\S+ login plain --duration 30m)$/,
    how: "before",
    asks: true,
    ends: 0,
  },
  {
    what: "a login at a terminal that is not there",
    code: "usage_invalid",
    typed: ["credential-process", "plain", "--prompt", "tty"],
    paste: /: (\S+ login plain)$/,
    how: "instead",
    asks: true,
    ends: 0,
  },
  {
    what: "a token_command that is tegata, and nobody is signed in for it",
    code: "process_failed",
    typed: ["json", "--idp", "workload/command", "--token-command", "tegata json readonly --idp plain"],
    env: (own) => ({ TEGATA_ROLE_ARN: own.sandbox.roles.developer }),
    paste: /^(tegata login readonly --idp plain)$/,
    how: "before",
    asks: true,
    ends: { status: 6, code: "id_token_invalid" },
  },
  {
    what: "nobody is signed in where nothing can be kept",
    names: true,
    code: "sign_in_required",
    typed: ["json", "plain"],
    env: (own) => ({
      TEGATA_STATE_DIR: "/dev/null/state",
      TEGATA_CACHE_DIR: "/dev/null/cache",
      TEGATA_CONFIG: own.settingsFile,
    }),
    paste: /: (export TEGATA_STATE_DIR=.* && \S+ login plain)$/,
    how: "before",
    asks: true,
    ends: 0,
  },
  {
    what: "forgetting one sign-in and all",
    code: "usage_invalid",
    typed: ["logout", "dev", "--all"],
    paste: /^(\S+ logout --all) /,
    how: "instead",
    ends: 0,
  },
];

const environment = (own: World): Env => ({
  ...own.env,
  PATH: `${tools(own)}:${binaryFolder}:${own.env["PATH"]}`,
});

const said = v.object({ code: v.string(), hint: v.optional(v.string(), "") });

/** The error of a run that was asked for JSON: other lines may stand before it. */
const errorIn = (stderr: string) => v.parse(said, JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? ""));

/** The line with a flag added, in the place of the same flag where it stands already. */
function withFlag(words: readonly string[], pasted: string): readonly string[] {
  const [flag = ""] = pasted.split(" ");
  const place = words.indexOf(flag);
  const others = place < 0 ? words : words.toSpliced(place, 2);
  const dashes = others.indexOf("--");
  return others.toSpliced(dashes < 0 ? others.length : dashes, 0, ...pasted.split(" "));
}

/** Brings the error about, takes the command out of its hint, and does with it what a person would do. */
async function follow(row: Row, own: World, program: string) {
  await row.prepare?.(own);
  const home = nobodySignedIn.includes(row) ? await own.anotherHome() : {};
  const env = { ...environment(own), ...home, ...(typeof row.env === "function" ? row.env(own) : row.env) };
  const inShell = (line: string, more: Env = {}) =>
    start(["bash", "-c", line], { cwd: own.folder, env: { ...env, ...more } });
  // The name as it is: it may be that of a function by then.
  const lineOf = (words: readonly string[]) => [program, ...words.map(shellWord)].join(" ");
  const typed = lineOf(row.typed);
  const asJson = { TEGATA_ERROR_FORMAT: "json" };
  const refusing = inShell(typed, asJson);
  if (row.signsInFirst !== undefined) {
    await approveOnStderr(refusing, own.sandbox, row.signsInFirst);
  }
  const refused = await refusing.ended;
  expectClean(refused.stderr, own);
  const { code, hint } = errorIn(refused.stderr);
  const [, pasted = ""] = row.paste.exec(hint) ?? [];
  expect(code).toBe(row.code);
  expect(pasted, `something to paste in the hint: ${hint}`).not.toBe("");
  await row.heed?.(own);
  const line = {
    instead: pasted,
    before: `${pasted} && ${typed}`,
    "in front": `${pasted} ${typed}`,
    "as a flag": lineOf(withFlag(row.typed, pasted)),
  }[row.how];
  const isRefused = typeof row.ends === "object";
  const running = inShell(line, isRefused ? asJson : {});
  if (row.asks === true) {
    await approveOnStderr(running, own.sandbox);
  }
  const { status, stderr } = await running.ended;
  return { hint, line, stderr, status, code: isRefused ? errorIn(stderr).code : undefined };
}

/** How following the hint has to end. */
const endOf = ({ ends }: Row) => (typeof ends === "object" ? ends : { status: ends });

const rows = [...usage, ...machine, ...servers, ...nobodySignedIn];

describe("a hint can be pasted, and helps", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await decided(world);
    await world.signIn("dev");
  });
  afterAll(() => world.close());

  it.each(rows)("$code: $what", async (row) => {
    await decided(world);
    await chmod(world.settingsFile, 0o600);
    clear(world);
    expect(await follow(row, world, "tegata")).toMatchObject(endOf(row));
  });
});

/** The codes whose row in the documentation names a command or a flag as the way out. */
async function codesWithCommands(): Promise<readonly string[]> {
  const page = await readFile(fileURLToPath(new URL("../../../docs/errors.md", import.meta.url)), "utf8");
  const codes = [...page.matchAll(/^\| `(\w+)` \| \d+ \|.*\| ([^|]*) \|$/gm)];
  return codes.flatMap(([, code = "", wayOut = ""]) => (/`(tegata|--)/.test(wayOut) ? [code] : []));
}

/** Documented, and seen by nobody: one is told as another, the other is a bug of tegata. */
const unseen = new Set(["idp_session_expired", "internal"]);

it("every code whose way out is a command has its hint followed", async () => {
  const codes = await codesWithCommands();
  expect(codes).toContain("sign_in_required");
  const followed = new Set(rows.map(({ code }) => code));
  expect(codes.filter((code) => !followed.has(code) && !unseen.has(code))).toEqual([]);
});

describe("a program that somebody composed under another name", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await decided(world);
    await world.signIn("dev");
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    await symlink(join(root, "node_modules"), join(world.folder, "node_modules"));
    const main = join(world.folder, "main.mjs");
    await writeFile(
      main,
      `import { main } from "@tegata/cli/main";
await main({ name: "acme", version: "1.2.3", plugins: async () => (await import("@tegata/cli")).defaultPlugins });\n`,
    );
    await put(world, "acme", `#!/bin/sh\nexec ${shellWord(process.execPath)} ${shellWord(main)} "$@"\n`);
  });
  afterAll(() => world.close());

  it.each(rows.filter(({ names }) => names))(
    "says its own name in the hint, which helps: $code: $what",
    async (row) => {
      await decided(world);
      clear(world);
      const followed = await follow(row, world, "acme");
      expect(followed).toMatchObject(endOf(row));
      const { hint } = followed;
      expect(hint).toMatch(/\bacme\b/);
      expect(hint).not.toMatch(/(?<![\w./-])tegata(?![\w./-])/);
    },
  );
});

describe("a workload", () => {
  const faults: readonly (readonly [what: string, fault: Fault])[] = [
    ["ExpiredTokenException", { kind: "stsError", code: "ExpiredTokenException" }],
    ["IDPRejectedClaim", { kind: "stsError", code: "IDPRejectedClaim" }],
    ["InvalidIdentityToken", { kind: "stsError", code: "InvalidIdentityToken", message: "not a valid JWT" }],
    ["AccessDenied", { kind: "stsError", code: "AccessDenied" }],
    ["a clock of AWS that is a day ahead", { kind: "clockSkew", area: "sts", seconds: 86_400 }],
  ];

  it.each(faults)("is not told to log in by the hint of %s", async (what, one) => {
    const runner = await createWorkloadWorld({ issuerPath: "/_services/token" });
    try {
      respondAsGithub(runner.tokenServer);
      runner.world.sandbox.faults.set(one);
      for (const words of [["json"], ["exec", "--", "true"], ["login"]]) {
        const ended = await runner.run([...words.slice(0, 1), "--role-arn", deployer, ...words.slice(1)], {
          ...githubJob(runner.tokenServer),
          HOME: what === "AccessDenied" ? "/dev/null" : runner.world.folder,
        });
        expect(ended.status).toBe(5);
        expect(ended.stderr).toMatch(/^tegata: error: .*\ntegata: hint: .*\n$/);
        expect(ended.stderr).not.toMatch(/\blogin\b|sign in/);
      }
    } finally {
      await runner.close();
    }
  });
});
