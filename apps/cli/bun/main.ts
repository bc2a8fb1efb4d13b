/**
 * The first file of the compiled binary: gives a kept answer while it is right, and imports nothing else for it. Loading
 * `node:fs` alone would make a hit a third dearer, hence Bun's own calls; `src/main.ts` is the same for Node and Deno.
 */
import { decodeHotAnswer, hotFileOf, isStillRight, questionOf } from "../src/fast-path/hot-answer.ts";

const args = process.argv.slice(2);
const question = questionOf("tegata", args, process.env, process.getuid?.() ?? -1);
const answer = await hotAnswer();
if (answer === undefined) {
  const { run } = await import("../src/run.ts");
  process.exitCode = await run(args, question);
} else {
  await Bun.write(Bun.stdout, answer).catch(async (error: unknown) => {
    const { reportOutputFailure } = await import("../src/run.ts");
    process.exitCode = reportOutputFailure(error);
  });
}

async function hotAnswer(): Promise<string | undefined> {
  const hotFile = hotFileOf(question, process.env, process.platform);
  const kept = hotFile === undefined ? undefined : decodeHotAnswer(await textOf(hotFile));
  if (kept === undefined) {
    return undefined;
  }
  const credentials = Bun.file(kept.credentialsFile);
  const files = {
    settings: kept.settingsFile === "" ? "" : await textOf(kept.settingsFile),
    credentialsBytes: credentials.size,
    credentialsWrittenAt: Math.floor(credentials.lastModified),
  };
  return isStillRight(kept, question, Date.now(), files) ? kept.stdout : undefined;
}

/** Empty for a file that is not there or cannot be read: the long way says why. */
async function textOf(path: string): Promise<string> {
  try {
    return new TextDecoder().decode(Bun.mmap(path));
  } catch {
    // Mapping opens for writing and takes no empty file.
    return Bun.file(path)
      .text()
      .catch(() => "");
  }
}
