#!/usr/bin/env node
/** The program `tegata` on Node and Deno: gives a kept answer while it is right, and imports nothing else for it. */
import { readFileSync, statSync, writeSync } from "node:fs";
import { decodeHotAnswer, hotFileOf, isStillRight, questionOf } from "./fast-path/hot-answer.ts";

const args = process.argv.slice(2);
const question = questionOf("tegata", args, process.env, process.getuid?.() ?? -1);
const answer = hotAnswer();
if (answer === undefined) {
  const { run } = await import("./run.ts");
  process.exitCode = await run(args, question);
} else {
  const rest = write(new TextEncoder().encode(answer));
  if (rest.length > 0) {
    const { finishWriting } = await import("./run.ts");
    process.exitCode = await finishWriting(rest);
  }
}

function hotAnswer(): string | undefined {
  const hotFile = hotFileOf(question, process.env, process.platform);
  const kept = hotFile === undefined ? undefined : decodeHotAnswer(textOf(hotFile));
  if (kept === undefined) {
    return undefined;
  }
  const credentials = statSync(kept.credentialsFile, { throwIfNoEntry: false });
  const files = {
    settings: kept.settingsFile === "" ? "" : textOf(kept.settingsFile),
    credentialsBytes: credentials?.size ?? 0,
    credentialsWrittenAt: Math.floor(credentials?.mtimeMs ?? 0),
  };
  return isStillRight(kept, question, Date.now(), files) ? kept.stdout : undefined;
}

/** Empty for a file that is not there or cannot be read: the long way says why. */
function textOf(path: string): string {
  try {
    return new TextDecoder().decode(readFileSync(path));
  } catch {
    return "";
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
