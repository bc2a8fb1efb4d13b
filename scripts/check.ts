/**
 * `npm run check`: format, lint, types and tests one after the other, up to the first that fails, and how long each took.
 * `npm run lint` and `npm run typecheck` are parts of it, which also take the names of packages: `npm run lint -- core cli`.
 */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Part {
  readonly script: string;
  /** Program and arguments that do this part in all packages. Without one, the npm script of that name does it. */
  readonly command?: readonly string[];
  /** The arguments that leave all but one package out. */
  readonly onlyIn?: (folder: string) => readonly string[];
}

const root = fileURLToPath(new URL("..", import.meta.url));
const node = process.env["npm_node_execpath"] ?? "node";

const parts: readonly Part[] = [
  { script: "format:check" },
  {
    script: "lint",
    command: ["node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"],
    onlyIn: (folder) => [folder],
  },
  {
    script: "typecheck",
    command: [
      "--env-file=scripts/turbo.env",
      "node_modules/turbo/bin/turbo",
      "run",
      "typecheck",
      // The files that are in no package: `tools`, `scripts`, `bench`.
      "typecheck:root",
      "--output-logs=errors-only",
    ],
    onlyIn: (folder) => [`--filter=./${folder}`],
  },
  { script: "test" },
];

/** Name without the scope, and folder. */
const packages = ["packages", "apps", "tools"].flatMap((parent) =>
  readdirSync(`${root}${parent}`)
    .filter((name) => existsSync(`${root}${parent}/${name}/package.json`))
    .toSorted()
    .map((name) => [name, `${parent}/${name}`] as const),
);

const [name, ...args] = process.argv.slice(2);
const part = parts.find(({ script, command }) => script === name && command !== undefined);
if (args.includes("--help") || name === "--help") {
  console.log(help(part));
} else if (name === undefined) {
  process.exitCode = await checkAll();
} else if (part === undefined) {
  console.error(`check: there is no part ${JSON.stringify(name)}\n\n${help(undefined)}`);
  process.exitCode = 2;
} else {
  const unknown = args.find((word) => !word.startsWith("-") && folderOf(word) === undefined && !existsSync(word));
  if (unknown === undefined) {
    process.exitCode = await runPart(part, args);
  } else {
    console.error(`${part.script}: no package and no path is called ${JSON.stringify(unknown)}\n\n${help(part)}`);
    process.exitCode = 2;
  }
}

/** Runs the parts in order; resolves to the exit status of the last that ran. */
async function checkAll(): Promise<number> {
  let status = 0;
  const report: string[] = [];
  for (const { script } of parts) {
    if (status !== 0) {
      report.push(`${script.padEnd(12)}          not run`);
      continue;
    }
    console.log(`── npm run ${script}`);
    const start = performance.now();
    status = await run([...npm(), "run", "--silent", script]);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    report.push(`${script.padEnd(12)} ${seconds.padStart(6)} s  ${status === 0 ? "passed" : "failed"}`);
  }
  console.log(`\n${report.join("\n")}`);
  return status;
}

/** One part. A word that names a package limits the part to it; all others are passed on. */
function runPart({ command = [], onlyIn = () => [] }: Part, words: readonly string[]): Promise<number> {
  const ownArgs = words.flatMap((word) => {
    const folder = folderOf(word);
    return folder === undefined ? [word] : onlyIn(folder);
  });
  return run([node, ...command, ...ownArgs]);
}

/** The folder of a package by its name, with or without the scope, or by the folder itself. */
function folderOf(word: string): string | undefined {
  const bare = word.replace(/^@tegata\/|\/$/g, "");
  return packages.find((names) => names.includes(bare))?.[1];
}

function run(command: string[]): Promise<number> {
  return Bun.spawn(command, { cwd: root, stdio: ["inherit", "inherit", "inherit"] }).exited;
}

/** The npm that started this, or the one on PATH. */
function npm(): readonly string[] {
  const path = process.env["npm_execpath"];
  return path === undefined ? ["npm"] : [node, path];
}

function help(only: Part | undefined): string {
  if (only === undefined) {
    return `npm run check: ${parts.map(({ script }) => script).join(", ")}, one after the other, up to the first that fails.
One part alone is npm run PART; for one package:

  npm run lint -- core
  npm run typecheck -- core
  npm test -- --project core`;
  }
  const tool = only.script === "lint" ? "oxlint" : "turbo";
  const names = packages.map(([each]) => `  ${each}`).join("\n");
  return `npm run ${only.script}                  all packages
npm run ${only.script} -- PACKAGE …     only these

Packages:
${names}

Other arguments are passed on to ${tool}: npx ${tool} --help lists them.`;
}
