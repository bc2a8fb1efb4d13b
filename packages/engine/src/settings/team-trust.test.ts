import { describe, expect, it } from "vitest";
import { trustOf } from "./team-trust.ts";

function issuersOf(idp: Readonly<Record<string, string>>, profile: Readonly<Record<string, string>> = {}) {
  const content = {
    defaultProfile: undefined,
    idps: new Map([["acme", { type: "oidc", values: new Map(Object.entries(idp)) }]]),
    profiles: new Map([["dev", new Map(Object.entries(profile))]]),
  };
  return trustOf(content, []).issuers;
}

describe("an issuer that a person is asked to trust", () => {
  it.each([
    ["https://id.acme.com", "https://id.acme.com"],
    ["https://id.acme.com/", "https://id.acme.com/"],
    ["https://id.acme.com/realms/x", "https://id.acme.com/realms/x"],
    ["https://\u0430cme.okta.com", "https://xn--cme-5cd.okta.com"],
    ["HTTPS://ID.acme.com\t/a", "https://id.acme.com/a"],
    ["\u0430cme.auth0.com", "xn--cme-5cd.auth0.com"],
    ["8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"],
    ["no host", "no host"],
  ])("that is %j is shown with the host that is asked: %j", (issuer, shown) => {
    expect(issuersOf({ issuer })).toEqual([shown]);
    expect(issuersOf({ issuer: "https://id.acme.com" }, { domain: issuer })).toContain(shown);
  });
});
