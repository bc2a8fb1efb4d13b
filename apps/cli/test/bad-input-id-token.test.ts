import type { IdTokenFault } from "@tegata/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createWorldSignedIn,
  expectRefusal,
  inWorldOfItsOwn,
  keepingFiles,
  loginAtTerminal,
  type Refusal,
} from "./support/refusal.ts";
import { forgetDocuments } from "./support/documents.ts";
import type { World } from "./support/world.ts";

// The harness gives a program 20 s, and says what it printed: more than a test has by default.

let world: World;
beforeAll(async () => {
  world = await createWorldSignedIn("dev");
});
beforeEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

const seconds = Math.floor(Date.now() / 1000);
const spoilt: readonly (readonly [what: string, fault: IdTokenFault, code: string, error: Refusal["error"]])[] = [
  ["no ID token", { how: "missing" }, "id_token_missing", "answered without an ID token"],
  [
    "another audience",
    { how: "claims", claims: { aud: "someone-else" } },
    "id_token_invalid",
    'it is meant for "someone-else", not for the client id "tegata-cli"',
  ],
  [
    "several audiences, made for another",
    { how: "claims", claims: { aud: ["tegata-cli", "other"], azp: "other" } },
    "id_token_invalid",
    'its azp is "other", not "tegata-cli"',
  ],
  [
    "one audience, made for another",
    { how: "claims", claims: { azp: "other" } },
    "id_token_invalid",
    'it was made for another client: its azp is "other", not "tegata-cli"',
  ],
  [
    "an end before its beginning",
    { how: "claims", claims: { iat: seconds + 50, exp: seconds + 40 } },
    "id_token_invalid",
    "it ends (exp) before it begins (iat)",
  ],
  [
    "another issuer",
    { how: "claims", claims: { iss: "https://evil.example" } },
    "id_token_invalid",
    /its issuer is "https:\/\/evil\.example", not "http:\/\/127/,
  ],
  ["the past", { how: "claims", claims: { exp: seconds - 5 } }, "id_token_expired", /the ID token ended \d+ s ago/],
  [
    "the future",
    { how: "claims", claims: { iat: seconds + 900 } },
    "id_token_invalid",
    /its iat lies \d+ s in the future/,
  ],
  [
    "an end that no date can hold",
    { how: "claims", claims: { exp: Number.MAX_SAFE_INTEGER } },
    "id_token_invalid",
    "its claim exp is missing or of the wrong kind",
  ],
  ["no subject", { how: "claims", claims: {}, remove: ["sub"] }, "id_token_invalid", "its claim sub is missing"],
  [
    "more than AWS takes",
    { how: "claims", claims: { groups: "g".repeat(16_000) } },
    "id_token_invalid",
    "longer than the 20000 characters that AWS takes",
  ],
  ["a bad signature", { how: "badSignature" }, "id_token_signature_invalid", "the signature does not match"],
  ["no signature", { how: "algNone" }, "id_token_invalid", "its signature algorithm is none, and AWS takes only RS256"],
  ["a stranger's key", { how: "unknownKey" }, "id_token_signature_invalid", "no key of the issuer's key set fits it"],
];
const hints: Readonly<Record<string, RegExp>> = {
  id_token_missing: /check that the scope holds openid/,
  id_token_expired: /check the clock of this machine/,
  id_token_signature_invalid: /^try again; if it stays, tell the administrator/,
  id_token_invalid: /client_id|issuer|clock|administrator|fewer claims|RS256|an ID token, not an access token/,
};

it.concurrent.each(spoilt)("a sign-in that gave %s leaves nothing behind", async (_what, fault, code, error) => {
  await inWorldOfItsOwn(async (own) => {
    own.sandbox.faults.set({ kind: "idToken", fault });
    const ended = await loginAtTerminal(own, ["plain", "--error-format=json"]);
    expectRefusal(ended, { status: 6, code, error, hint: hints[code] ?? "" }, own);
    expect(await own.storedFiles()).toEqual([]);
    expect(own.sandbox.requests.count("sts")).toBe(0);
  });
});

