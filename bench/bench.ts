/**
 * `npm run bench`: what the program costs as a whole process, as a ratio to an empty binary that is compiled with the
 * same flags and measured in the same run, turn by turn. Ratios hold from machine to machine; milliseconds do not.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startSandbox, type Sandbox } from "@tegata/sandbox";
import * as v from "valibot";

const { values } = parseArgs({ options: { runs: { type: "string", default: "60" } } });
const runs = Number(values.runs);
const gnuTime = "/usr/bin/time";
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "tegata-bench-"));
const sandbox = await startSandbox({ intervalSeconds: 1 });

interface Pair {
  readonly own: number;
  readonly floor: number;
}

try {
  const empty = await compileEmpty();
  // A fresh copy of each: the page cache alone can make 1.5 out of 1.0.
  const tegata = join(folder, "tegata");
  await copyFile(join(root, "dist/tegata"), tegata);
  await writeSettings(sandbox);
  await signIn(tegata);
  const cases = [
    { name: "cached credential-process", command: [tegata, "credential-process", "bench"] },
    { name: "cached env", command: [tegata, "env", "bench"] },
    { name: "--version", command: [tegata, "--version"] },
    { name: "completion bash", command: [tegata, "completion", "bash"] },
  ] as const;
  console.log(
    `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Bun ${Bun.version}, ${runs} pairs each\n`,
  );
  console.log("| run | wall, ratio to empty | wall, median | peak memory, ratio to empty | peak memory, median |");
  console.log("|---|---|---|---|---|");
  for (const { name, command } of cases) {
    const wall = cells(pairs(wallMilliseconds, command, [empty]), "ms");
    const peak = existsSync(gnuTime)
      ? cells(pairs(peakMebibytes, command, [empty]), "MiB")
      : `not measured | no ${gnuTime}`;
    console.log(`| ${name} | ${wall} | ${peak} |`);
  }
} finally {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
}

function pairs(
  measure: (command: readonly string[]) => number,
  own: readonly string[],
  floor: readonly string[],
): Pair[] {
  measure(own);
  measure(floor);
  // Which of the two goes first changes from pair to pair, so that neither always finds the warmer machine.
  return Array.from({ length: runs }, (_, index) => {
    if (index % 2 === 0) {
      const first = measure(own);
      return { own: first, floor: measure(floor) };
    }
    const first = measure(floor);
    return { own: measure(own), floor: first };
  });
}

function wallMilliseconds(command: readonly string[]): number {
  const start = Bun.nanoseconds();
  runOnce(command);
  return (Bun.nanoseconds() - start) / 1e6;
}

/** By GNU time, which is small itself: the kernel counts the memory of whoever starts a process as that process's own. */
function peakMebibytes(command: readonly string[]): number {
  const stderr = runOnce([gnuTime, "-f", "%M", ...command]);
  return Number(stderr.trim().split("\n").at(-1)) / 1024;
}

function runOnce(command: readonly string[]): string {
  const ended = Bun.spawnSync([...command], { env: environment(), stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const stderr = ended.stderr.toString();
  if (!ended.success) {
    throw new Error(`${command.join(" ")} ended with ${ended.exitCode}: ${stderr}`);
  }
  return stderr;
}

function cells(measured: readonly Pair[], unit: string): string {
  const ratio = median(measured.map(({ own, floor }) => own / floor)).toFixed(2);
  const own = median(measured.map((pair) => pair.own)).toFixed(1);
  const floor = median(measured.map((pair) => pair.floor)).toFixed(1);
  return `**${ratio}** | ${own} ${unit} (empty ${floor})`;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function compileEmpty(): Promise<string> {
  const outfile = join(folder, "empty");
  const build = Bun.spawnSync(
    [process.execPath, "scripts/compile.ts", "--entry=bench/empty.ts", `--outfile=${outfile}`],
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
  const login = Bun.spawn([tegata, "login", "bench", "--json"], {
    env: environment(),
    stdout: "pipe",
    stderr: "ignore",
  });
  const reader = login.stdout.getReader();
  const { value } = await reader.read();
  const event = v.parse(v.object({ verificationUriComplete: v.string() }), JSON.parse(new TextDecoder().decode(value)));
  await sandbox.approve(event.verificationUriComplete);
  reader.releaseLock();
  if ((await login.exited) !== 0) {
    throw new Error("the sign-in failed");
  }
}

function environment(): Record<string, string> {
  return { HOME: join(folder, "home"), PATH: "/usr/bin:/bin" };
}

async function writeSettings({ auth0, sts, roles }: Sandbox): Promise<void> {
  const config = join(folder, "home/.config/tegata");
  await mkdir(config, { recursive: true });
  await writeFile(
    join(config, "tegata.toml"),
    `[idp.acme]
type = "auth0"
domain = "${auth0.domain}"
client_id = "${auth0.clientId}"

[profile.bench]
idp = "acme"
role_arn = "${roles.developer}"
region = "us-east-1"
sts_endpoint = "${sts.endpoint}"
`,
  );
}
