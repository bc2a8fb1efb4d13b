/**
 * The first file of the compiled binary: gives a kept answer while it is right, or what needs no settings, and imports
 * nothing else for it. Loading `node:fs` alone would cost a quarter of an empty run, hence Bun's own calls; `src/main.ts`
 * is the same for Node and Deno.
 */
import {
  decodeHotAnswer,
  hotFileOf,
  isBelowHome,
  isOwn,
  isStillRight,
  maxHotBytes,
  questionOf,
} from "../src/fast-path/hot-answer.ts";

const args = process.argv.slice(2);
const uid = process.getuid?.() ?? -1;
const question = questionOf("tegata", args, process.env, uid);
const answer =
  args[0] === "--version" || args[0] === "completion"
    ? (await import("../src/fast-path/plain-answer.ts")).plainAnswer(args)
    : await hotAnswer().catch(() => undefined);
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
  const path = hotFileOf(question, process.env, process.platform);
  const text = path === undefined ? undefined : mapped(path);
  const kept = text === undefined ? undefined : decodeHotAnswer(text);
  if (path === undefined || kept === undefined) {
    return undefined;
  }
  // Whoever can write below the home folder can write `~/.aws/config` too. Elsewhere the file has to be one's own; only
  // another thread can tell, which costs 0.1 of an empty run.
  if (!isBelowHome(path, process.env) && !isOwn(await Bun.file(path).stat(), uid)) {
    return undefined;
  }
  const credentials = Bun.file(kept.credentialsFile);
  const files = {
    settings: kept.settingsFile === "" ? "" : await textOf(Bun.file(kept.settingsFile), kept.settingsBytes),
    credentialsBytes: credentials.size,
    credentialsWrittenAt: Math.floor(credentials.lastModified),
  };
  return isStillRight(kept, question, Date.now(), files) ? kept.stdout : undefined;
}

/**
 * The text of a kept answer, the cheapest way that there is. Only for a file that is replaced by renaming: one that is cut
 * short while it is mapped kills the process (SIGBUS). `undefined` for what cannot be mapped, such as no file at all, or
 * opened for writing: on a disk that can only be read, the long way answers.
 */
function mapped(path: string): string | undefined {
  try {
    return new TextDecoder().decode(Bun.mmap(path));
  } catch {
    return undefined;
  }
}

/**
 * The text of a file of that size; a line break, which is nobody's settings, for any other. What is not a regular file is
 * not opened: a pipe can be read only once.
 *
 * The first piece of a stream is read on this thread; docs/decisions/0019-kept-answers.md has what other ways cost. Not
 * mapped: an editor that empties the file and writes it again killed 5 of 400 runs beside it.
 */
async function textOf(file: Bun.BunFile, bytes: number): Promise<string> {
  if (file.size !== bytes || bytes > maxHotBytes) {
    return "\n";
  }
  if (bytes === 0) {
    return "";
  }
  const { value } = await file.stream().getReader().read();
  return value?.length === bytes ? new TextDecoder().decode(value) : "\n";
}