// One after the other at one sandbox, each on a machine of its own: what they have in common is a signature that matches.
const otherwise: readonly (readonly [what: string, fault: IdTokenFault, error: string])[] = [
  ...(
    [
      ["b64 that is false", { b64: false }, "its header has b64"],
      ["b64 that is true and critical", { b64: true, crit: ["b64"] }, "its header has b64"],
      ["an extension", { crit: ["exp"], exp: 1 }, "its header has crit"],
      ["compression", { zip: "DEF" }, "its header has zip"],
      ["encryption", { enc: "A256GCM" }, "its header has enc"],
      ["the type of an access token", { typ: "at+jwt" }, 'its type (typ) is "at+jwt", not JWT'],
      ["the type of a logout token", { typ: "logout+jwt" }, 'its type (typ) is "logout+jwt", not JWT'],
      ["a type with a control character", { typ: "\u001b[2J" }, String.raw`its type (typ) is "\u001b[2J", not JWT`],
      ["a token within", { cty: "JWT" }, "it holds another token"],
      ["a key id that is no text", { kid: 1 }, "its key id (kid) is not text"],
    ] as const
  ).map(([what, header, error]) => [`a header with ${what}`, { how: "header", header }, error] as const),
  ["a member that stands twice", { how: "text", payload: '{"sub":"a","sub":"b"}' }, 'its payload has "sub" twice'],
  ["a blank at its end", { how: "text", after: " " }, "it is not three parts of base64url"],
];

it.each(otherwise)("a sign-in that gave a signed token with %s leaves nothing behind", async (_what, fault, error) => {
  const env = await world.anotherHome();
  world.sandbox.faults.set({ kind: "idToken", fault });
  world.sandbox.requests.clear();
  const ended = await loginAtTerminal(world, ["plain", "--error-format=json"], undefined, { env });
  const code = "id_token_invalid";
  expectRefusal(ended, { status: 6, code, error, hint: hints[code] ?? "" }, world);
  const places = { cacheDir: `${env.HOME}/.cache/tegata`, stateDir: `${env.HOME}/.local/state/tegata` };
  expect(await world.storedFiles(places)).toEqual([]);
  expect(world.sandbox.requests.count("sts")).toBe(0);
});

describe("tegata, with a sign-in and credentials from before,", () => {
  it("loses neither when a new sign-in goes wrong", async () => {
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "badSignature" } });
    const answer = await world.run(["env", "dev"]);
    const ended = await keepingFiles(world, () => loginAtTerminal(world, ["dev"]));
    expectRefusal(ended, { status: 6, error: "the ID token is not signed by http://127", hint: "try again" }, world);
    expect(await world.run(["env", "dev"])).toEqual(answer);
  });

  it("loses neither when the key set is out of order, and says where it should be", async () => {
    world.sandbox.faults.set({ kind: "status", area: "jwks", status: 200, body: "<h1>" });
    await forgetDocuments(world.cacheDir);
    const ended = await keepingFiles(world, () => world.run(["env", "dev", "--fresh", "--error-format", "json"]));
    const error = /^http:\/\/127\S+jwks\S* does not answer a JSON Web Key Set$/;
    expectRefusal(ended, { status: 6, code: "idp_invalid_response", error, hint: "tell the administrator" }, world);
  });

  it("renews with new keys when the provider has dropped the old ones", async () => {
    await world.sandbox.rotateKeys({ dropOld: true });
    expect(await world.run(["env", "dev", "--fresh"])).toMatchObject({ status: 0, stderr: "" });
  });

  it("refuses another subject that comes of the refresh token", async () => {
    await world.sandbox.rotateKeys({ dropOld: true });
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { sub: "auth0|mallory" } } });
    const ended = await world.run(["env", "dev", "--fresh", "--error-format", "json"]);
    const error = "the refresh token gave another subject";
    expectRefusal(ended, { status: 6, code: "id_token_invalid", error, hint: /^tegata login dev$/ }, world);
  });
});
