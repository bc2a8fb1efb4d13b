#!/usr/bin/env node
/** `npm create tegata` */
import { run } from "./run.ts";

const { stdin, stdout, stderr } = process;
process.exitCode = await run(process.argv.slice(2), {
  console: stdin.isTTY && stdout.isTTY ? { input: stdin, output: stdout } : undefined,
  say: (text) => stdout.write(text),
  complain: (text) => stderr.write(text),
});
