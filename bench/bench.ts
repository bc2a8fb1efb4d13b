/**
 * `npm run bench`: what the program costs as a whole process, as a ratio to a program that does nothing on the same
 * runtime, measured in the same run, turn by turn. bench/README.md says what each row is.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startSandbox, type Sandbox, type SandboxRole } from "@tegata/sandbox";
import * as v from "valibot";
import { burst } from "./burst.ts";
import { furnishManyProfiles } from "./many-profiles.ts";
import { furnishPrograms } from "./plugin-programs.ts";
import { endpoint } from "./endpoint.ts";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "60" }, only: { type: "string", default: "" } },
});
const runs = Number(values.runs);
const gnuTime = "/usr/bin/time";
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "tegata-bench-"));
const chained = "arn:aws:iam::210987654321:role/Chained";
const sandbox = await startSandbox({ intervalSeconds: 1, roles: [chainedRole()] });

const deviceEvent = v.object({ event: v.literal("device_authorization"), verificationUriComplete: v.string() });
const browserEvent = v.object({ event: v.literal("authorization_request"), authorizationUri: v.string() });
/** Stored credentials of the chain's last role. */
const chainedRecord = v.looseObject({ roleArn: v.literal(chained), credentials: v.looseObject({}) });

/** One process: milliseconds by the wall and of the processor (user and system). */
interface Cost {
  readonly wall: number;
  readonly processor: number;
}

interface Pair<Measured> {
  readonly own: Measured;
  readonly floor: Measured;
}

interface Case {
  readonly name: string;
  readonly command: readonly string[];
  readonly floor: readonly string[];
  /** Slow ones are measured less often. */
  readonly runs: number;
  /** Before each run of the program; not measured. */
  readonly prepare?: () => Promise<void>;
  /** Does what a person would, once the program has written its first line to stdout. */
  readonly person?: Person;
}

type Person = (line: string) => Promise<unknown>;

try {
  const empty = await compileEmpty();
  // A fresh copy of each: the page cache alone can make 1.5 out of 1.0.
  const tegata = join(folder, "tegata");
  await copyFile(join(root, "dist/tegata"), tegata);
  await writeSettings(sandbox);
  await signIn(tegata);
  await lieStill(folder);
  const company = await furnishManyProfiles(join(folder, "company"));
  const ofCompany = Object.entries(company).map(([name, value]) => `${name}=${value}`);
  const quick = await furnishPrograms({ folder: join(folder, "programs"), tegata, env: environment() });
  const node = Bun.which("node") ?? "node";
  const deno = join(root, "node_modules/.bin/deno");
  const denoRun = ["run", "--quiet", "--no-lock", "--allow-all", "--conditions=@tegata/source"];
  const few = Math.ceil(runs / 4);
  const hit = ["credential-process", "bench"];
  const cases: readonly Case[] = [
    { name: "`credential-process`, cached", command: [tegata, ...hit], floor: [empty], runs },
    { name: "`env --shell bash`, cached", command: [tegata, "env", "bench", "--shell", "bash"], floor: [empty], runs },
    {
      name: "`env`, cached, both started by bash",
      command: ["bash", "-c", `${tegata} env bench; :`],
      floor: ["bash", "-c", `${empty}; :`],
      runs,
    },
    { name: "`--version`", command: [tegata, "--version"], floor: [empty], runs },
    { name: "`completion bash`", command: [tegata, "completion", "bash"], floor: [empty], runs },
    {
      name: "`credential-process --fresh`: STS asked",
      command: [tegata, ...hit, "--fresh"],
      floor: [empty],
      runs: few,
    },
    {
      name: "`credential-process` of a chain of two, its source still good: STS asked once",
      command: [tegata, "credential-process", "chain"],
      floor: [empty],
      runs: few,
      prepare: endLastLink,
    },
    {
      name: "`login`, device flow",
      command: [tegata, "login", "by-device", "--json"],
      floor: [empty],
      runs: few,
      person: async (line) => {
        await sandbox.approve(v.parse(deviceEvent, JSON.parse(line)).verificationUriComplete);
      },
    },
    {
      name: "`login`, browser flow",
      command: [tegata, "login", "by-browser", "--json"],
      floor: [empty],
      runs: few,
      person: async (line) => {
        await sandbox.browse(v.parse(browserEvent, JSON.parse(line)).authorizationUri);
      },
    },
    {
      name: "`exec -- true`, beside `true`",
      command: [tegata, "exec", "bench", "--", "true"],
      floor: ["true"],
      runs: few,
    },
    {
      name: "`status` of 500 profiles",
      command: ["env", ...ofCompany, tegata, "status"],
      floor: ["env", ...ofCompany, empty],
      runs: few,
    },
    {
      name: "`profiles`, 500 of them",
      command: ["env", ...ofCompany, tegata, "profiles"],
      floor: ["env", ...ofCompany, empty],
      runs: few,
    },
    {
      name: "a format that is a program, beside a built-in one and that program, started by sh",
      command: ["sh", "-c", `${tegata} quick bench; :`],
      floor: ["sh", "-c", `${tegata} env bench --shell sh --verbose; ${quick}`],
      runs: few,
    },
    {
      name: "cached, Node, beside `node -e ''`",
      command: [node, join(root, "apps/cli/dist/main.js"), ...hit],
      floor: [node, "-e", ""],
      runs: few,
    },
    {
      name: "cached, Deno from source, beside `deno eval ''`",
      command: [deno, ...denoRun, join(root, "apps/cli/src/main.ts"), ...hit],
      floor: [deno, "eval", "--no-lock", ""],
      runs: few,
    },
  ];
  const versions = `Bun ${Bun.version}, Node ${versionOf(node)}, Deno ${versionOf(deno)}`;
  console.log(`${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores; ${versions}; up to ${runs} pairs\n`);
  console.log("| run | wall, ratio | wall, ms | processor, ratio | processor above the floor, ms | peak memory, MiB |");
  console.log("|---|---|---|---|---|---|");
  for (const each of cases.filter(({ name }) => name.includes(values.only))) {
    const pairs = await pairsOf(costOf, each, each.runs);
    console.log(`| ${[each.name, ...timeCells(pairs), await memoryCell(each)].join(" | ")} |`);
  }
  if (values.only === "") {
    await reportBesides(tegata, hit);
  }
} finally {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
}

