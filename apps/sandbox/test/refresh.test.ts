import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../src/index.ts";
import { discover, like, post, refresh, signIn, tokensOf } from "./world.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ intervalSeconds: 1 });
});
afterAll(() => sandbox.close());

describe.each([
  { face: "oidc" as const, status: 400, text: like(/./) },
  { face: "auth0" as const, status: 403, text: "Unknown or invalid refresh token." },
])("refresh token at $face", ({ face, status, text }) => {
  const dead = { status, json: { error: "invalid_grant", error_description: text } };

  it("is rotated, and brings a new ID token", async () => {
    const first = await signIn(sandbox, face);
    const second = tokensOf(await refresh(sandbox, face, first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.id_token.split(".")).toHaveLength(3);
    expect((await refresh(sandbox, face, second.refresh_token)).status).toBe(200);
  });

  it("kills the whole family when an old one is used again", async () => {
    const first = await signIn(sandbox, face);
    const second = tokensOf(await refresh(sandbox, face, first.refresh_token));
    expect(await refresh(sandbox, face, first.refresh_token)).toMatchObject(dead);
    expect(await refresh(sandbox, face, second.refresh_token)).toMatchObject(dead);
  });

  it("is rotated by a request whose response is lost: the old one is reuse from then on", async () => {
    const first = await signIn(sandbox, face);
    sandbox.requests.clear();
    sandbox.faults.set({ kind: "loseResponse", area: "token", face, times: 1 });
    await expect(refresh(sandbox, face, first.refresh_token)).rejects.toThrow(/fetch failed/);
    const lost = sandbox.requests.all().filter(({ area }) => area === "token");
    expect(lost).toMatchObject([{ operation: "refresh_token", status: 0 }]);
    expect(await refresh(sandbox, face, first.refresh_token)).toMatchObject(dead);
  });

  it("is dead once revoked", async () => {
    const { refresh_token: token } = await signIn(sandbox, face);
    const { revocation_endpoint: url } = await discover(sandbox, face);
    expect((await post(url, { client_id: sandbox[face].clientId, token })).status).toBe(200);
    expect(await refresh(sandbox, face, token)).toMatchObject(dead);
    expect((await post(url, { client_id: sandbox[face].clientId, token: "never-issued" })).status).toBe(200);
  });

  it("is refused when nobody ever issued it", async () => {
    expect(await refresh(sandbox, face, "never-issued")).toMatchObject(dead);
  });
});

it("a refresh token outlives a change of the signing keys", async () => {
  const [one, other] = [await signIn(sandbox, "oidc"), await signIn(sandbox, "auth0")];
  await sandbox.rotateKeys({ dropOld: true });
  expect((await refresh(sandbox, "oidc", one.refresh_token)).status).toBe(200);
  expect((await refresh(sandbox, "auth0", other.refresh_token)).status).toBe(200);
});
