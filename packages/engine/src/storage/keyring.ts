import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@tegata/core";
import * as v from "valibot";
import { keyringReply, keyringWord, readyLine, type KeyringReply, type KeyringRequest } from "./keyring-protocol.ts";

/** What a keyring said, or why it said nothing: see {@link keyringReply}. */
export type KeyringResult<Value> =
  | { readonly kind: "done"; readonly value: Value }
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "trouble"; readonly reason: string };

/** The operating system's keyring: keys of 32 bytes, by ids of 32 hex digits, and what a person has put there. Nothing here rejects. */
export interface Keyring {
  /** `undefined` when there is no such key. */
  read(id: string): Promise<KeyringResult<Uint8Array | undefined>>;
  /** Kept for good, and read back, when it is answered. */
  write(id: string, key: Uint8Array): Promise<KeyringResult<undefined>>;
  /** Keys that are not there are no trouble. */
  remove(ids: readonly string[]): Promise<KeyringResult<undefined>>;
  /** What a person has stored there; `undefined` when there is no such entry. */
  secret(service: string, account: string): Promise<KeyringResult<string | undefined>>;
}

export interface KeyringOptions {
  /** The words that start this program again; `undefined` where that cannot be done. */
  readonly self: readonly [string, ...string[]] | undefined;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A folder that only its owner can write to: the compiled binary unpacks the native library there. */
  readonly folder: string;
}

/** How long the keyring may take. It is short, because a person may have to unlock it first: signing in again is faster. */
const keyringLimitMilliseconds = 2000;
/** How long the program may take to start, which no keyring can delay: a busy machine does not mean that the keyring hangs. */
const startLimitMilliseconds = 8000;

/**
 * The operating system's keyring, asked by a process of its own that is killed at the limit: the native library blocks
 * its thread, so that no timer and no worker could end a call that hangs.
 */
export function createKeyring(options: KeyringOptions): Keyring {
  const ask = async (request: KeyringRequest): Promise<KeyringReply> => {
    const { self } = options;
    if (self === undefined) {
      return { kind: "missing", reason: "this runtime cannot use a keyring" };
    }
    if (!hasSession(options)) {
      return { kind: "missing", reason: "there is no D-Bus session" };
    }
    return exchange(self, JSON.stringify(request), options);
  };
  return {
    read: async (id) => {
      const reply = await ask({ do: "read", id });
      return reply.kind === "done"
        ? { kind: "done", value: reply.key === undefined ? undefined : Buffer.from(reply.key, "hex") }
        : reply;
    },
    write: async (id, key) => withoutValue(await ask({ do: "write", id, key: Buffer.from(key).toString("hex") })),
    remove: async (ids) => withoutValue(await ask({ do: "remove", ids: [...ids] })),
    secret: async (service, account) => {
      const reply = await ask({ do: "secret", service, account });
      return reply.kind === "done" ? { kind: "done", value: reply.secret } : reply;
    },
  };
}

function withoutValue(reply: KeyringReply): KeyringResult<undefined> {
  return reply.kind === "done" ? { kind: "done", value: undefined } : reply;
}

/** Servers and CI runners have no session bus: there, nothing is started to find out. */
function hasSession({ platform, env }: KeyringOptions): boolean {
  if (platform === "darwin" || platform === "win32") {
    return true;
  }
  const runtimeFolder = env["XDG_RUNTIME_DIR"] ?? "";
  return (
    (env["DBUS_SESSION_BUS_ADDRESS"] ?? "") !== "" || (runtimeFolder !== "" && existsSync(join(runtimeFolder, "bus")))
  );
}

function exchange(
  [program, ...args]: readonly [string, ...string[]],
  request: string,
  { env, clock, signal, folder, platform }: KeyringOptions,
): Promise<KeyringReply> {
  const inherited = Object.entries(env).filter(([name]) => !name.startsWith("NAPI_RS_"));
  // Bun unpacks the native library under a name that can be foretold: not where others may write, as in /tmp.
  const temporaryFolder = platform === "win32" ? {} : { TMPDIR: folder, BUN_TMPDIR: folder };
  const child = spawn(program, [...args, keyringWord], {
    env: { ...Object.fromEntries(inherited), ...temporaryFolder },
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
  });
  return new Promise((resolve) => {
    const done = new AbortController();
    const finish = (reply: KeyringReply) => {
      resolve(reply);
      done.abort();
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.stdin.destroy();
      child.unref();
    };
    const giveUpAfter = (milliseconds: number, until: AbortSignal, reason: string) => {
      const waiting = clock.sleep(milliseconds, AbortSignal.any([until, done.signal, signal]));
      // Aborted: it went on, it is over, or Ctrl-C, which anyone who waits for the answer learns by itself.
      waiting.then(
        () => finish({ kind: "trouble", reason }),
        () => {
          if (signal.aborted) {
            finish({ kind: "trouble", reason: "interrupted" });
          }
        },
      );
    };
    const isReady = new AbortController();
    giveUpAfter(startLimitMilliseconds, isReady.signal, "the process that asks the keyring did not start in time");
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (!isReady.signal.aborted && output.startsWith(readyLine)) {
        isReady.abort();
        const seconds = keyringLimitMilliseconds / 1000;
        giveUpAfter(keyringLimitMilliseconds, done.signal, `the keyring did not answer within ${seconds} s`);
      }
    });
    child.once("error", () =>
      finish({ kind: "missing", reason: "the process that asks the keyring cannot be started" }),
    );
    child.once("close", () => finish(replyIn(output)));
    child.stdin.on("error", () => undefined);
    child.stdin.end(request);
  });
}

function replyIn(output: string): KeyringReply {
  const failed: KeyringReply = { kind: "trouble", reason: "the process that asks the keyring failed" };
  try {
    const parsed = v.safeParse(keyringReply, JSON.parse(output.slice(readyLine.length)));
    return output.startsWith(readyLine) && parsed.success ? parsed.output : failed;
  } catch {
    return failed;
  }
}
