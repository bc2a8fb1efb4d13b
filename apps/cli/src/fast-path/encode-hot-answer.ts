import type { HotAnswer, HotMagic } from "./hot-answer.ts";

const magic: HotMagic = "tegata-hot-4";

/** What `Bun.file().stream()` gives in one piece, and more than any answer with its settings needs. */
export const maxHotBytes = 131_072;

/** An answer as `decodeHotAnswer` reads it. */
export function encodeHotAnswer(answer: HotAnswer): string {
  const { question, credentialsFile, credentialsBytes, credentialsWrittenAt, freshFrom, freshUntil, expiresAt } =
    answer;
  const { settingsFile, settingsBytes, settings, stdout } = answer;
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
    settings.length,
    stdout.length,
    settings + stdout,
  ].join("\n");
}
