import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";

/** Where the program is not installed, the test is skipped with a word. */
export function need(program: string, context: TestContext): void {
  if (spawnSync(program, ["--version"]).error !== undefined) {
    context.skip(`${program} is not installed here`);
  }
}

/** What `terraform fmt` would change, or complain of; empty: nothing. */
export async function formatFaults(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tegata-setup-"));
  try {
    await writeFile(join(folder, "output.tf"), text);
    const { status, stdout, stderr } = spawnSync("terraform", ["fmt", "-check", "-diff", "output.tf"], {
      cwd: folder,
      encoding: "utf8",
    });
    return status === 0 ? "" : `${status}: ${stdout}${stderr}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}
