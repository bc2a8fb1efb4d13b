#!/usr/bin/env node
/**
 * The program `tegata` on Node and Deno: gives a kept answer while it is right, or what needs no settings, and imports
 * nothing else for it.
 */
import { readFileSync, statSync, writeSync } from "node:fs";
import { decodeHotAnswer, hotFileOf, isOwn, isStillRight, questionOf } from "./fast-path/hot-answer.ts";

const args = process.argv.slice(2);
const uid = process.getuid?.() ?? -1;
const question = questionOf("tegata", args, process.env, uid);
const hotFile = hotFileOf(question, process.env, process.platform);
const answer =
  args[0] === "--version" || args[0] === "completion"
    ? (await import("./fast-path/plain-answer.ts")).plainAnswer(args)
    : hotAnswer();
if (answer === undefined) {
  const { run } = await import("./run.ts");
  process.exitCode = await run(args, { question, hotFile });
} else {
  const rest = write(new TextEncoder().encode(answer));
  if (rest.length > 0) {
    const { finishWriting } = await import("./run.ts");
    process.exitCode = await finishWriting(rest);
  }
}

function hotAnswer(): string | undefined {
  const file = hotFile === undefined ? undefined : statOf(hotFile);
  if (hotFile === undefined || file === undefined || !isOwn(file, uid)) {
    return undefined;
  }
  const kept = decodeHotAnswer(textOf(hotFile, file.size));
  if (kept === undefined) {
    return undefined;
  }
  const credentials = statOf(kept.credentialsFile);
  const files = {
    settings: kept.settingsFile === "" ? "" : textOf(kept.settingsFile, kept.settingsBytes),
    credentialsBytes: credentials?.size ?? 0,
    credentialsWrittenAt: Math.floor(credentials?.mtimeMs ?? 0),
  };
  return isStillRight(kept, question, Date.now(), files) ? kept.stdout : undefined;
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