/** What is no row. */
async function reportBesides(tegata: string, hit: readonly string[]): Promise<void> {
  console.log(`\n${await endpoint({ tegata, env: environment(), median })}`);
  console.log(`\nrequests of a renewal of a chain of two, its source still good: ${await requestsOfChain(tegata)}`);
  const home = join(folder, "home");
  const places = { cacheDir: join(home, ".cache/tegata"), stateDir: join(home, ".local/state/tegata") };
  console.log(
    `\n${await burst({ sandbox, ...places, runOnce: async () => (await costOf([tegata, ...hit])).processor, median })}`,
  );
  console.log(`the bundle of the GitHub Action: ${await bundleBytes()} bytes`);
}

/** What a runner fetches for a step with the Action, besides the rest of the repository. */
async function bundleBytes(): Promise<number> {
  const bundle = join(root, "apps/github-action/bundle");
  const files = await Promise.all((await readdir(bundle)).map((name) => stat(join(bundle, name))));
  return files.reduce((sum, { size }) => sum + size, 0);
}

async function pairsOf<Measured>(
  measure: (command: readonly string[], person?: Person) => Promise<Measured>,
  { command, floor, prepare, person }: Case,
  count: number,
): Promise<Pair<Measured>[]> {
  const measureOwn = async () => {
    await prepare?.();
    return measure(command, person);
  };
  await measureOwn();
  await measure(floor);
  const pairs: Pair<Measured>[] = [];
  while (pairs.length < count) {
    // Which of the two goes first changes from pair to pair, so that neither always finds the warmer machine.
    if (pairs.length % 2 === 0) {
      const own = await measureOwn();
      pairs.push({ own, floor: await measure(floor) });
    } else {
      const first = await measure(floor);
      pairs.push({ own: await measureOwn(), floor: first });
    }
  }
  return pairs;
}

async function costOf(command: readonly string[], person?: Person): Promise<Cost> {
  const start = Bun.nanoseconds();
  const child = await runOnce(command, person);
  const wall = (Bun.nanoseconds() - start) / 1e6;
  return { wall, processor: Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1000 };
}

/** By GNU time, which is small itself: the kernel counts the memory of the parent as the new process's own. */
async function peakMebibytes(command: readonly string[], person?: Person): Promise<number> {
  const child = await runOnce([gnuTime, "-f", "%M", ...command], person);
  return Number(child.errors.trim().split("\n").at(-1)) / 1024;
}

