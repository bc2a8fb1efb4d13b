import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { removeRuntimeVariables, UnknownRuntimeError } from "./runtime-variables.ts";

/** Which runtime a binary is made of. */
export interface RuntimeRequest {
  /** As Bun names it: `bun-darwin-arm64`. Left out, this machine. */
  readonly target: string | undefined;
  /** The Bun that compiles; it becomes part of the binary. */
  readonly bun: string;
}

/**
 * A copy of the runtime for a target, without its variables. It is changed before the program is put in, because Bun signs
 * what it makes for macOS.
 *
 * @param folder a new one, for the copy
 * @returns its path; `undefined` when there is no Bun
 */
export function runtimeFor({ target, bun }: RuntimeRequest, folder: string): string | undefined {
  const original = target === undefined ? pathOfBun(bun) : (installed(target) ?? downloaded(target, bun, folder));
  if (original === undefined) {
    return undefined;
  }
  const runtime = readFileSync(original);
  removeRuntimeVariables(runtime, /arm64|aarch64/.test(target ?? process.arch));
  const copy = join(folder, "runtime");
  writeFileSync(copy, runtime, { mode: 0o755 });
  return copy;
}

/** What npm calls Bun may be a script that starts it. */
function pathOfBun(bun: string): string | undefined {
  const { status, stdout } = spawnSync(bun, ["-p", "process.execPath"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** The runtime of another machine, where its npm package is installed; that is the one that the lock file pins. */
function installed(target: string): string | undefined {
  const name = target.replace("arm64", "aarch64");
  try {
    const manifest = createRequire(join(process.cwd(), "package.json")).resolve(`@oven/${name}/package.json`);
    return join(manifest, "../bin", name.includes("windows") ? "bun.exe" : "bun");
  } catch {
    return undefined;
  }
}

/** Bun loads it from the registry, when it compiles something for that target. */
function downloaded(target: string, bun: string, folder: string): string | undefined {
  const cache = join(folder, "cache");
  const empty = join(folder, "empty.js");
  writeFileSync(empty, "");
  const { status, error } = spawnSync(
    bun,
    ["build", empty, "--compile", `--target=${target}`, `--outfile=${join(folder, "empty")}`],
    { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, BUN_INSTALL_CACHE_DIR: cache } },
  );
  if (error !== undefined) {
    return undefined;
  }
  const [name] = status === 0 ? readdirSync(cache).filter((each) => each.startsWith("bun-")) : [];
  if (name === undefined) {
    throw new UnknownRuntimeError(`there is no runtime for ${target}`);
  }
  return join(cache, name);
}
