import { expect, test } from "vitest";
import { serveKeyring, type NativeKeyring } from "./keyring-child.ts";

const id = "ab".repeat(16);
const key = "cd".repeat(32);

interface Options {
  readonly construct?: () => void;
  readonly set?: () => void;
  readonly get?: () => readonly number[] | null;
}

/** A library that keeps one secret an account, or does what the test wants instead. */
function fakeNative(
  kept: Map<string, Uint8Array>,
  { construct, set, get }: Options = {},
): () => Promise<NativeKeyring> {
  class Entry {
    readonly #account: string;
    constructor(service: string, account: string, options: unknown) {
      construct?.();
      expect(options).toEqual({ linux: { store: "secret-service" } });
      this.#account = service === "tegata" ? account : `${service}/${account}`;
    }
    getPassword() {
      const secret = kept.get(this.#account);
      return secret === undefined ? null : Buffer.from(secret).toString("utf8");
    }
    getSecret() {
      const secret = kept.get(this.#account);
      return get === undefined ? (secret === undefined ? null : [...secret]) : get();
    }
    setSecret(secret: Uint8Array) {
      set?.();
      kept.set(this.#account, secret);
    }
    deleteCredential() {
      return kept.delete(this.#account);
    }
  }
  return () => Promise.resolve({ Entry });
}

async function ask(request: unknown, load: () => Promise<NativeKeyring>): Promise<unknown> {
  let output = "";
  await serveKeyring(
    JSON.stringify(request),
    (text) => {
      output += text;
      return Promise.resolve();
    },
    load,
  );
  expect(output.startsWith("ready\n")).toBe(true);
  return JSON.parse(output.slice("ready\n".length));
}

const fail = (): never => {
  throw new Error(`a library's text, with ${key} in it`);
};

test("a key comes back after it was written, and is gone after it was removed", async () => {
  const native = fakeNative(new Map());
  expect(await ask({ do: "read", id }, native)).toEqual({ kind: "done" });
  expect(await ask({ do: "write", id, key }, native)).toEqual({ kind: "done", key });
  expect(await ask({ do: "read", id }, native)).toEqual({ kind: "done", key });
  expect(await ask({ do: "remove", ids: [id, "0".repeat(32)] }, native)).toEqual({ kind: "done" });
  expect(await ask({ do: "read", id }, native)).toEqual({ kind: "done" });
});

test.each([
  ["there is no native library", () => Promise.reject(new Error("no such module")), "missing", /^there is no part/],
  ["no keyring answers", fakeNative(new Map(), { construct: fail }), "missing", /^no keyring answers/],
  ["it is locked", fakeNative(new Map(), { set: fail }), "trouble", /^the keyring is locked, or refuses$/],
  ["it takes a key and forgets it", fakeNative(new Map(), { get: () => null }), "trouble", /did not store/],
] as const)(
  "%s: the response says so, and holds nothing of the library's text",
  async (_what, native, kind, reason) => {
    expect(await ask({ do: "write", id, key }, native)).toEqual({
      kind,
      reason: expect.stringMatching(reason) as unknown,
    });
  },
);

test("a secret that is no key, under tegata's name, counts as no key", async () => {
  const native = fakeNative(new Map([[id, new Uint8Array(5)]]));
  expect(await ask({ do: "read", id }, native)).toEqual({ kind: "done" });
});

test("what a person has stored there is read as text, and nothing where there is none", async () => {
  const native = fakeNative(new Map([["acme/backup", Buffer.from("gehe\u00efm")]]));
  expect(await ask({ do: "secret", service: "acme", account: "backup" }, native)).toEqual({
    kind: "done",
    secret: "gehe\u00efm",
  });
  expect(await ask({ do: "secret", service: "acme", account: "other" }, native)).toEqual({ kind: "done" });
});

test("a key of tegata's own is not given to anybody who asks for a secret", async () => {
  const native = fakeNative(new Map([[id, new Uint8Array(32)]]), { construct: fail });
  await expect(ask({ do: "secret", service: "tegata", account: id }, native)).rejects.toThrow("must be no key of ours");
});

test("an invalid request does not reach the keyring", async () => {
  await expect(ask({ do: "read", id: "../other" }, fakeNative(new Map(), { construct: fail }))).rejects.toThrow(
    "Invalid format",
  );
});