/** Not with spawnSync: the sandbox lives in this process, and has to answer. Into pipes, as AWS clients run it. */
async function runOnce(command: readonly string[], person?: Person) {
  const child = Bun.spawn([...command], { env: environment(), stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [errors] = await Promise.all([new Response(child.stderr).text(), readAll(child.stdout, person)]);
  const status = await child.exited;
  if (status !== 0) {
    throw new Error(`${command.join(" ")} ended with ${status}: ${errors}`);
  }
  return { errors, resourceUsage: () => child.resourceUsage() };
}

async function readAll(stdout: ReadableStream<Uint8Array>, person: Person | undefined): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  let hasActed = false;
  for await (const chunk of stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (person !== undefined && !hasActed && text.includes("\n")) {
      hasActed = true;
      await person(text.slice(0, text.indexOf("\n")));
    }
  }
}

function timeCells(pairs: readonly Pair<Cost>[]): string[] {
  const ratio = (of: (cost: Cost) => number) => median(pairs.map(({ own, floor }) => of(own) / of(floor))).toFixed(2);
  const of = (which: "own" | "floor") => median(pairs.map((pair) => pair[which].wall)).toFixed(1);
  const above = median(pairs.map(({ own, floor }) => own.processor - floor.processor)).toFixed(1);
  return [`**${ratio(({ wall }) => wall)}**`, `${of("own")} (${of("floor")})`, ratio((cost) => cost.processor), above];
}

async function memoryCell(each: Case): Promise<string> {
  if (!existsSync(gnuTime)) {
    return `no ${gnuTime}`;
  }
  const pairs = await pairsOf(peakMebibytes, each, 3);
  const of = (which: "own" | "floor") => median(pairs.map((pair) => pair[which])).toFixed(0);
  return `${of("own")} (${of("floor")})`;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function versionOf(program: string): string {
  const { stdout } = Bun.spawnSync([program, "--version"], { env: environment() });
  return /\d+(\.\d+)+/.exec(stdout.toString())?.[0] ?? "unknown";
}

async function compileEmpty(): Promise<string> {
  const outfile = join(folder, "empty");
  const build = Bun.spawnSync(
    [process.execPath, "tools/compile-tegata.ts", "--entry=bench/empty.ts", `--outfile=${outfile}`],
    { cwd: root, stdout: "ignore", stderr: "inherit" },
  );
  if (!build.success) {
    throw new Error("the empty binary does not compile");
  }
  const copy = join(folder, "empty-copy");
  await copyFile(outfile, copy);
  return copy;
}

async function signIn(tegata: string): Promise<void> {
  await runOnce([tegata, "login", "bench", "--json"], async (line) => {
    await sandbox.approve(v.parse(deviceEvent, JSON.parse(line)).verificationUriComplete);
  });
}

/** The second of the chain's two roles is about to end: of its hour five minutes are left. The first one stays good. */
async function endLastLink(): Promise<void> {
  const cacheDir = join(folder, "home/.cache/tegata");
  for (const name of await readdir(cacheDir).catch(() => [])) {
    const path = join(cacheDir, name);
    const record = name.endsWith(".json")
      ? v.safeParse(chainedRecord, JSON.parse(await readFile(path, "utf8")))
      : undefined;
    if (record?.success === true) {
      const ends = Date.now() + 300_000;
      const expiration = `${new Date(ends).toISOString().slice(0, 19)}Z`;
      const credentials = { ...record.output.credentials, expiration };
      await writeFile(path, JSON.stringify({ ...record.output, credentials, obtainedAt: ends - 3_600_000 }));
    }
  }
}

async function requestsOfChain(tegata: string): Promise<string> {
  await endLastLink();
  sandbox.requests.clear();
  await runOnce([tegata, "credential-process", "chain"]);
  return sandbox.requests
    .all()
    .filter(({ from }) => from === "client")
    .map(({ area, operation }) => operation ?? area)
    .join(", ");
}

function chainedRole(): SandboxRole {
  const trusted = "arn:aws:iam::123456789012:role/Developer";
  return {
    arn: chained,
    trustPolicy: () => ({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: trusted }, Action: "sts:AssumeRole" }],
    }),
  };
}

function environment(): Record<string, string> {
  return {
    HOME: join(folder, "home"),
    PATH: `${join(folder, "programs")}:/usr/bin:/bin`,
    DENO_DIR: join(folder, "deno"),
  };
}

/** Settings that were written long ago, as they mostly were: new ones are read in a dearer way. */
async function lieStill(below: string): Promise<void> {
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(below, "home/.config/tegata/tegata.toml"), anHourAgo, anHourAgo);
}

async function writeSettings({ auth0, oidc, sts, roles }: Sandbox): Promise<void> {
  const config = join(folder, "home/.config/tegata");
  await mkdir(config, { recursive: true });
  const aws = `region = "us-east-1"\nsts_endpoint = "${sts.endpoint}"\n`;
  const plain = `type = "oidc"\nissuer = "${oidc.issuer}"\nclient_id = "${oidc.clientId}"\n`;
  await writeFile(
    join(config, "tegata.toml"),
    `[idp.acme]
type = "auth0"
domain = "${auth0.domain}"
client_id = "${auth0.clientId}"

[idp.by-device]
${plain}flow = "device"

[idp.by-browser]
${plain}flow = "browser"

[profile.bench]
idp = "acme"
role_arn = "${roles.developer}"
${aws}
[profile.by-device]
idp = "by-device"
role_arn = "${roles.developer}"
${aws}
[profile.by-browser]
idp = "by-browser"
role_arn = "${roles.developer}"
${aws}
[profile.chain]
source_profile = "bench"
role_arn = "${chained}"
${aws}`,
  );
}
