/**
 * Makes the self-contained binary: `npm run compile`, for another machine `npm run compile -- --target=bun-darwin-arm64`,
 * to another place `-- --outfile=…`, without the release's work for it `-- --entry=…` (bench/ compiles an empty one).
 *
 * Bun's builder takes unknown flags without a word: `apps/cli/test/binary.test.ts` proves each of these by its effect.
 */
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
const command = [
  process.execPath,
  "build",
  values.entry,
  ...compileFlags,
  ...(values.target === undefined ? [] : [`--target=${values.target}`]),
  `--outfile=${outfile}`,
  `--metafile=${outfile}.meta.json`,
];
const build = Bun.spawnSync(command, { cwd: root, stdout: "inherit", stderr: "inherit" });
if (!build.success) {
  process.exit(build.exitCode);
}
console.log(`wrote ${outfile}`);
