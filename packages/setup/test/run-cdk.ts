import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const made = v.looseObject({ type: v.string(), props: v.optional(v.looseObject({})) });

/** What an app made, each as the stub of the library saw it. */
export type Made = v.InferOutput<typeof made>;

/** Runs apps of the CDK with a stub in place of the library, after the compiler has judged their types by it. */
export async function runCdk(texts: readonly string[]): Promise<readonly (readonly Made[])[]> {
  const folder = await mkdtemp(join(tmpdir(), "tegata-cdk-"));
  try {
    const library = join(folder, "node_modules/aws-cdk-lib");
    await mkdir(library, { recursive: true });
    await cp(fileURLToPath(new URL("cdk-stub", import.meta.url)), library, { recursive: true });
    await writeFile(
      join(library, "package.json"),
      JSON.stringify({
        name: "aws-cdk-lib",
        type: "module",
        exports: { ".": "./index.ts", "./aws-iam": "./aws-iam.ts" },
      }),
    );
    await symlink(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
    const names = texts.map((_text, index) => `app${index}.ts`);
    await Promise.all(texts.map((text, index) => writeFile(join(folder, `app${index}.ts`), text)));
    const options = [
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--types",
      "node",
      "--allowImportingTsExtensions",
      "--skipLibCheck",
    ];
    must(spawnSync(join(root, "node_modules/.bin/tsc"), [...options, ...names], { cwd: folder, encoding: "utf8" }));
    await writeFile(
      join(folder, "all.ts"),
      names.map((name) => `console.log("APP"); await import("./${name}");\n`).join(""),
    );
    const stdout = must(spawnSync(join(root, "node_modules/.bin/bun"), ["all.ts"], { cwd: folder, encoding: "utf8" }));
    return stdout
      .split("APP\n")
      .slice(1)
      .map((lines) =>
        lines
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => v.parse(made, JSON.parse(line))),
      );
  } finally {
    await rm(folder, { recursive: true });
  }
}

function must({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }): string {
  if (status !== 0) {
    throw new Error(`it ended with ${status}: ${stdout}${stderr}`);
  }
  return stdout;
}
