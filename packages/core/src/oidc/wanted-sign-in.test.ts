import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { isTegataError } from "../base/errors.ts";
import { readClaims, toIdTokenClaims } from "./token-claims.ts";
import { accountSchema, judgeAccount } from "./wanted-sign-in.ts";

const claimsWith = (claims: Readonly<Record<string, unknown>>) =>
  toIdTokenClaims(
    readClaims({ iss: "https://idp.example.com", sub: "00u1", aud: "client", exp: 2, iat: 1, ...claims }),
  );

/** What `judgeAccount` says; undefined: nothing. */
function said(claims: Readonly<Record<string, unknown>>, account: string | undefined, sameSubject = false) {
  try {
    judgeAccount(claimsWith(claims), account, sameSubject);
    return undefined;
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    const { code, message, hint, details } = error;
    return { code, message, hint, details };
  }
}

const ann = "ann@acme.com";

describe("an ID token is for the account ann@acme.com", () => {
  it.each([
    ["its verified e-mail address", { email: ann, email_verified: true }],
    ["its e-mail address, verified as text says", { email: ann, email_verified: "true" }],
    ["its preferred_username", { preferred_username: ann }],
    ["its upn", { upn: ann }],
    ["its sub", { sub: ann }],
    ["its e-mail address in capitals", { email: "Ann@ACME.com", email_verified: true }],
    ["one of several names", { email: "a@b.example", email_verified: true, upn: ann }],
  ])("by %s", (_name, claims) => {
    expect(said(claims, ann)).toBeUndefined();
  });
});

describe("an ID token is not for the account ann@acme.com", () => {
  it.each([
    ["with another verified address", { email: "bob@acme.com", email_verified: true }, '"bob@acme.com"'],
    ["with another preferred_username", { preferred_username: "bob" }, '"bob"'],
    ["without any name", {}, '"00u1"'],
    ["with a sub in other letters", { sub: "Ann@acme.com" }, '"Ann@acme.com"'],
    ["with a name that has blanks around it", { upn: ` ${ann}` }, `" ${ann}"`],
    ["with names that are no text", { preferred_username: [ann], upn: { [ann]: true } }, '"00u1"'],
    ["with control characters in another name", { upn: "bob\u001b[2J" }, String.raw`"bob\u001b[2J"`],
  ])("%s, and both are named", (_name, claims, other) => {
    const error = said(claims, ann);
    expect(error?.code).toBe("id_token_wrong_account");
    expect(error?.message).toBe(`the identity provider signed in ${other}, not the account "${ann}"`);
    expect(error?.hint).toContain("sign out at the identity provider");
  });

  it.each([
    ["false", false],
    ["missing", undefined],
    ["another text", "yes"],
    ["a number", 1],
  ])("by its address when email_verified is %s, and the message says so", (_name, verified) => {
    expect(said({ email: ann, email_verified: verified }, ann)).toEqual({
      code: "id_token_wrong_account",
      message: `the identity provider does not vouch for the account "${ann}": its ID token does not say that this e-mail address is verified`,
      hint: "ask its administrator to verify the address, or use account 00u1",
      details: { account: ann, signedInAs: "00u1" },
    });
  });
});

describe("an ID token that renews a sign-in of the same sub", () => {
  it("may leave the names out", () => {
    expect(said({}, ann, true)).toBeUndefined();
    expect(said({ email: ann }, ann, true)).toBeUndefined();
  });

  it("is refused when it says another name", () => {
    expect(said({ preferred_username: "bob" }, ann, true)).toMatchObject({ code: "id_token_wrong_account" });
  });
});

it("without an account, anybody is right", () => {
  expect(said({ preferred_username: "bob" }, undefined)).toBeUndefined();
});

describe("the setting account", () => {
  it("is taken without the blanks around it", () => {
    expect(v.parse(accountSchema, ` ${ann} `)).toBe(ann);
  });

  it.each([
    ["empty", "  "],
    ["longer than any sub", "a".repeat(256)],
    ["with a control character", "ann\u0007"],
    ["with a mark that turns the text around", "ann\u202e"],
    ["no text", 7],
  ])("is refused when it is %s", (_name, account) => {
    expect(v.is(accountSchema, account)).toBe(false);
  });
});
