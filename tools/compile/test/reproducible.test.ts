import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** Rich in different letters: two folders can lead to the same names of parts by chance. */
const folders = ["a", "zzq_x-kkvw", "MIDDLE.of/the/way", "b b"];

/** What a checkout has, with what npm has installed, in another folder. */
async function copyTo(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const pack =
    "tar -cf - --exclude=node_modules --exclude=dist --exclude=test package.json tsconfig*.json apps packages tools";
  await run("sh", ["-c", `${pack} | tar -xf - -C "$1"`, "sh", folder], { cwd: repository });
  // Links to the same bytes cost nothing; another file system has none.
  const installed = [join(repository, "node_modules"), folder];
  await run("cp", ["-al", ...installed]).catch(() => run("cp", ["-a", ...installed]));
}

it.runIf(process.platform === "linux")(
  "the binary is the same, byte for byte, from every folder, in every time zone",
  async () => {
    const scratch = await mkdtemp(join(tmpdir(), "tegata-reproducible-"));
    try {
      const digests: string[] = [];
      for (const [index, name] of folders.entries()) {
        const folder = join(scratch, name);
        await copyTo(folder);
        const env = { ...process.env, TZ: index % 2 === 0 ? "UTC" : "Pacific/Chatham" };
        await run(join(folder, "node_modules/.bin/bun"), ["tools/compile-tegata.ts"], { cwd: folder, env });
        const binary = await readFile(join(folder, "dist/tegata"));
        expect(binary.length).toBeGreaterThan(1e7);
        expect(binary.includes(scratch)).toBe(false);
        digests.push(createHash("sha256").update(binary).digest("hex"));
        await rm(folder, { recursive: true });
      }
      expect(new Set(digests).size).toBe(1);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
  120_000,
);
