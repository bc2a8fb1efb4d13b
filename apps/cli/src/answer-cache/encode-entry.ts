import type { CacheEntry, EntryMagic } from "./entry.ts";

const magic: EntryMagic = "tegata-entry-1";

/** More than any entry with its settings needs; the first file reads no more than that. */
export const maxEntryBytes = 131_072;

/** An entry as `decodeEntry` reads it. */
export function encodeEntry(entry: CacheEntry): string {
  const { key, credentialsFile, credentialsBytes, credentialsWrittenAt, freshFrom, freshUntil, expiresAt } = entry;
  const { settingsFile, settingsBytes, settingsOwner, settings, stdout } = entry;
  return [
    magic,
    key,
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
