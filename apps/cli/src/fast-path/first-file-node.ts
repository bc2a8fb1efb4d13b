/** The first file on Node and Deno: what `first-file-bun.ts` is for a compiled binary. */
import { readFileSync, readlinkSync, statSync, writeSync } from "node:fs";
import type { FirstFileProgram } from "./first-file.ts";
import {
  decodeHotAnswer,
  mayDependOnShell,
  hotFileOf,
  isOwn,
  isPartOfQuestion,
  judgeAnswer,
  questionOf,
  shellOf,
} from "./hot-answer.ts";
import type { FoundAnswer } from "./renewal-claim.ts";

/** Runs a program to its end. */
export async function runFirstFile(program: FirstFileProgram): Promise<void> {
  const args = process.argv.slice(2);
  const uid = process.getuid?.() ?? -1;
  const shell = mayDependOnShell(args, process.env) ? shellThatAsks() : "";
  const question = questionOf(program.id ?? "", args, process.env, uid, shell);
  const hotFile = program.id === undefined ? undefined : hotFileOf(question, process.env, process.platform);
  let answer: string | undefined;
  let release: (() => void) | undefined;
  if (args[0] === "--version" || args[0] === "completion" || args[0] === "hook") {
    answer = await program.plainAnswer(args);
  } else if (hotFile !== undefined) {
    const found = lookAt(hotFile, question, uid);
    answer = found?.state === "right" ? found.stdout : undefined;
    if (found !== undefined && answer === undefined) {
      const { claimRenewal } = await import("./renewal-claim.ts");
      const look = async () => lookAt(hotFile, question, uid);
      ({ stdout: answer, release } = await claimRenewal(hotFile, found, look));
    }
  }
  if (answer === undefined) {
    const { run } = await program.load();
    process.exitCode = await run(args, { question, hotFile, shell, holdsVariable: isPartOfQuestion });
    release?.();
  } else {
    const rest = write(new TextEncoder().encode(answer));
    if (rest.length > 0) {
      const { finishWriting } = await program.load();
      process.exitCode = await finishWriting(rest);
    }
  }
}

/** A kept answer that may be worth something; `undefined` where the long way has to answer. */
function lookAt(hotFile: string, question: string, uid: number): FoundAnswer | undefined {
  const file = statOf(hotFile);
  const kept = file === undefined || !isOwn(file, uid) ? undefined : decodeHotAnswer(textOf(hotFile, file.size));
  if (kept === undefined) {
    return undefined;
  }
  const credentials = statOf(kept.credentialsFile);
  const state = judgeAnswer(kept, question, Date.now(), {
    settings: kept.settingsFile === "" ? "" : textOf(kept.settingsFile, kept.settingsBytes),
    credentialsBytes: credentials?.size ?? 0,
    credentialsWrittenAt: Math.floor(credentials?.mtimeMs ?? 0),
  });
  return state === "other" ? undefined : { state, stdout: kept.stdout };
}

/** Empty where no process tells what it runs: then what depends on it is not kept. */
function shellThatAsks(): string {
  try {
    return shellOf(readlinkSync(`/proc/${process.ppid}/exe`));
  } catch {
    return "";
  }
}

/** `undefined` for what is not a regular file, or cannot be looked at: the long way says why. */
function statOf(path: string) {
  try {
    const stats = statSync(path);
    return stats.isFile() ? stats : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a file of that size; a line break, which is nobody's settings, for any other. */
function textOf(path: string, bytes: number): string {
  const size = statOf(path)?.size ?? 0;
  try {
    return size !== bytes ? "\n" : bytes === 0 ? "" : new TextDecoder().decode(readFileSync(path));
  } catch {
    return "\n";
  }
}

/** What could not be written at once: a full pipe takes no more, a closed one nothing. */
function write(bytes: Uint8Array): Uint8Array {
  try {
    return bytes.subarray(writeSync(1, bytes));
  } catch {
    return bytes;
  }
}
