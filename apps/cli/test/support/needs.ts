import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "vitest";

/** Where a program stands on `PATH`. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** A program that not every machine has: without it, the test is skipped with a word that says so. */
export function need(name: string, context: TestContext): string {
  return findProgram(name) ?? context.skip(`${name} is not installed here`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
