/**
 * Bundles the GitHub Action into the files that `action.yml` names: `npm run bundle`, to another place
 * `npm run bundle -- --outdir=…`, saying what is in it `-- --metafile=…`. A runner takes an action as it lies in the repository, so the files are committed; a
 * test makes them again and compares.
 */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    outdir: { type: "string", default: `${root}apps/github-action/bundle` },
    metafile: { type: "string" },
  },
});
await rm(values.outdir, { recursive: true, force: true });
const command = [
  process.execPath,
  "build",
  "apps/github-action/src/main.ts",
  "apps/github-action/src/post.ts",
  "--target=node",
  "--format=esm",
  // What a run does not need is not read: the post step knows no SDK, and only a run behind a proxy its own HTTP client.
  "--splitting",
  "--minify",
  "--conditions=@tegata/source",
  // Packages that have CommonJS as well are taken as ES modules, of which only what is used goes in.
  "--conditions=module",
  "--main-fields=module",
  "--main-fields=main",
  // Bun would write down where this checkout lies. undici adds the name to its stack traces.
  '--define=__filename="undici"',
  "--entry-naming=[name].mjs",
  "--chunk-naming=[name]-[hash].mjs",
  `--outdir=${values.outdir}`,
  ...(values.metafile === undefined ? [] : [`--metafile=${values.metafile}`]),
];
const build = Bun.spawnSync(command, { cwd: root, stdout: "ignore", stderr: "inherit" });
if (!build.success) {
  process.exit(build.exitCode);
}
console.log(`wrote ${values.outdir}`);
