#!/usr/bin/env node
/** The program `tegata` on Node and Deno; `bun/main.ts` is the compiled binary's. */
import { runFirstFile } from "./fast-path/first-file-node.ts";

await runFirstFile({
  id: "tegata",
  plainAnswer: async (args) => (await import("./fast-path/plain-answer.ts")).plainAnswer(args),
  load: () => import("./run.ts"),
});
