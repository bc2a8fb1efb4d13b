import {
  defineIdp,
  type IdentityField,
  type NextStep,
  noSessionPolicy,
  type RoleArn,
  type Steps,
  type StsTarget,
  TegataError,
  webIdentityStep,
  type WebIdentityOptions,
} from "@tegata/core";
import * as v from "valibot";
import { describe, expect, it, test } from "vitest";
import type { ResolvedInteractiveIdp } from "../settings/resolved.ts";
import { credentialsKeyOf, sessionKeyOf } from "./cache-key.ts";

function idpWith(
  settings: Record<string, unknown>,
  id = "auth0",
  issuer = "https://acme.example/",
): ResolvedInteractiveIdp {
  const plugin = defineIdp({
    kind: "interactive",
    id,
    summary: "for tests",
    settings: v.object({}),
    expectations: () => ({ issuer, audience: "client" }),
    acquire: () => Promise.reject(new TegataError("internal", "not here")),
  });
  return { kind: "interactive", name: "acme", plugin, settings };
}

const developer: RoleArn = {
  arn: "arn:aws:iam::123456789012:role/Developer",
  partition: "aws",
  accountId: "123456789012",
  roleName: "Developer",
};
const target: StsTarget = {
  region: "eu-central-1",
  endpoint: undefined,
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
};
const options: WebIdentityOptions = {
  role: developer,
  roleSessionName: undefined,
  durationSeconds: 3600,
  sessionPolicy: noSessionPolicy,
  target,
};
const first = webIdentityStep(options);

/** A step of which nothing is asked but what tells it apart. */
const next = (fields: Readonly<Record<string, IdentityField>>): NextStep => ({
  role: developer,
  identity: { step: "next", ...fields },
  goOn: () => Promise.reject(new TegataError("internal", "not here")),
});

test("a key is 64 hex digits, the same in each run", async () => {
  const session = await sessionKeyOf(idpWith({ domain: "acme.example" }));
  expect(session).toMatch(/^[0-9a-f]{64}$/);
  expect(await sessionKeyOf(idpWith({ domain: "acme.example" }))).toBe(session);
  const key = await credentialsKeyOf(session, [first]);
  expect(key.session).toBe(session);
  expect(key.digest).toMatch(/^[0-9a-f]{64}$/);
});

test("a session key changes with the plugin, the issuer, what is wanted of the sign-in, and each setting's value, and not with the order of the settings or the section's name", async () => {
  const of = (settings: Record<string, unknown>) => sessionKeyOf(idpWith(settings));
  const one = await of({ domain: "a", scope: "openid" });
  expect(await of({ scope: "openid", domain: "a" })).toBe(one);
  expect(await of({ scope: "openid", domain: "a", audience: undefined })).toBe(one);
  expect(await sessionKeyOf({ ...idpWith({ domain: "a", scope: "openid" }), name: "other" })).toBe(one);
  const others = [
    await of({ domain: "a", scope: "openid email" }),
    await of({ domain: "a", scope: "openid", audience: "x" }),
    await of({ domain: "a", scope: null }),
    await sessionKeyOf({ ...idpWith({ domain: "a", scope: "openid" }), wanted: { account: "ann@acme.example" } }),
    await sessionKeyOf({ ...idpWith({ domain: "a", scope: "openid" }), wanted: { account: "bob@acme.example" } }),
    await sessionKeyOf({ ...idpWith({ domain: "a", scope: "openid" }), wanted: { maxAgeSeconds: 0 } }),
    await sessionKeyOf({ ...idpWith({ domain: "a", scope: "openid" }), wanted: { acrValues: ["mfa"] } }),
    await sessionKeyOf({ ...idpWith({ domain: "a", scope: "openid" }), fixedFlow: "browser" }),
    await sessionKeyOf({ ...idpWith({ domain: "a", scope: "openid" }), fixedFlow: "device" }),
    await sessionKeyOf(idpWith({ domain: "a", scope: "openid" }, "oidc")),
    await sessionKeyOf(idpWith({ domain: "a", scope: "openid" }, "auth0", "https://evil.example/")),
  ];
  expect(new Set([one, ...others]).size).toBe(others.length + 1);
});

test.each([
  [{ a: "1", b: "2" }, { a: '1","b":"2' }],
  [{ ab: "c" }, { a: "bc" }],
  [{ a: ["x", "y"] }, { a: "x,y" }],
  [{ a: ["x", "y"] }, { a: [["x", "y"]] }],
  [{ a: { b: "c" } }, { a: [["b", "c"]] }],
  [{ a: { b: "c" } }, { a: ["object", [["b", "c"]]] }],
  [{ a: 1 }, { a: "1" }],
  [{ a: 1n }, { a: 1 }],
  [{ a: true }, { a: "true" }],
  [{ a: "\ud800" }, { a: "\ufffd" }],
])("two different settings have two keys: %o and %o", async (one, other) => {
  expect(await sessionKeyOf(idpWith(one))).not.toBe(await sessionKeyOf(idpWith(other)));
});

describe("the key of credentials", () => {
  it.each<[string, Partial<WebIdentityOptions>]>([
    ["role", { role: { ...developer, arn: "arn:aws:iam::123456789012:role/Admin" } }],
    ["session name", { roleSessionName: "ann" }],
    ["duration", { durationSeconds: 900 }],
    ["session policy", { sessionPolicy: { document: "{}", arns: [] } }],
    ["managed policy", { sessionPolicy: { document: undefined, arns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] } }],
    ["region", { target: { ...target, region: "us-east-1" } }],
    ["STS endpoint", { target: { ...target, endpoint: "https://sts.example/" } }],
    ["choice of FIPS", { target: { ...target, useFipsEndpoint: true } }],
    ["choice of dual-stack", { target: { ...target, useDualstackEndpoint: true } }],
  ])("is another one for another %s", async (_what, change) => {
    const one = await credentialsKeyOf("s", [first]);
    const other = await credentialsKeyOf("s", [webIdentityStep({ ...options, ...change })]);
    expect(other.digest).not.toBe(one.digest);
  });

  it("is another one for another sign-in", async () => {
    const one = await credentialsKeyOf("s", [first]);
    expect((await credentialsKeyOf("t", [first])).digest).not.toBe(one.digest);
  });

  it("is the same for the same steps, in any order of a step's fields", async () => {
    const one = await credentialsKeyOf("s", [first, next({ a: "1", b: ["2"], c: { d: "3" } })]);
    const other = await credentialsKeyOf("s", [
      webIdentityStep(options),
      next({ c: { d: "3" }, b: ["2"], a: "1", e: undefined }),
    ]);
    expect(other).toEqual(one);
  });

  it("tells apart steps by their number, their order and each of their fields", async () => {
    const [a, b] = [next({ role: "a" }), next({ role: "b" })];
    const lists: readonly Steps[] = [
      [first],
      [first, a],
      [first, b],
      [first, a, b],
      [first, b, a],
      [first, a, a],
      [first, next({ role: "a", tags: { Team: "x" } })],
      [first, next({ role: "a", tags: { team: "x" } })],
      [first, next({ role: "a", tags: { Team: "y" } })],
    ];
    const digests = await Promise.all(lists.map(async (steps) => (await credentialsKeyOf("s", steps)).digest));
    expect(new Set(digests).size).toBe(lists.length);
  });
});
