import { noSessionPolicy, type OpenIdProvider, roleArnSchema, webIdentityStep } from "@tegata/core";
import { idpOidc } from "@tegata/idp-oidc";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { stepsOf } from "../../test/support/shown-steps.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import { clockCheck } from "./clock-check.ts";
import { discoveryCheck } from "./discovery-check.ts";
import type { Exchange } from "./exchanges.ts";
import { flowCheck } from "./flow-check.ts";
import { keysCheck } from "./keys-check.ts";

const issuer = "https://id.acme.example";
const role = v.parse(roleArnSchema, "arn:aws:iam::123456789012:role/Dev");
const step = webIdentityStep({
  role,
  roleSessionName: undefined,
  durationSeconds: 3600,
  sessionPolicy: noSessionPolicy,
  target: { region: "eu-west-1", endpoint: undefined, useFipsEndpoint: false, useDualstackEndpoint: false },
});
const ofAws = {
  role,
  steps: [step] as const,
  region: "eu-west-1",
  federationEndpoint: undefined,
  dependsOnFile: false,
};
const whole = {
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
};
const rsa = { kty: "RSA", kid: "k1", alg: "RS256", use: "sig", n: "AA", e: "AQAB" };

interface Given {
  readonly document?: object;
  readonly metadata?: Partial<OpenIdProvider["metadata"]>;
  readonly keys?: readonly object[];
  readonly named?: string;
  readonly flows?: readonly ("device" | "browser")[];
  /** True: the role's STS is AWS's own. */
  readonly isAws?: boolean;
  readonly at?: string;
}

/** What the checks work with, at a provider that says this. */
function context({ document = whole, metadata = {}, keys = [rsa], named, flows, isAws = false, at = issuer }: Given) {
  const jwksUri = `${issuer}/keys`;
  const settings = { issuer, client_id: "x", scope: "openid offline_access" };
  const idp: ResolvedIdp = {
    kind: "interactive",
    name: "acme",
    // The check knows plugins by their interface alone.
    plugin: { ...idpOidc, expectations: () => ({ issuer: at, audience: "x" }), flows: () => ["device", "browser"] },
    settings,
    ...(flows === undefined ? {} : { flows }),
  };
  const itself = named ?? at;
  const provider: OpenIdProvider = { issuer: itself, metadata: { issuer: itself, jwks_uri: jwksUri, ...metadata } };
  const texts = new Map<string, string>([
    [`${at}/.well-known/openid-configuration`, JSON.stringify(document)],
    [jwksUri, JSON.stringify({ keys })],
  ]);
  return {
    idp: () => Promise.resolve(idp),
    provider: () => Promise.resolve(provider),
    keys: () => Promise.resolve({ keys: [] }),
    role: () => (isAws ? Promise.resolve(ofAws) : Promise.reject(new Error("no role is named"))),
    found: { warnings: [], idp },
    exchanges: {
      fetch: () => Promise.reject(new Error("not here")),
      list: () => [],
      textOf: (url: string) => texts.get(url),
    },
  };
}

const discovery = async (given: Given) => (await stepsOf(discoveryCheck.run(context(given))))[0];
const keys = async (given: Given) => (await stepsOf(keysCheck.run(context(given))))[0];
const flow = async (given: Given) => (await stepsOf(flowCheck.run(context(given))))[0];

