import { absent } from "../../src/files/private-record.ts";
import type { CredentialsCache, CredentialsKey, CredentialsRecord } from "../../src/storage/credentials-cache.ts";
import { generationOf, type SessionRecord, type SessionStore } from "../../src/storage/session-store.ts";

/** What is stored, without a disk: as quick as the simulated time. What files do to it has tests of its own. */
interface MemoryStore {
  readonly cache: CredentialsCache;
  readonly sessions: SessionStore;
  /** Everything that is stored now. */
  names(): readonly string[];
}

const half = (key: string) => key.slice(0, 32);
const nameOf = ({ session, digest }: CredentialsKey) => `${half(session)}.${half(digest)}`;

function drop(map: Map<string, unknown>, isMeant: (name: string) => boolean): number {
  const names = [...map.keys()].filter(isMeant);
  names.forEach((name) => map.delete(name));
  return names.length;
}

export function memoryStore(): MemoryStore {
  const records = new Map<string, { readonly key: CredentialsKey; readonly record: CredentialsRecord }>();
  const generations = new Map<string, string>();
  const sessions = new Map<string, SessionRecord>();
  const load = (key: CredentialsKey) => {
    const found = records.get(nameOf(key));
    return found === undefined ? absent("there is no record yet") : ({ kind: "found", record: found.record } as const);
  };
  const loadSession = (key: string) => {
    const found = sessions.get(half(key));
    return found === undefined ? absent("there is no record yet") : ({ kind: "found", record: found } as const);
  };
  return {
    names: () => [...records.keys(), ...generations.keys(), ...sessions.keys()],
    cache: {
      pathOf: () => undefined,
      load: async (key) => load(key),
      inspect: () => Promise.resolve(undefined),
      store: async (key, record) => void records.set(nameOf(key), { key, record }),
      loadGeneration: async (session) => generations.get(half(session)),
      storeGeneration: async (session, generation) => void generations.set(half(session), generation),
      forgetSession: async (session) => {
        drop(generations, (name) => name === half(session));
        return drop(records, (name) => name.startsWith(half(session)));
      },
      forgetAll: async () => {
        generations.clear();
        return drop(records, () => true);
      },
      halfKeys: async () => [...records.values()].map(({ key }) => half(key.session)).concat(...generations.keys()),
      list: async () => [...records.values()].map(({ key, record }) => ({ key, ...record })),
    },
    sessions: {
      load: async (key) => loadSession(key),
      peek: async (key) => ({ tokenStore: sessions.has(half(key)) ? "file" : undefined, loaded: loadSession(key) }),
      identify: async (key) => {
        const found = sessions.get(half(key));
        return found && { issuer: found.issuer, subject: found.subject, generation: generationOf(found) };
      },
      save: async (key, record) => {
        sessions.set(half(key), record);
        return true;
      },
      forget: async (key) => sessions.delete(half(key)),
      forgetAll: async () => drop(sessions, () => true),
      list: () => Promise.resolve([]),
      isThere: async (key) => sessions.has(half(key)),
      halfKeys: async () => [...sessions.keys()],
      pathOf: () => undefined,
    },
  };
}
