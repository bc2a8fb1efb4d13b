import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CreateError, shown } from "./create-error.ts";
import type { Project } from "./project.ts";
import { filesOf } from "./template.ts";

/**
 * Writes a project into a folder that is not there or is empty, but for a `.git`. No file is ever overwritten.
 *
 * @returns The paths that were written, within the folder
 * @throws CreateError
 */
export async function createProject(project: Project, directory: string): Promise<readonly string[]> {
  await refuseUsed(directory);
  const files = await filesOf(project);
  for (const { path, text } of files) {
    const target = join(directory, path);
    try {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text, { flag: "wx" });
    } catch (error) {
      throw new CreateError(`${shown(target)} cannot be written (${codeOf(error)})`, "name another --directory");
    }
  }
  return files.map(({ path }) => path).sort();
}

async function refuseUsed(directory: string): Promise<void> {
  try {
    const first = (await readdir(directory)).find((name) => name !== ".git");
    if (first !== undefined) {
      throw new CreateError(`${shown(directory)} is not empty: it has ${shown(first)}`, "name another --directory");
    }
  } catch (error) {
    if (error instanceof CreateError) {
      throw error;
    }
    if (codeOf(error) !== "ENOENT") {
      throw new CreateError(
        `${shown(directory)} is not a folder that it can write to (${codeOf(error)})`,
        "name another --directory",
      );
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown error";
}
