import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSandbox, startTokenServer, workloadRole, type Sandbox, type TokenServer } from "@tegata/sandbox";
import { readGithubEnvFile } from "../../../cli/test/support/github-env-file.ts";
import { run } from "../../../cli/test/support/run.ts";

export const bundle = fileURLToPath(new URL("../../bundle", import.meta.url));
export const requestToken = "request-token-of-the-job";
export const roleArn = "arn:aws:iam::123456789012:role/ci/Deploy";
const subject = "repo:octo-org/octo-repo:ref:refs/heads/main";

/** How the runner saw one step end. */
export interface Step {
  readonly status: number | null;
  /** As the step wrote it, masks and all. */
  readonly stdout: string;
  readonly stderr: string;
  /** What a reader of the log gets to see: each line with what had been masked by then as `***`, without the masks. */
  readonly log: string;
  /** In their order. */
  readonly masks: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** The one line `::error …::…` that a failed step has, unescaped. */
  readonly error: string | undefined;
}

export interface StepOptions {
  readonly with?: Readonly<Record<string, string>>;
  /** Over the runner's own; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What an earlier step of the same action saved. */
  readonly state?: Readonly<Record<string, string>>;
  /** What no file may grow beyond, in KiB: the disk is full there. */
  readonly fileLimit?: number;
}

/** One job on a runner of GitHub Actions, beside the token endpoint that it is given and an AWS that trusts it. */
export interface Runner {
  readonly github: TokenServer;
  readonly sandbox: Sandbox;
  /** The inputs that every step here needs: a role, and the STS of this world. */
  readonly inputs: Readonly<Record<string, string>>;
  main(options?: StepOptions): Promise<Step>;
  post(options?: StepOptions): Promise<Step>;
  close(): Promise<void>;
}

export async function startRunner(): Promise<Runner> {
  const github = await startTokenServer({ issuerPath: "/_services/token", subject });
  const trusted = { issuer: github.issuer, audience: "sts.amazonaws.com", subject };
  const sandbox = await startSandbox({
    providers: [{ url: github.issuer, clientIds: ["sts.amazonaws.com"] }],
    roles: [workloadRole(roleArn, trusted)],
  });
  const folder = await mkdtemp(join(tmpdir(), "tegata-action-"));
  // As the runner has it: a checkout of the repository, and nothing installed.
  await cp(bundle, join(folder, "action"), { recursive: true });
  let steps = 0;

  async function runFile(name: string, options: StepOptions): Promise<Step> {
    steps += 1;
    const files = Object.fromEntries(
      ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE"].map((variable) => [
        variable,
        join(folder, `${variable}_${steps}`),
      ]),
    );
    await Promise.all(Object.values(files).map((path) => writeFile(path, "")));
    const variables: Readonly<Record<string, string | undefined>> = {
      PATH: process.env["PATH"],
      HOME: folder,
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_REPOSITORY: "octo-org/octo-repo",
      GITHUB_SERVER_URL: github.origin,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.origin}/idtoken?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      ...files,
      ...prefixed("INPUT_", options.with ?? {}, (input) => input.toUpperCase()),
      ...prefixed("STATE_", options.state ?? {}, (key) => key),
      ...options.env,
    };
    const set = Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const node = [process.execPath, join(folder, "action", name)] as const;
    const command = options.fileLimit === undefined ? node : limited(options.fileLimit, node);
    const { status, stdout, stderr } = await run(command, { cwd: folder, env: Object.fromEntries(set) });
    const { log, masks, error } = readLog(stdout);
    const read = async (variable: string) => {
      const path = files[variable] ?? "";
      return readGithubEnvFile(await readFile(path, "utf8"));
    };
    return {
      status,
      stdout,
      stderr,
      log,
      masks,
      error,
      environment: await read("GITHUB_ENV"),
      outputs: await read("GITHUB_OUTPUT"),
      state: await read("GITHUB_STATE"),
    };
  }

  return {
    github,
    sandbox,
    inputs: { "role-arn": roleArn, region: "eu-central-1", "sts-endpoint": sandbox.sts.endpoint },
    main: (options = {}) => runFile("main.mjs", options),
    post: (options = {}) => runFile("post.mjs", options),
    close: async () => {
      await Promise.all([github.close(), sandbox.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A token for anyone who has the job's request token, as GitHub answers. */
export function respondsWell(github: TokenServer): TokenServer["respond"] {
  return async ({ method, target, headers }) => {
    const { pathname, searchParams } = new URL(target, github.origin);
    const isAsked = method === "GET" && pathname === "/idtoken" && searchParams.get("api-version") === "2.0";
    if (!isAsked || headers["authorization"] !== `Bearer ${requestToken}`) {
      return { status: 401, body: '{"message":"Bad credentials"}' };
    }
    const value = await github.signToken({ aud: searchParams.get("audience") ?? "https://github.com/octo-org" });
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ count: 1, value }) };
  };
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, string>>,
  spell: (name: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${spell(name)}`, value]));
}

function limited(kibibytes: number, command: readonly string[]): readonly [string, ...string[]] {
  return ["bash", "-c", `ulimit -f ${kibibytes}; exec "$@"`, "bash", ...command];
}

/** As the runner reads stdout: line by line, a mask counts from there on. */
function readLog(stdout: string): Pick<Step, "log" | "masks" | "error"> {
  const masks: string[] = [];
  const shown: string[] = [];
  let error: string | undefined;
  for (const line of stdout.split("\n")) {
    const [, command, data = ""] = /^::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
    if (command === "add-mask") {
      masks.push(unescape(data));
      continue;
    }
    if (command === "error") {
      error = unescape(line);
    }
    shown.push(masks.reduce((text, mask) => text.replaceAll(mask, "***"), line));
  }
  return { log: shown.join("\n"), masks, error };
}

function unescape(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%3A", ":").replaceAll("%25", "%");
}
