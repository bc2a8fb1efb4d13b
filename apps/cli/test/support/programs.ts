import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const at = (path: string) => `${root}${path}`;

/** The ways in which the program is shipped or run from a checkout: the words before its arguments. */
export const programs = {
  /** What `npm run compile` writes. */
  binary: [at("dist/tegata")],
  /** What `npm run build` writes, on the Node that runs the tests. */
  node: [process.execPath, at("apps/cli/dist/main.js")],
  bun: [at("node_modules/.bin/bun"), "--conditions=@tegata/source", at("apps/cli/src/main.ts")],
  deno: [
    at("node_modules/.bin/deno"),
    "run",
    "--quiet",
    "--no-lock",
    "--allow-env",
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-sys",
    "--allow-run",
    "--conditions=@tegata/source",
    at("apps/cli/src/main.ts"),
  ],
} as const satisfies Readonly<Record<string, readonly [string, ...string[]]>>;

/** Where the compiled program lies, for `PATH`. */
export const binaryFolder = at("dist");

/** A program that runs one of the tests' own scripts, as TypeScript. */
export const script = (name: string) => [programs.bun[0], at(`apps/cli/test/support/${name}`)] as const;

export type ProgramName = keyof typeof programs;

/** @throws Error when the tests were started without `npm test`, which compiles and builds first */
export function requireBuilt(): void {
  for (const path of [programs.binary[0], programs.node[1]]) {
    if (!existsSync(path)) {
      throw new Error(`${path} is not there: npm run compile && npm run build`);
    }
  }
}