describe("the check of the discovery document", () => {
  it("names the endpoints that there are", async () => {
    const metadata = { token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device` };
    expect(await discovery({ metadata })).toEqual({
      id: "discovery",
      state: "ok",
      message: `${issuer} answers; endpoints: device authorization, token, keys`,
    });
  });

  it("says how the provider calls itself, where a slash is the difference", async () => {
    const found = await discovery({ named: `${issuer}/` });
    expect(found?.["message"]).toMatch(/^https:\/\/id\.acme\.example\/, as it calls itself and as IAM must know it/);
  });

  it("warns of an issuer that AWS cannot reach, where it is AWS that has to", async () => {
    const at = "http://127.0.0.1:8080/realms/acme";
    expect(await discovery({ at })).toMatchObject({ state: "ok" });
    const found = await discovery({ at, isAws: true });
    expect(found).toMatchObject({ state: "warning", hint: "use an issuer that answers from the internet" });
  });

  it("warns of what AWS wants and is not there", async () => {
    expect(await discovery({ document: {} })).toMatchObject({ state: "warning" });
    expect((await discovery({ document: {} }))?.["message"]).toContain(
      "lacks response_types_supported and subject_types",
    );
  });
});

describe("the check of keys", () => {
  it("shows kind and id of each, and counts those that cannot sign for AWS", async () => {
    const others = [
      { kty: "OKP", kid: "ed", crv: "Ed25519", x: "AA" },
      { ...rsa, kid: "enc", use: "enc" },
      { kty: "EC", kid: "e1", crv: "P-256", x: "AA", y: "AA", exp: 1_900_000_000 },
    ];
    expect(await keys({ keys: [rsa, ...others] })).toEqual({
      id: "keys",
      state: "ok",
      message: "2 of 4 can sign for AWS: RS256 k1, P-256 e1 until 2030-03-17T17:46:40Z",
    });
  });

  it.each<[what: string, keys: readonly object[], message: RegExp]>([
    ["one of two without an id", [rsa, { ...rsa, kid: undefined }], /one of several has no kid/],
    [
      "more RSA keys than AWS reads",
      Array.from({ length: 101 }, (_, index) => ({ ...rsa, kid: `k${index}` })),
      /more than 100/,
    ],
  ])("warns of %s", async (_what, set, message) => {
    const found = await keys({ keys: set });
    expect(found?.["state"]).toBe("warning");
    expect(found?.["message"]).toMatch(message);
  });

  it.each<[what: string, key: object]>([
    ["no key at all", {}],
    ["keys with key_ops", { ...rsa, key_ops: ["verify"] }],
    ["a certificate alone", { kty: "RSA", kid: "k1", x5c: ["AA"] }],
  ])("fails at %s", async (_what, key) => {
    expect(await keys({ keys: Object.keys(key).length === 0 ? [] : [key] })).toMatchObject({
      state: "failed",
      code: "id_token_signature_invalid",
    });
  });
});

describe("the check of the flow", () => {
  const device = { device_authorization_endpoint: `${issuer}/device` };
  const browser = { authorization_endpoint: `${issuer}/authorize` };

  it("takes the first that is wanted and offered", async () => {
    expect((await flow({ metadata: { ...device, ...browser }, flows: ["browser", "device"] }))?.["message"]).toMatch(
      /^browser,/,
    );
    expect((await flow({ metadata: device, flows: ["browser", "device"] }))?.["message"]).toMatch(/^device,/);
  });

  it("fails where none is offered, and names the other flow", async () => {
    expect(await flow({ metadata: browser, flows: ["device"] })).toMatchObject({
      state: "failed",
      code: "idp_grant_disabled",
      hint: "use flow browser, or ask its administrator to enable it",
    });
  });

  it("warns of a browser flow without PKCE", async () => {
    const found = await flow({
      metadata: { ...browser, code_challenge_methods_supported: ["plain"] },
      flows: ["browser"],
    });
    expect(found).toMatchObject({ state: "warning" });
  });
});

const answered = (host: string, clockOffsetMilliseconds: number | undefined): Exchange => ({
  method: "GET",
  url: `https://${host}/`,
  host,
  status: 200,
  problem: undefined,
  clockOffsetMilliseconds,
});
const clock = async (list: readonly Exchange[]) =>
  (
    await stepsOf(
      clockCheck.run({
        exchanges: { fetch: () => Promise.reject(new Error("")), list: () => list, textOf: () => undefined },
      }),
    )
  )[0];

describe("the check of the clock", () => {
  it.each<[offset: number, state: string, message: string]>([
    [0, "ok", "agrees with a.example"],
    [-30_000, "ok", "30 s ahead of a.example"],
    [90_000, "warning", "90 s behind a.example, which is made up for"],
    [301_000, "failed", "301 s behind a.example, and more than 5 minutes are not made up for"],
  ])("that is %i ms off gives the state %s", async (offset, state, message) => {
    expect(await clock([answered("a.example", offset)])).toMatchObject({ state, message });
  });

  it("names the server that is furthest off", async () => {
    expect(
      (await clock([answered("a.example", 0), answered("b.example", -90_000), answered("c.example", undefined)]))?.[
        "message"
      ],
    ).toContain("b.example");
  });

  it("is skipped where no server says what time it is", async () => {
    expect(await clock([answered("a.example", undefined)])).toMatchObject({ state: "skipped" });
  });
});
