import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * What this process was given when it was started, as the system tells it. The runtimes show arguments and variables as
 * text, in which bytes that are not UTF-8 are lost; and Bun closes what was open beyond the three standard streams.
 * Only Linux tells; elsewhere it is what the runtime shows.
 */

/** The last `words` of the command line, byte for byte. */
export function inheritedWords(words: readonly string[]): readonly Buffer[] {
  const all = nulSeparated("/proc/self/cmdline");
  const last = all.slice(all.length - words.length);
  const isAligned = words.length < all.length && all.at(-words.length - 1)?.equals(Buffer.from("--")) === true;
  return isAligned ? last : words.map((word) => Buffer.from(word));
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Variables with new values; `undefined`: to be unset. */
export type EnvironmentChanges = Variables;

/** The variables as `NAME=value`, byte for byte but for the changes. */
export function inheritedEnvironment(env: Variables, changes: EnvironmentChanges): readonly Buffer[] {
  const inherited = nulSeparated("/proc/self/environ");
  const entries = inherited.length > 0 ? inherited : entriesOf(env);
  const kept = entries.filter((entry) => !Object.hasOwn(changes, entry.toString("latin1").split("=", 1)[0] ?? ""));
  return [...kept, ...entriesOf(changes)];
}

function entriesOf(variables: Variables): Buffer[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [Buffer.from(`${name}=${value}`)],
  );
}

/**
 * The descriptors beyond the standard streams that the parent of this process left open for it: `<(…)` of a shell, the
 * job server of make. Has to be asked before this program opens anything.
 */
export function inheritedDescriptors(): readonly number[] {
  try {
    return readdirSync("/proc/self/fd")
      .map(Number)
      .filter((descriptor) => descriptor > 2 && isInherited(descriptor));
  } catch {
    return [];
  }
}

/** Not the runtime's own event loop, nor the folder that has just been listed. */
function isInherited(descriptor: number): boolean {
  try {
    return !readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("anon_inode:[event");
  } catch {
    return false;
  }
}

function nulSeparated(path: string): Buffer[] {
  try {
    // As text of one byte a character: Buffer has no split.
    const text = readFileSync(path).toString("latin1");
    return text === ""
      ? []
      : text
          .replace(/\0$/, "")
          .split("\0")
          .map((part) => Buffer.from(part, "latin1"));
  } catch {
    return [];
  }
}
