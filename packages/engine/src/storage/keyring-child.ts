import { text } from "node:stream/consumers";
import * as v from "valibot";
import {
  keyringReply,
  keyringRequest,
  keyringService,
  readyLine,
  type KeyringReply,
  type KeyringRequest,
} from "./keyring-protocol.ts";

/** The part of the native library that is used; a test passes its own. */
export interface NativeKeyring {
  readonly Entry: new (
    service: string,
    account: string,
    options: { linux: { store: "secret-service" } },
  ) => NativeEntry;
}

/**
 * What `tools/compile` puts here: the path of the native library for the binary's system, or nothing where it was not
 * there. Anywhere else nobody defines it.
 */
declare const TEGATA_KEYRING_LIBRARY: string;

/** Of the bundler: an `import()` of what is no literal yet is rewritten by tsc, so that nothing would be embedded. */
declare const require: (path: string) => unknown;

/**
 * The library's own loader tries one name after the other, and in a compiled binary Bun looks for each that is not embedded
 * in the `node_modules` of whichever folder the person is in: so the binary holds the one right file, and no loader.
 */
async function loadNative(): Promise<NativeKeyring> {
  if (typeof TEGATA_KEYRING_LIBRARY === "undefined") {
    return import("@napi-rs/keyring");
  }
  if (TEGATA_KEYRING_LIBRARY !== "") {
    return v.parse(nativeLibrary, require(TEGATA_KEYRING_LIBRARY));
  }
  throw new Error("nothing is embedded");
}

const nativeLibrary = v.object({ Entry: v.custom<NativeKeyring["Entry"]>((value) => typeof value === "function") });

interface NativeEntry {
  getSecret(): readonly number[] | null;
  /** As text in the encoding that the system's own programs store: UTF-16 on Windows, UTF-8 elsewhere. */
  getPassword(): string | null;
  setSecret(secret: Uint8Array): void;
  deleteCredential(): boolean;
}

/**
 * Serves one keyring request and ends. This is a process of its own because the native library blocks its thread for as
 * long as a D-Bus is silent or a dialog is open, and nothing but the end of the process ends that: the process that started it
 * kills it at the limit.
 */
export async function serveKeyring(
  input: string,
  write: (text: string) => Promise<void>,
  load: () => Promise<NativeKeyring> = loadNative,
): Promise<void> {
  const request = v.parse(keyringRequest, JSON.parse(input));
  let native: NativeKeyring;
  try {
    native = await load();
  } catch {
    await write(`${readyLine}${JSON.stringify(nothingToLoad)}`);
    return;
  }
  await write(readyLine);
  await write(JSON.stringify(v.parse(keyringReply, serve(request, native))));
}

const nothingToLoad: KeyringReply = {
  kind: "missing",
  reason: `there is no part for keyrings of ${process.platform} ${process.arch} here`,
};

function serve(request: KeyringRequest, native: NativeKeyring): KeyringReply {
  // Left alone, the library takes the kernel's keyring when there is no Secret Service: that one forgets at every logout.
  const options = { linux: { store: "secret-service" } } as const;
  let entries: readonly NativeEntry[];
  try {
    entries = placesOf(request).map(([service, account]) => new native.Entry(service, account, options));
  } catch {
    return { kind: "missing", reason: "no keyring answers in this session" };
  }
  try {
    for (const entry of entries) {
      if (request.do === "remove") {
        entry.deleteCredential();
        continue;
      }
      if (request.do === "secret") {
        const secret = entry.getPassword();
        return secret === null ? { kind: "done" } : { kind: "done", secret };
      }
      if (request.do === "write") {
        entry.setSecret(Buffer.from(request.key, "hex"));
      }
      const found = entry.getSecret();
      const key = found === null ? undefined : Buffer.from(found).toString("hex");
      if (request.do === "write" && key !== request.key) {
        return { kind: "trouble", reason: "the keyring did not store the key" };
      }
      return key === undefined || key.length === 64 ? { kind: "done", key } : { kind: "done" };
    }
    return { kind: "done" };
  } catch {
    return { kind: "trouble", reason: "the keyring is locked, or refuses" };
  }
}

function placesOf(request: KeyringRequest): readonly (readonly [service: string, account: string])[] {
  switch (request.do) {
    case "secret":
      return [[request.service, request.account]];
    case "remove":
      return request.ids.map((id) => [keyringService, id]);
    case "read":
    case "write":
      return [[keyringService, request.id]];
  }
}

/** All of stdin. */
export function readStdin(): Promise<string> {
  return text(process.stdin);
}
