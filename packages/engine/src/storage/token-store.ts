import { hint, inWords, or, plainVocabulary, setting, TegataError, words, type Words } from "@tegata/core";
import type { Keyring } from "./keyring.ts";
import { absent, type Loaded } from "../files/private-record.ts";
import {
  keyBytes,
  type RandomBytes,
  randomBytes,
  seal,
  type Sealed,
  type SessionSecrets,
  unseal,
} from "./token-store-seal.ts";

/** `token_store`. */
export type TokenStoreMode = "auto" | "keyring" | "file" | "none";

/** Secrets whose key is stored in the keyring under `keyId`. */
export interface SealedSecrets extends Sealed {
  readonly keyId: string;
}

/** What is stored of a session now. */
export interface StoredNow {
  /** Of sealed secrets. */
  readonly keyId: string | undefined;
  readonly isPlain: boolean;
}

/** Decides in which shape a session's secrets are stored, and says so. What is there is read what the setting is. */
export interface TokenStore {
  mode(): Promise<TokenStoreMode>;
  /** @throws TegataError `storage_unreadable` where a keyring is required and there is none */
  prepare(): Promise<void>;
  /** Why the keyring cannot be used; `undefined`: it can. What the setting is makes no difference. */
  probe(): Promise<NoKeyring | undefined>;
  /** Secrets that cannot be read are absent. */
  open(sealed: SealedSecrets, owner: string): Promise<Loaded<SessionSecrets>>;
  /** @throws TegataError `storage_unwritable` where a keyring is required and does not take the key */
  seal(
    secrets: SessionSecrets,
    owner: string,
    now: StoredNow,
  ): Promise<{ readonly kind: "sealed"; readonly sealed: SealedSecrets } | { readonly kind: "plain" | "nothing" }>;
  /** Never in the way: a key whose file is gone opens nothing but copies of it. */
  forgetKeys(ids: readonly string[]): Promise<void>;
}

interface TokenStoreOptions {
  readonly mode: () => Promise<TokenStoreMode>;
  /** Whether the administrator of the machine has fixed it: then nobody is told to choose another. Left out: nobody has. */
  readonly isFixed?: () => Promise<boolean>;
  /** A function: loaded only when it is needed. */
  readonly keyring: () => Promise<Keyring>;
  /** What a person should know. */
  readonly say: (line: string | Words) => void;
  /** What went wrong without stopping anything. */
  readonly warn: (line: string | Words) => void;
  readonly random?: RandomBytes;
}

/** The store of a folder that is used without a keyring. */
export const plainTokenStore = createTokenStore({
  mode: () => Promise.resolve("file"),
  keyring: () => Promise.reject(new TegataError("internal", "there is no keyring")),
  say: () => undefined,
  warn: () => undefined,
});

/** An id that no key has. */
const probeId = "0".repeat(32);

type KeyFound =
  | { readonly kind: "found"; readonly id: string; readonly key: Uint8Array }
  | { readonly kind: "lost" }
  | NoKeyring;

/** `missing`: this machine has none; `trouble`: it does not do what it is asked. */
export interface NoKeyring {
  readonly kind: "missing" | "trouble";
  readonly reason: string;
}

export function createTokenStore(options: TokenStoreOptions): TokenStore {
  const { mode, isFixed, keyring, say, warn, random = randomBytes } = options;
  /** What this process has learnt: a keyring is asked once, and one that hangs is not waited for again. */
  const known = new Map<string, Uint8Array>();
  let unusable: NoKeyring | undefined;
  const said = new Set<string>();
  const once = (tell: (line: string | Words) => void, line: string | Words) => {
    const text = inWords(line, plainVocabulary);
    if (!said.has(text)) {
      said.add(text);
      tell(line);
    }
  };

  const readKey = async (id: string): Promise<KeyFound> => {
    const key = known.get(id);
    if (key !== undefined) {
      return { kind: "found", id, key };
    }
    if (unusable !== undefined) {
      return unusable;
    }
    const result = await (await keyring()).read(id);
    if (result.kind !== "done") {
      unusable = result;
      return result;
    }
    if (result.value?.length !== keyBytes) {
      return { kind: "lost" };
    }
    known.set(id, result.value);
    return { kind: "found", id, key: result.value };
  };

  const newKey = async (): Promise<KeyFound> => {
    if (unusable !== undefined) {
      return unusable;
    }
    // A key of its own for each session, written once and never over another: two processes cannot take each other's.
    const id = Buffer.from(random(16)).toString("hex");
    const key = random(keyBytes);
    const result = await (await keyring()).write(id, key);
    if (result.kind !== "done") {
      unusable = result;
      return result;
    }
    known.set(id, key);
    return { kind: "found", id, key };
  };

  const advice = async () =>
    (await isFixed?.()) === true
      ? [hint`unlock it`, or`ask the administrator`]
      : [hint`unlock it`, or`keep the sign-in in a file: ${setting("token_store", "file")}`];

  const probe = async () => {
    const probed = await readKey(probeId);
    return probed.kind === "missing" || probed.kind === "trouble" ? probed : undefined;
  };

  return {
    mode,
    probe,
    prepare: async () => {
      if ((await mode()) === "keyring") {
        const probed = await probe();
        if (probed !== undefined) {
          throw new TegataError("storage_unreadable", `the keyring cannot be used: ${probed.reason}`, {
            hint: await advice(),
          });
        }
      }
    },
    open: async ({ keyId, ...sealed }, owner) => {
      const found = await readKey(keyId);
      if (found.kind === "lost") {
        return absent("its key is not in the keyring any more");
      }
      if (found.kind !== "found") {
        once(warn, `the stored sign-in cannot be read: ${found.reason}`);
        return { ...absent(found.reason), awaitsKeyring: true };
      }
      const secrets = await unseal(sealed, found.key, owner);
      return secrets === undefined
        ? absent("the key in the keyring does not open it")
        : { kind: "found", record: secrets };
    },
    seal: async (secrets, owner, now) => {
      const wanted = await mode();
      if (wanted === "none") {
        once(
          say,
          words`the sign-in is not stored (${setting("token_store")} is none): once the credentials end, you have to sign in again`,
        );
        return { kind: "nothing" };
      }
      if (wanted === "file") {
        return { kind: "plain" };
      }
      const kept = now.keyId === undefined ? undefined : await readKey(now.keyId);
      const found = kept === undefined || kept.kind === "lost" ? await newKey() : kept;
      if (found.kind === "found") {
        return { kind: "sealed", sealed: { keyId: found.id, ...(await seal(secrets, found.key, owner, random)) } };
      }
      const reason = found.kind === "lost" ? "it lost the key" : found.reason;
      if (wanted === "keyring") {
        throw new TegataError("storage_unwritable", `the keyring cannot be used: ${reason}`, { hint: await advice() });
      }
      // A machine without a keyring is told so at its first sign-in; a keyring that fails, every time.
      if (found.kind === "trouble" || !now.isPlain) {
        once(
          found.kind === "trouble" ? warn : say,
          `the sign-in is stored in a file that only you can read, not in the keyring: ${reason}`,
        );
      }
      return { kind: "plain" };
    },
    forgetKeys: async (ids) => {
      if (ids.length === 0) {
        return;
      }
      const result = unusable ?? (await (await keyring()).remove(ids));
      if (result.kind !== "done") {
        once(warn, `the key of the forgotten sign-in stays in the keyring: ${result.reason}`);
      }
    },
  };
}
