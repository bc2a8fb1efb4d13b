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
  questionOf,
} from "../src/fast-path/hot-answer.ts";

/** An editor that empties a file and writes it again is done long before. */
const quietMilliseconds = 10_000;

const args = process.argv.slice(2);
const uid = process.getuid?.() ?? -1;
const question = questionOf("tegata", args, process.env, uid);
const hotFile = hotFileOf(question, process.env, process.platform);
const answer =
  args[0] === "--version" || args[0] === "completion"
    ? (await import("../src/fast-path/plain-answer.ts")).plainAnswer(args)
    : await hotAnswer().catch(() => undefined);
if (answer === undefined) {
  const { run } = await import("../src/run.ts");
  process.exitCode = await run(args, { question, hotFile });
} else {
  await Bun.write(Bun.stdout, answer).catch(async (error: unknown) => {
    const { reportOutputFailure } = await import("../src/run.ts");
    process.exitCode = reportOutputFailure(error);
  });
}

async function hotAnswer(): Promise<string | undefined> {
  const text = hotFile === undefined ? undefined : mapped(hotFile);
  const kept = text === undefined ? undefined : decodeHotAnswer(text);
  if (hotFile === undefined || kept === undefined) {
    return undefined;
  }
  // Whoever can write below the home folder can write `~/.aws/config` too. Elsewhere the file has to be one's own; only
  // another thread can tell, which costs 0.1 of an empty run.
  if (!isBelowHome(hotFile, process.env) && !isOwn(await Bun.file(hotFile).stat(), uid)) {
    return undefined;
  }
  const credentials = Bun.file(kept.credentialsFile);
  const files = {
    settings: kept.settingsFile === "" ? "" : await textOf(kept.settingsFile, kept.settingsBytes),
    credentialsBytes: credentials.size,
    credentialsWrittenAt: Math.floor(credentials.lastModified),
  };
  return isStillRight(kept, question, Date.now(), files) ? kept.stdout : undefined;
}

/**
 * The text of a file, the cheapest way that there is. Only for one that is not cut short meanwhile, which kills the process
 * (SIGBUS). `undefined` for what cannot be mapped, such as no file at all, or opened for writing: on a disk that can only
 * be read, the long way answers.
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
 * A file that nobody has written to for a while is mapped. One that somebody may just be writing is not: an editor killed 5
 * of 400 runs beside it. The first piece of a stream is read on this thread, too, and costs 0.1 of an empty run more;
 * docs/decisions/0019-kept-answers.md has what other ways cost.
 */
async function textOf(path: string, bytes: number): Promise<string> {
  const file = Bun.file(path);
  // A longer one does not come in one piece, and is not kept.
  if (file.size !== bytes) {
    return "\n";
  }
  if (bytes === 0) {
    return "";
  }
  if (Date.now() - file.lastModified > quietMilliseconds) {
    return mapped(path) ?? "\n";
  }
  const { value } = await file.stream().getReader().read();
  return value?.length === bytes ? new TextDecoder().decode(value) : "\n";
}
