import type { CacheEntry, EntryMagic } from "./entry.ts";

const magic: EntryMagic = "tegata-entry-2";

/** More than an entry with its settings needs, of a company with a thousand profiles too; the first file reads no more than that. */
export const maxEntryBytes = 262_144;

/** An entry as `decodeEntry` reads it. */
export function encodeEntry(entry: CacheEntry): string {
  const { key, credentialsFile, credentialsBytes, credentialsWrittenAt, freshFrom, freshUntil, expiresAt } = entry;
  const { settings, stdout } = entry;
  return [
    magic,
    key,
    credentialsFile,
    credentialsBytes,
    credentialsWrittenAt,
    freshFrom,
    freshUntil,
    expiresAt,
    ...settings.flatMap(({ path, bytes, owner, text }) => [path, bytes, owner, text.length]),
    stdout.length,
    settings.map(({ text }) => text).join("") + stdout,
  ].join("\n");
}
