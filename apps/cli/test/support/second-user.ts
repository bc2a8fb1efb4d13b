import { execFileSync } from "node:child_process";
import { chmod, chown } from "node:fs/promises";
import type { TestContext } from "vitest";
import { need } from "./needs.ts";
import { programs } from "./programs.ts";
import { run, type Ended } from "./run.ts";
import type { World } from "./world.ts";

const isRoot = process.getuid?.() === 0;

/** Two people of one machine who are not the tests' own user. No row of `/etc/passwd` is needed for a user id. */
export const victim = 23_451;
export const mallory = 23_452;

/** Skips the test where no second user can be had. */
export function needSecondUser(context: TestContext): void {
  if (!isRoot) {
    context.skip("only root can start a program as another user");
  }
  need("setpriv", context);
}

/** A command as another user, who is in no group but their own. */
export function runAs(
  uid: number,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  cwd = "/",
): Promise<Ended> {
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return run(["setpriv", ...identity, "--", ...command], { cwd, env });
}

/**
 * Gives the world's home to the victim, and lets everybody into the world's folder. Skips the test where others cannot run the
 * program.
 */
export async function giveHomeToVictim(world: World, context: TestContext): Promise<void> {
  await chmod(world.folder, 0o755);
  const { HOME = "" } = world.env;
  execFileSync("chown", ["-R", `${victim}:${victim}`, HOME]);
  await chown(HOME, victim, victim);
  if ((await runAs(victim, [...programs.binary, "--version"], world.env)).status !== 0) {
    context.skip("another user cannot run the program here: its folder is closed to others");
  }
}
