import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ageCredentials, cachedCredentials } from "./records.ts";
import type { World, WorldRunOptions } from "./world.ts";

/** No sandbox gets this access key id: only an answer that was kept, and then marked by a test, shows it. */
export const entryMark = "ASIAKEPTKEPTKEPTKEPT";

export async function entryFiles(cacheDir: string): Promise<string[]> {
  const names = await readdir(cacheDir).catch(() => []);
  return names.filter((name) => name.endsWith(".output")).map((name) => join(cacheDir, name));
}

/**
 * Runs a command, and marks the answer that it kept: from then on the mark on stdout tells cached output from one that
 * was made again. Other cached outputs are forgotten.
 *
 * @returns the file of the cached output, and the true answer
 * @throws Error when the run kept no answer
 */
export async function storeMarked(
  world: World,
  args: readonly string[] = ["credential-process", "dev"],
  options: WorldRunOptions & { readonly cacheDir?: string } = {},
): Promise<{ readonly path: string; readonly answer: string }> {
  const { cacheDir = world.cacheDir, ...runOptions } = options;
  await Promise.all((await entryFiles(cacheDir)).map((path) => rm(path, { recursive: true })));
  const ended = await world.run(args, runOptions);
  const [path, ...others] = await entryFiles(cacheDir);
  if (ended.status !== 0 || path === undefined || others.length > 0) {
    throw new Error(`tegata ${args.join(" ")} ended with ${ended.status} and cached no output: ${ended.stderr}`);
  }
  await writeFile(path, (await readFile(path, "utf8")).replaceAll(/ASIA[A-Z0-9]{16}/g, entryMark));
  return { path, answer: ended.stdout };
}

/**
 * Makes cached output as old as time would have made it: due to be renewed, its credentials good for some minutes more, or
 * ended some minutes ago.
 */
export async function ageEntry(path: string, minutesLeft: number): Promise<void> {
  const lines = (await readFile(path, "utf8")).split("\n");
  const ends = Date.now() + minutesLeft * 60_000;
  const [freshFrom, freshUntil, expiresAt] = [5, 6, 7];
  lines[freshFrom] = String(ends - 3_600_000);
  lines[freshUntil] = String(Math.min(Date.now(), ends) - 1);
  lines[expiresAt] = String(ends);
  await writeFile(path, lines.join("\n"));
}

/** An hour has gone by: the credentials have ended, the file is the one that it was, and the answers that show them know. */
export async function endCredentials(cacheDir: string, roleArn: string): Promise<void> {
  const { path } = await cachedCredentials(cacheDir, roleArn);
  const { atime, mtime } = await stat(path);
  await ageCredentials(cacheDir, roleArn, -1);
  await utimes(path, atime, mtime);
  await Promise.all((await entryFiles(cacheDir)).map((kept) => ageEntry(kept, -1)));
}
