import type { HotAnswer, HotMagic } from "./hot-answer.ts";

const magic: HotMagic = "tegata-hot-5";

/** More than any answer with its settings needs; the first file reads no more than that. */
export const maxHotBytes = 131_072;

/** An answer as `decodeHotAnswer` reads it. */
export function encodeHotAnswer(answer: HotAnswer): string {
  const { question, credentialsFile, credentialsBytes, credentialsWrittenAt, freshFrom, freshUntil, expiresAt } =
    answer;
  const { settingsFile, settingsBytes, settingsOwner, settings, stdout } = answer;
  return [
    magic,
    question,
    credentialsFile,
    credentialsBytes,
    credentialsWrittenAt,
    freshFrom,
    freshUntil,
    expiresAt,
    settingsFile,
    settingsBytes,
    settingsOwner,
    settings.length,
    stdout.length,
    settings + stdout,
  ].join("\n");
}
