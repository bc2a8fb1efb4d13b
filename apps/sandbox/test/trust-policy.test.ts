import { describe, expect, it } from "vitest";
import { isTrusted, providerArn, providerName, type TrustStatement } from "../src/sts/trust-policy.ts";

const ISSUER = "https://acme.eu.auth0.com/";
const ARN = "arn:aws:iam::123456789012:oidc-provider/acme.eu.auth0.com/";
const ALLOW: TrustStatement = {
  Effect: "Allow",
  Principal: { Federated: ARN },
  Action: "sts:AssumeRoleWithWebIdentity",
};

function trusted(...Statement: TrustStatement[]): boolean {
  return isTrusted(
    { Version: "2012-10-17", Statement },
    {
      action: "sts:AssumeRoleWithWebIdentity",
      principals: { kind: "Federated", names: [ARN] },
      context: new Map([
        ["acme.eu.auth0.com/:aud", ["client"]],
        ["acme.eu.auth0.com/:sub", ["auth0|65f1"]],
      ]),
    },
  );
}

describe("a trust policy", () => {
  it("keeps the slash at the end of an issuer", () => {
    expect(providerName(ISSUER)).toBe("acme.eu.auth0.com/");
    expect(providerArn("123456789012", ISSUER)).toBe(ARN);
  });

  it("lets nobody in without a statement that allows it", () => {
    expect(trusted()).toBe(false);
    expect(trusted(ALLOW)).toBe(true);
    expect(trusted({ ...ALLOW, Action: "sts:AssumeRole" })).toBe(false);
    expect(trusted({ ...ALLOW, Action: ["sts:TagSession", "sts:AssumeRole*"] })).toBe(true);
    expect(trusted({ ...ALLOW, Principal: { Federated: ARN.slice(0, -1) } })).toBe(false);
  });

  it("lets a Deny win", () => {
    expect(trusted(ALLOW, { ...ALLOW, Effect: "Deny" })).toBe(false);
  });

  it.each([
    ["StringEquals, the same", { StringEquals: { "acme.eu.auth0.com/:sub": "auth0|65f1" } }, true],
    ["StringEquals, one of a list", { StringEquals: { "acme.eu.auth0.com/:aud": ["other", "client"] } }, true],
    ["StringEquals, another case", { StringEquals: { "acme.eu.auth0.com/:aud": "Client" } }, false],
    ["StringEquals, a star is no wildcard", { StringEquals: { "acme.eu.auth0.com/:sub": "auth0|*" } }, false],
    ["StringLike, a star", { StringLike: { "acme.eu.auth0.com/:sub": "auth0|*" } }, true],
    ["StringLike, a question mark", { StringLike: { "acme.eu.auth0.com/:sub": "auth0|65f?" } }, true],
    ["StringLike, a dot is a dot", { StringLike: { "acme.eu.auth0.com/:sub": "auth0.65f1" } }, false],
    ["a key without the slash", { StringEquals: { "acme.eu.auth0.com:aud": "client" } }, false],
  ])("judges a condition rightly: %s", (_, Condition, outcome) => {
    expect(trusted({ ...ALLOW, Condition })).toBe(outcome);
  });
});
