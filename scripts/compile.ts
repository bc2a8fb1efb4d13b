/**
 * Makes the self-contained binary: `npm run compile`, for another machine `npm run compile -- --target=bun-darwin-arm64`,
 * to another place `-- --outfile=…`, without the release's work for it `-- --entry=…` (bench/ compiles an empty one).
 *
 * Bun's builder takes unknown flags without a word: `apps/cli/test/binary.test.ts` proves each of these by its effect.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { compileFlags } from "./compile-flags.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    target: { type: "string" },
    outfile: { type: "string" },
    entry: { type: "string", default: "apps/cli/bun/main.ts" },
  },
});

const windows = (values.target ?? `bun-${process.platform}`).includes("win");
const outfile = values.outfile ?? `dist/tegata${windows ? ".exe" : ""}`;
const keyring = keyringPackage(values.target);
const command = [
  process.execPath,
  "build",
  values.entry,
  ...compileFlags,
  ...(values.target === undefined ? [] : [`--target=${values.target}`]),
  `--define=TEGATA_KEYRING_PACKAGE=${JSON.stringify(keyring.isThere ? keyring.name : "")}`,
  `--outfile=${outfile}`,
  `--metafile=${outfile}.meta.json`,
];
const build = Bun.spawnSync(command, { cwd: root, stdout: "inherit", stderr: "inherit" });
if (!build.success) {
  process.exit(build.exitCode);
}
console.log(`wrote ${outfile}`);
if (!keyring.isThere) {
  console.log(`without keyrings: ${keyring.name} is not installed here (docs/releasing.md)`);
}

/** The package that holds the native library for a target, and whether it is there: npm brings this machine's own. */
function keyringPackage(target = ""): { readonly name: string; readonly isThere: boolean } {
  const [, system = process.platform, arch = process.arch] = /^bun-(\w+)-(x64|arm64)/.exec(target) ?? [];
  const libcs = target === "" ? ["gnu", "musl"] : [target.includes("musl") ? "musl" : "gnu"];
  const builds =
    system === "linux"
      ? libcs.map((libc) => `linux-${arch}-${libc}`)
      : [system.startsWith("win") ? `win32-${arch}-msvc` : `${system}-${arch}`];
  // Without a target, whichever of Linux's two npm found right for this machine.
  const names = builds.map((each) => `@napi-rs/keyring-${each}`);
  const found = names.find((each) => existsSync(join(root, "node_modules", each)));
  return { name: found ?? names.join(" or "), isThere: found !== undefined };
}
