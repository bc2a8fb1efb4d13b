import { describe, expect, it } from "vitest";
import { stepsOf } from "../../test/support/shown-steps.ts";
import type { NoKeyring, TokenStoreMode } from "../storage/token-store.ts";
import { tokenStoreCheck } from "./token-store-check.ts";

const found = async (mode: TokenStoreMode, trouble?: NoKeyring) => {
  const tokens = { mode: () => Promise.resolve(mode), probe: () => Promise.resolve(trouble) };
  return (await stepsOf(tokenStoreCheck.run({ tokens, hasHome: true, found: { warnings: [] } })))[0];
};
const missing = { kind: "missing", reason: "there is no D-Bus session" } as const;
const trouble = { kind: "trouble", reason: "it did not answer within 2 s" } as const;

describe("the check of the token store", () => {
  it.each<[mode: TokenStoreMode, keyring: NoKeyring | undefined, state: string, message: RegExp]>([
    ["auto", undefined, "ok", /^a file that the keyring encrypts$/],
    ["auto", missing, "ok", /only this user can read, as the keyring cannot be used: there is no D-Bus session$/],
    ["auto", trouble, "warning", /it did not answer within 2 s$/],
    ["keyring", missing, "failed", /^the keyring cannot be used: there is no D-Bus session$/],
    ["keyring", undefined, "ok", /the keyring encrypts/],
    ["file", trouble, "ok", /as it is set$/],
    ["none", trouble, "ok", /^none: /],
  ])("with the setting %s and a keyring that is %o gives the state %s", async (mode, keyring, state, message) => {
    const step = await found(mode, keyring);
    expect(step?.["state"]).toBe(state);
    expect(step?.["message"]).toMatch(message);
  });

  it("asks no keyring that nobody wants", async () => {
    const tokens = { mode: () => Promise.resolve("file" as const), probe: () => Promise.reject(new Error("asked")) };
    await expect(
      stepsOf(tokenStoreCheck.run({ tokens, hasHome: true, found: { warnings: [] } })),
    ).resolves.toHaveLength(1);
  });
});
