#!/usr/bin/env node
/** The program `tegata`. Nothing is imported before it is known that it is needed. */
const { run } = await import("./run.ts");
process.exitCode = await run(process.argv.slice(2));
