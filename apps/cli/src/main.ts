#!/usr/bin/env node
/** The program `tegata` on Node and Deno; `bun/main.ts` is the compiled binary's. */
import { runFirstFile } from "./answer-cache/first-file-node.ts";

await runFirstFile({
  id: "tegata",
  plainOutput: async (args) => (await import("./answer-cache/plain-output.ts")).plainOutput(args),
  load: () => import("./program/run.ts"),
});
