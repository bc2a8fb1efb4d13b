import { defineIdp, TegataError } from "@tegata/core";
import * as v from "valibot";
import { expect, test } from "vitest";
import type { ResolvedIdp, ResolvedRole } from "../settings/resolved.ts";
import { credentialsKeyOf, sessionKeyOf } from "./cache-key.ts";

function idpWith(settings: Record<string, unknown>, id = "auth0", issuer = "https://acme.example/"): ResolvedIdp {
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

const role: ResolvedRole = {
  role: {
    arn: "arn:aws:iam::123456789012:role/Developer",
    partition: "aws",
    accountId: "123456789012",
    roleName: "Developer",
  },
  roleSessionName: undefined,
  durationSeconds: 3600,
  region: "eu-central-1",
  stsEndpoint: undefined,
  federationEndpoint: undefined,
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
};

test("a cache key is 64 hex digits, and the same in every run", async () => {
  const session = await sessionKeyOf(idpWith({ domain: "acme.example" }));
  expect(session).toMatch(/^[0-9a-f]{64}$/);
  expect(await sessionKeyOf(idpWith({ domain: "acme.example" }))).toBe(session);
  const key = await credentialsKeyOf(session, role);
  expect(key.session).toBe(session);
  expect(key.digest).toMatch(/^[0-9a-f]{64}$/);
});

test("a session key changes with the plugin, the issuer and each setting's value, and not with the order of the settings or the section's name", async () => {
  const of = (settings: Record<string, unknown>) => sessionKeyOf(idpWith(settings));
  const first = await of({ domain: "a", scope: "openid" });
  expect(await of({ scope: "openid", domain: "a" })).toBe(first);
  expect(await of({ scope: "openid", domain: "a", audience: undefined })).toBe(first);
  expect(await sessionKeyOf({ ...idpWith({ domain: "a", scope: "openid" }), name: "other" })).toBe(first);
  const others = [
    await of({ domain: "a", scope: "openid email" }),
    await of({ domain: "a", scope: "openid", audience: "x" }),
    await of({ domain: "a", scope: null }),
    await sessionKeyOf(idpWith({ domain: "a", scope: "openid" }, "oidc")),
    await sessionKeyOf(idpWith({ domain: "a", scope: "openid" }, "auth0", "https://evil.example/")),
  ];
  expect(new Set([first, ...others]).size).toBe(others.length + 1);
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
])("two different settings have two session keys: %o and %o", async (one, other) => {
  expect(await sessionKeyOf(idpWith(one))).not.toBe(await sessionKeyOf(idpWith(other)));
});

test.each<[string, Partial<ResolvedRole>]>([
  ["role", { role: { ...role.role, arn: "arn:aws:iam::123456789012:role/Admin" } }],
  ["session name", { roleSessionName: "ann" }],
  ["duration", { durationSeconds: 900 }],
  ["region", { region: "us-east-1" }],
  ["STS endpoint", { stsEndpoint: "https://sts.example/" }],
  ["FIPS", { useFipsEndpoint: true }],
  ["dual-stack", { useDualstackEndpoint: true }],
])("credentials with another %s have another cache key", async (_what, change) => {
  const one = await credentialsKeyOf("s", role);
  const other = await credentialsKeyOf("s", { ...role, ...change });
  expect(other.digest).not.toBe(one.digest);
});

test("credentials of another sign-in have another cache key; another federation endpoint changes nothing", async () => {
  const one = await credentialsKeyOf("s", role);
  expect((await credentialsKeyOf("t", role)).digest).not.toBe(one.digest);
  const elsewhere = await credentialsKeyOf("s", { ...role, federationEndpoint: "https://console.example/" });
  expect(elsewhere).toEqual(one);
});
