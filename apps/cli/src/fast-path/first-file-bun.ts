/**
 * The first file of a compiled binary: gives a kept answer while it is right, or what needs no settings, and imports
 * nothing else for it. Loading `node:fs` alone would cost a quarter of an empty run, hence Bun's own calls;
 * `first-file-node.ts` is the same for Node and Deno.
 */
import type { FirstFileProgram } from "./first-file.ts";
import {
  decodeHotAnswer,
  mayDependOnShell,
  hotFileOf,
  isBelowHome,
  isOwn,
  isPartOfQuestion,
  judgeAnswer,
  questionOf,
  shellOf,
} from "./hot-answer.ts";
import type { FoundAnswer } from "./renewal-claim.ts";

/** The part of Bun that is used here. */
declare const Bun: {
  file(path: string): {
    readonly size: number;
    readonly lastModified: number;
    stat(): Promise<{ readonly uid: number; readonly mode: number }>;
    stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  };
  mmap(path: string): Uint8Array<ArrayBuffer>;
  write(target: unknown, text: string): Promise<number>;
  readonly stdout: unknown;
};

/** An editor that empties a file and writes it again is done long before. */
const quietMilliseconds = 10_000;

/** Runs a program to its end. */
export async function runFirstFile(program: FirstFileProgram): Promise<void> {
  const args = process.argv.slice(2);
  const uid = process.getuid?.() ?? -1;
  const shell = mayDependOnShell(args, process.env) ? await shellThatAsks() : "";
  const question = questionOf(program.id ?? "", args, process.env, uid, shell);
  const hotFile = program.id === undefined ? undefined : hotFileOf(question, process.env, process.platform);
  let answer: string | undefined;
  let release: (() => void) | undefined;
  if (args[0] === "--version" || args[0] === "completion" || args[0] === "hook") {
    answer = await program.plainAnswer(args);
  } else if (hotFile !== undefined) {
    const look = () => lookAt(hotFile, question, uid);
    const found = await look().catch(() => undefined);
    answer = found?.state === "right" ? found.stdout : undefined;
    if (found !== undefined && answer === undefined) {
      const { claimRenewal } = await import("./renewal-claim.ts");
      ({ stdout: answer, release } = await claimRenewal(hotFile, found, look));
    }
  }
  if (answer === undefined) {
    const { run } = await program.load();
    process.exitCode = await run(args, { question, hotFile, shell, holdsVariable: isPartOfQuestion });
    release?.();
  } else {
    await Bun.write(Bun.stdout, answer).catch(async (error: unknown) => {
      const { reportOutputFailure } = await program.load();
      process.exitCode = reportOutputFailure(error);
    });
  }
}

/** A kept answer that may be worth something; `undefined` where the long way has to answer. */
async function lookAt(hotFile: string, question: string, uid: number): Promise<FoundAnswer | undefined> {
  const text = mapped(hotFile);
  const kept = text === undefined ? undefined : decodeHotAnswer(text);
  if (kept === undefined) {
    return undefined;
  }
  // Whoever can write below the home folder can write `~/.aws/config` too. Elsewhere the file has to be one's own; only
  // another thread can tell, which costs 0.1 of an empty run.
  if (!isBelowHome(hotFile, process.env) && !isOwn(await Bun.file(hotFile).stat(), uid)) {
    return undefined;
  }
  const credentials = Bun.file(kept.credentialsFile);
  const state = judgeAnswer(kept, question, Date.now(), {
    settings: kept.settingsFile === "" ? "" : await textOf(kept.settingsFile, kept.settingsBytes),
    credentialsBytes: credentials.size,
    credentialsWrittenAt: Math.floor(credentials.lastModified),
  });
  return state === "other" ? undefined : { state, stdout: kept.stdout };
}

/** Empty where no process tells what it runs: then what depends on it is not kept. Loaded by `env` alone. */
async function shellThatAsks(): Promise<string> {
  const { readlinkSync } = await import("node:fs");
  try {
    return shellOf(readlinkSync(`/proc/${process.ppid}/exe`));
  } catch {
    return "";
  }
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
