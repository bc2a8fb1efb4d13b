#!/usr/bin/env node
/** `tegata-compile src/main.ts --outfile dist/acme`: the binary of a program that somebody composed. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { printable } from "@tegata/core";
import { compile } from "./compile.ts";
import { UnknownRuntimeError } from "./runtime-variables.ts";

const usage = `usage: tegata-compile FILE --outfile PATH [--target TARGET]

  FILE              the first file of the program
  --outfile PATH    where the binary goes
  --target TARGET   another machine's, as Bun names it: bun-linux-arm64, bun-darwin-arm64, bun-windows-x64
  --help            this text
`;

function run(args: readonly string[]): number {
  const { values, positionals } = readArguments(args);
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [entry, extra] = positionals;
  if (entry === undefined || extra !== undefined || values.outfile === undefined) {
    throw new UsageError("name one file and an --outfile");
  }
  const { outfile, target } = values;
  const status = compile({ entry, outfile, target, flags: [], bun: bunOfProject() }, (line) => {
    process.stdout.write(`${line}\n`);
  });
  if (status === undefined) {
    return fail("bun is not installed here", "npm install --save-dev --save-exact bun");
  }
  return status;
}

/** The npm package has the program under this name on every system. */
function bunOfProject(): string {
  try {
    const manifest = createRequire(join(process.cwd(), "package.json")).resolve("bun/package.json");
    return join(dirname(manifest), "bin/bun.exe");
  } catch {
    return "bun";
  }
}

class UsageError extends Error {}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { outfile: { type: "string" }, target: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    // The first sentence; what follows is about flags that begin with a dash.
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split(". ", 1);
    throw new UsageError(printable(`${reason.slice(0, 1).toLowerCase()}${reason.slice(1)}`, 200));
  }
}

function fail(message: string, hint: string): number {
  process.stderr.write(`tegata-compile: error: ${message}\ntegata-compile: hint: ${hint}\n`);
  return 2;
}

try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  if (error instanceof UnknownRuntimeError) {
    process.exitCode = fail(error.message, "install the version of bun that @tegata/cli was made with: bun@1.4.5");
  } else if (error instanceof UsageError) {
    process.exitCode = fail(error.message, "tegata-compile --help");
  } else {
    throw error;
  }
}
