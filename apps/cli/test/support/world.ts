import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox, type Sandbox, type SandboxOptions } from "@tegata/sandbox";
import * as v from "valibot";
import { programs, requireBuilt, type ProgramName } from "./programs.ts";
import { run, start, type Ended, type Running, type RunOptions } from "./run.ts";

/** A person's machine with a home of its own, beside a sandbox: what an end-to-end test happens in. */
export interface World {
  readonly sandbox: Sandbox;
  /** Everything of this world is stored below it. */
  readonly folder: string;
  readonly settingsFile: string;
  readonly cacheDir: string;
  readonly stateDir: string;
  /** The environment of every run; nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
  writeSettings(toml: string, path?: string): Promise<void>;
  start(args: readonly string[], options?: WorldRunOptions): Running;
  run(args: readonly string[], options?: WorldRunOptions): Promise<Ended>;
  /** Signs a person in, in the sandbox's own pages, and returns how `tegata login` ended. */
  login(profile: string, options?: WorldRunOptions & { readonly as?: string }): Promise<Ended>;
  /**
   * A sign-in that a test takes as given.
   *
   * @throws Error when it does not end well
   */
  signIn(profile: string, options?: WorldRunOptions & { readonly as?: string }): Promise<void>;
  /** A second machine's home, with the same settings and nobody signed in: its environment, for a run. */
  anotherHome(): Promise<{ readonly HOME: string }>;
  /** Every file below the cache and state folders, of this home or of another, with its mode and content. */
  storedFiles(places?: { readonly cacheDir: string; readonly stateDir: string }): Promise<readonly StoredFile[]>;
  close(): Promise<void>;
}

export interface StoredFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

export interface WorldRunOptions extends Partial<RunOptions> {
  readonly program?: ProgramName;
}

const deviceEvent = v.object({ event: v.literal("device_authorization"), verificationUriComplete: v.string() });

export async function createWorld(options: SandboxOptions = {}): Promise<World> {
  requireBuilt();
  // The shortest interval that the protocol knows: the device grant waits one before it asks.
  const sandbox = await startSandbox({ intervalSeconds: 1, ...options });
  const folder = await mkdtemp(join(tmpdir(), "tegata-test-"));
  const home = join(folder, "home");
  const settingsFile = join(home, ".config/tegata/tegata.toml");
  const cacheDir = join(home, ".cache/tegata");
  const stateDir = join(home, ".local/state/tegata");
  await mkdir(join(home, ".config/tegata"), { recursive: true });
  await writeFile(settingsFile, settingsOf(sandbox));
  const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: home, TZ: "UTC" };

  const login: World["login"] = async (profile, { as, ...runOptions } = {}) => {
    const running = startIn(["login", profile, "--json"], runOptions);
    const [line] = await running.stdoutMatching(/^.*\n/);
    const event = v.parse(deviceEvent, JSON.parse(line));
    await sandbox.approve(event.verificationUriComplete, as === undefined ? {} : { as });
    return running.ended;
  };

  const startIn: World["start"] = (args, { program = "binary", ...runOptions } = {}) =>
    start([...programs[program], ...args], { cwd: folder, ...runOptions, env: { ...env, ...runOptions.env } });

  return {
    sandbox,
    folder,
    settingsFile,
    cacheDir,
    stateDir,
    env,
    writeSettings: (toml, path = settingsFile) => writeFile(path, toml),
    start: startIn,
    run: (args, runOptions) => startIn(args, runOptions).ended,
    login,
    signIn: async (profile, loginOptions) => {
      const { status, stderr } = await login(profile, loginOptions);
      if (status !== 0) {
        throw new Error(`tegata login ${profile} ended with ${status}: ${stderr}`);
      }
    },
    anotherHome: async () => {
      const HOME = await mkdtemp(join(folder, "home-"));
      await mkdir(join(HOME, ".config/tegata"), { recursive: true });
      await copyFile(settingsFile, join(HOME, ".config/tegata/tegata.toml"));
      return { HOME };
    },
    storedFiles: async (places = { cacheDir, stateDir }) => {
      const paths = (await Promise.all([places.cacheDir, places.stateDir].map(filesBelow))).flat();
      return Promise.all(
        paths.map(async (path) => ({
          path,
          mode: (await stat(path)).mode & 0o7777,
          content: await readFile(path, "utf8"),
        })),
      );
    },
    close: async () => {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Approves, in the sandbox's own pages, what a program asks a person for on stderr. */
export async function approveOnStderr(running: Running, sandbox: Sandbox, as?: string): Promise<void> {
  const [, url = ""] = await running.stderrMatching(/^[a-z-]+: open (\S+)\n/m);
  await sandbox.approve(url, as === undefined ? {} : { as });
}

/** Profiles for both faces of the sandbox's provider: `dev` (Auth0, Developer), `plain` (OIDC, Developer), and others. */
export function settingsOf(sandbox: Sandbox): string {
  const profile = (name: string, idp: string, roleArn: string) => `
[profile.${name}]
idp = "${idp}"
role_arn = "${roleArn}"
region = "us-east-1"
sts_endpoint = "${sandbox.sts.endpoint}"
federation_endpoint = "${sandbox.federation.endpoint}"
`;
  return `[idp.acme]
type = "auth0"
domain = "${sandbox.auth0.domain}"
client_id = "${sandbox.auth0.clientId}"

[idp.plain]
type = "oidc"
issuer = "${sandbox.oidc.issuer}"
client_id = "${sandbox.oidc.clientId}"
${profile("dev", "acme", sandbox.roles.developer)}${profile("plain", "plain", sandbox.roles.developer)}${profile(
    "readonly",
    "acme",
    sandbox.roles.readOnly,
  )}${profile("bob", "acme", sandbox.roles.bobOnly)}`;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

export { run, type Ended };
