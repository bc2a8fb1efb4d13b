import { readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { forgetDocuments, storedDocument, storedDocuments, patchDocument } from "./support/documents.ts";
import { endIdToken } from "./support/records.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
let places: Readonly<Record<"dev" | "plain", { readonly env: Record<string, string>; cache: string; state: string }>>;
beforeAll(async () => {
  world = await createWorld();
  const homes = await Promise.all([world.anotherHome(), world.anotherHome()]);
  const [dev, plain] = homes.map((env) => ({
    env,
    cache: `${env.HOME}/.cache/tegata`,
    state: `${env.HOME}/.local/state/tegata`,
  }));
  if (dev === undefined || plain === undefined) {
    throw new Error("there are two homes");
  }
  places = { dev, plain };
  await Promise.all([world.signIn("dev", { env: dev.env }), world.signIn("plain", { env: plain.env })]);
});
// The test before may have changed anything at the provider or on disk; each begins with tokens, keys and documents that hold.
beforeEach(async () => {
  await Promise.all([renew("dev"), renew("plain")]);
  world.sandbox.requests.clear();
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

/** What clients asked for, in order. */
const asked = () => world.sandbox.requests.all().flatMap(({ area, from }) => (from === "client" ? [area] : []));
const renew = async (profile: "dev" | "plain") => {
  const ended = await world.run(["credential-process", profile, "--fresh"], { env: places[profile].env });
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return credentialProcessOutput(ended);
};

describe.each(["dev", "plain"] as const)("a renewal of %s", (profile) => {
  it("asks for credentials alone, while the ID token lasts", async () => {
    await renew(profile);
    await renew(profile);
    expect(asked()).toEqual(["sts", "sts"]);
  });

  it("asks for a new ID token and credentials alone, once it has ended", async () => {
    await endIdToken(places[profile].state);
    await renew(profile);
    expect(asked()).toEqual(["token", "sts"]);
  });

  it("asks for the provider's new keys when it needs them, and not before", async () => {
    await world.sandbox.rotateKeys();
    await renew(profile);
    expect(asked(), "the old ID token and the old keys").toEqual(["sts"]);
    await endIdToken(places[profile].state);
    world.sandbox.requests.clear();
    await renew(profile);
    expect(asked()).toEqual(["token", "jwks", "sts"]);
    world.sandbox.requests.clear();
    await renew(profile);
    expect(asked(), "the new keys are kept").toEqual(["sts"]);
  });

  it("gets a new token when AWS does not find the key of the old one, which the provider has dropped", async () => {
    await world.sandbox.rotateKeys({ dropOld: true });
    await renew(profile);
    expect(asked()).toEqual(["sts", "jwks", "token", "sts"]);
  });

  it("finds the token endpoint again when its old address does not answer", async () => {
    await patchDocument(await storedDocument(places[profile].cache, "discovery"), {
      token_endpoint: "http://127.0.0.1:1/token",
    });
    await endIdToken(places[profile].state);
    await renew(profile);
    expect(asked()).toEqual(["discovery", "token", "sts"]);
    await endIdToken(places[profile].state);
    world.sandbox.requests.clear();
    await renew(profile);
    expect(asked(), "it is healed").toEqual(["token", "sts"]);
  });

  it("finds the token endpoint again when its old address answers 404", async () => {
    const kept = await storedDocument(places[profile].cache, "discovery");
    const old = new URL("/moved", kept.record.url).href;
    await patchDocument(kept, { token_endpoint: old });
    await endIdToken(places[profile].state);
    await renew(profile);
    expect(asked()).toEqual(["pages", "discovery", "token", "sts"]);
  });

  it("finds the key set again when it has moved", async () => {
    await patchDocument(await storedDocument(places[profile].cache, "discovery"), {
      jwks_uri: "http://127.0.0.1:1/jwks",
    });
    await renew(profile);
    expect(asked()).toEqual(["discovery", "sts"]);
  });

  it.each([
    ["garbage", (text: string) => text.slice(0, 40)],
    ["empty", () => ""],
    ["of another version", (text: string) => text.replace('"version":1', '"version":2')],
    ["of another address", (text: string) => text.replace('"url":"http', '"url":"https')],
    ["a document that is no document", (text: string) => text.replace(/"body":"(?:\\.|[^"\\])*"/, '"body":"[]"')],
    ["from the future", (text: string) => text.replace(/"readAt":\d+/, `"readAt":${Date.now() + 3_600_000}`)],
    ["a week old", (text: string) => text.replace(/"readAt":\d+/, `"readAt":${Date.now() - 7 * 86_400_000}`)],
  ])("replaces cached documents that are %s", async (_what, spoil) => {
    for (const { path } of await storedDocuments(places[profile].cache)) {
      await writeFile(path, spoil(await readFile(path, "utf8")));
    }
    await renew(profile);
    expect(asked()).toEqual(["discovery", "jwks", "sts"]);
    world.sandbox.requests.clear();
    await renew(profile);
    expect(asked(), "what was read has replaced them").toEqual(["sts"]);
  });

  it("does not use another provider's document that lies where its own should", async () => {
    const other = profile === "dev" ? "plain" : "dev";
    const own = await storedDocument(places[profile].cache, "discovery");
    const foreign = await storedDocument(places[other].cache, "discovery");
    await writeFile(own.path, JSON.stringify({ ...own.record, body: foreign.record.body }));
    await endIdToken(places[profile].state);
    await renew(profile);
    expect(asked()).toEqual(["discovery", "token", "sts"]);
  });

  it("does not trust an endpoint of a cached document that it would not trust in a new one", async () => {
    await patchDocument(await storedDocument(places[profile].cache, "discovery"), {
      token_endpoint: "http://idp.example/token",
    });
    await endIdToken(places[profile].state);
    await renew(profile);
    expect(asked()).toEqual(["discovery", "token", "sts"]);
  });

  it("does not send a refresh token again, to the same address, when its response was lost", async () => {
    await endIdToken(places[profile].state);
    world.sandbox.faults.set({ kind: "reset", area: "token", times: 1 });
    const ended = await world.run(["credential-process", profile, "--fresh"], { env: places[profile].env });
    expect(ended).toMatchObject({ status: 6, stdout: "" });
    expect(asked()).toEqual(["token", "discovery"]);
    await renew(profile);
  });
});

it("a sign-in reads the documents, although they are cached", async () => {
  const { env } = places.dev;
  await world.signIn("dev", { env });
  expect(asked().filter((area) => area === "discovery" || area === "jwks")).toEqual(["discovery", "jwks"]);
});

it("cached documents can be read by their owner alone, and are forgotten by logout", async () => {
  const { env, cache } = places.plain;
  await world.signIn("plain", { env });
  const kept = await storedDocuments(cache);
  expect(kept).toHaveLength(2);
  for (const { path } of kept) {
    expect((await stat(path)).mode & 0o7777).toBe(0o600);
  }
  expect((await world.run(["logout", "plain"], { env })).status).toBe(0);
  expect(await storedDocuments(cache)).toEqual([]);
  await world.signIn("plain", { env });
  expect((await world.run(["logout", "--all"], { env })).status).toBe(0);
  expect(await storedDocuments(cache)).toEqual([]);
  await world.signIn("plain", { env });
});

it("a folder without documents is no obstacle to a renewal", async () => {
  await forgetDocuments(places.plain.cache);
  await renew("plain");
  expect(asked()).toEqual(["discovery", "jwks", "sts"]);
});
