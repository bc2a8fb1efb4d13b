/**
 * Makes the self-contained binary: `npm run compile`, for another machine `npm run compile -- --target=bun-darwin-arm64`,
 * to another place `-- --outfile=…`, without the release's work for it `-- --entry=…` (bench/ compiles an empty one).
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { compile } from "./compile/src/compile.ts";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const { values } = parseArgs({
  options: {
    target: { type: "string" },
    outfile: { type: "string" },
    entry: { type: "string", default: "apps/cli/bun/main.ts" },
  },
});

const windows = (values.target ?? `bun-${process.platform}`).startsWith("bun-win");
const outfile = values.outfile ?? `dist/tegata${windows ? ".exe" : ""}`;
const flags = ["--conditions=@tegata/source"];
process.exitCode =
  compile({ ...values, target: values.target, outfile, flags, bun: process.execPath }, console.log) ?? 1;
