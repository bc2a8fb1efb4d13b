/** The program `tegata` as a compiled binary; `src/main.ts` is the same for Node and Deno. */
import { runFirstFile } from "../src/answer-cache/first-file-bun.ts";

const replaceProcess = async () => (await import("../src/exec/replace-process-bun.ts")).loadReplaceProcess();

await runFirstFile({
  id: "tegata",
  plainOutput: async (args) => (await import("../src/answer-cache/plain-output.ts")).plainOutput(args),
  load: async () => {
    // First: Bun warns about NODE_DEBUG when somebody imports node:http.
    (await import("@tegata/engine/silence")).silenceRuntime();
    const { run, ...rest } = await import("../src/program/run.ts");
    return { ...rest, run: (args, entry) => run(args, entry, replaceProcess) };
  },
});
