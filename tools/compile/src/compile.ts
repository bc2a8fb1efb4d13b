import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { signAdHoc } from "./macho-signature.ts";
import { runtimeFor, type RuntimeRequest } from "./runtime-copy.ts";

/**
 * How every binary is compiled: the product, those that others compose, and the empty one that the product is measured
 * against.
 *
 * Bun's builder takes flags that it does not know without a word: `apps/cli/test/binary.test.ts` proves each of these by its effect.
 */
export const compileFlags = [
  "--compile",
  "--format=esm",
  // A dynamic import() stays one: what a run does not need is not loaded.
  "--splitting",
  "--bytecode",
  // Most runs end within 100 ms: compiling what they run a few dozen times costs more than it saves. A run that goes on is
  // compiled all the same, ten times as late.
  "--compile-jit-policy=10",
  "--minify",
  // Anyone who controls the folder that the binary is started in must not run code in it.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-tsconfig",
  "--no-compile-autoload-package-json",
  // Packages that have CommonJS as well are taken as ES modules, of which only what is used goes in.
  "--conditions=module",
  // For Node only (fetch-node.ts of the engine): never reached in a binary.
  "--external=undici",
] as const;

/** What is compiled, and to where. */
export interface CompileOptions extends RuntimeRequest {
  /** The first file. */
  readonly entry: string;
  /** Beside it comes `<outfile>.meta.json`, with what is in it. */
  readonly outfile: string;
  /** Further flags of `bun build`. */
  readonly flags: readonly string[];
}

/**
 * Makes a self-contained binary, with the native library for the keyrings of its system, and with a runtime that obeys no
 * variables of its own (`runtime-variables.ts`).
 *
 * @param say takes a line for a person
 * @returns the exit status of Bun; `undefined` when there is no such Bun
 * @throws UnknownRuntimeError for a Bun whose variables are not where they are looked for
 */
export function compile(options: CompileOptions, say: (line: string) => void): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tegata-compile-"));
  try {
    const runtime = runtimeFor(options, folder);
    return runtime === undefined ? undefined : build(options, runtime, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function build(options: CompileOptions, runtime: string, say: (line: string) => void): number | undefined {
  const { entry, outfile, target, flags, bun } = options;
  const keyring = keyringLibrary(entry, target);
  const args = [
    "build",
    entry,
    ...compileFlags,
    ...flags,
    ...(target === undefined ? [] : [`--target=${target}`]),
    `--compile-executable-path=${runtime}`,
    `--define=TEGATA_KEYRING_LIBRARY=${JSON.stringify(keyring.path ?? "")}`,
    `--outfile=${outfile}`,
    `--metafile=${outfile}.meta.json`,
  ];
  const { status, error } = spawnSync(bun, args, { stdio: "inherit" });
  if (error !== undefined) {
    return undefined;
  }
  if (status === 0) {
    if ((target ?? `bun-${process.platform}`).startsWith("bun-darwin")) {
      const name = basename(outfile);
      const signed = signAdHoc(readFileSync(outfile), name);
      // The kernel keeps what it has found out of a file: a changed one is another file.
      rmSync(outfile);
      writeFileSync(outfile, signed, { mode: 0o755 });
    }
    say(`wrote ${outfile}`);
    if (keyring.path === undefined) {
      say(`without keyrings: ${keyring.name} is not installed here`);
    }
  }
  return status ?? 1;
}

/**
 * The native library for a target, where it is installed: npm brings this machine's own. What stands for it in the code names no
 * folder of this machine where that can be: the names of the binary's parts are made of the code, and two folders would make two
 * binaries.
 */
function keyringLibrary(entry: string, target = ""): { readonly name: string; readonly path: string | undefined } {
  const [, system = process.platform, arch = process.arch] = /^bun-(\w+)-(x64|arm64)/.exec(target) ?? [];
  const libcs = target === "" ? ["gnu", "musl"] : [target.includes("musl") ? "musl" : "gnu"];
  const builds =
    system === "linux"
      ? libcs.map((libc) => `linux-${arch}-${libc}`)
      : [system.startsWith("win") ? `win32-${arch}-msvc` : `${system}-${arch}`];
  // Without a target, whichever of Linux's two npm found right for this machine.
  const names = builds.map((each) => `@napi-rs/keyring-${each}`);
  const path = names.map(pathOf).find((found) => found !== undefined);
  return { name: names.join(" or "), path: path && (withoutFolder(path, entry) ?? path) };
}

/** The library by its package's name, where the program finds the same file by it. Windows writes paths with backslashes. */
function withoutFolder(path: string, entry: string): string | undefined {
  const [bare] = /@napi-rs\/[^/]+\/[^/]+$/.exec(path.replaceAll("\\", "/")) ?? [];
  try {
    return bare !== undefined && createRequire(resolve(entry)).resolve(bare) === path ? bare : undefined;
  } catch {
    return undefined;
  }
}

/** As the library's own loader finds it: not every package manager puts it where this package could. */
function pathOf(name: string): string | undefined {
  try {
    const loader = createRequire(import.meta.url).resolve("@napi-rs/keyring");
    return createRequire(loader).resolve(name);
  } catch {
    return undefined;
  }
}
