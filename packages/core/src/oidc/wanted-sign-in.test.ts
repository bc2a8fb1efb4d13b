import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { isTegataError } from "../base/errors.ts";
import { readClaims, toIdTokenClaims } from "./token-claims.ts";
import {
  accountSchema,
  acrValuesSchema,
  idpPromptSchema,
  judgeAccount,
  judgeAccountDomain,
  judgeAuthentication,
  type WantedSignIn,
} from "./wanted-sign-in.ts";

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

describe("a sign-in that was asked to be recent, or of a kind", () => {
  const startedAt = 1_893_456_000;
  /** The message of the refusal; undefined: none. */
  const judged = (claims: Readonly<Record<string, unknown>>, wanted: WantedSignIn) => {
    try {
      judgeAuthentication(claimsWith(claims), wanted, startedAt);
      return undefined;
    } catch (error) {
      return isTegataError(error) ? `${error.code}: ${error.message}` : String(error);
    }
  };

  it.each([
    ["just now", 0, 0],
    ["after it was asked for", -300, 0],
    ["a minute before, which is for the clocks", 60, 0],
    ["as long ago as it may be", 3660, 3600],
  ])("is one when the person signed in %s", (_name, ago, maxAgeSeconds) => {
    expect(judged({ auth_time: startedAt - ago }, { maxAgeSeconds })).toBeUndefined();
  });

  it("is none when the person signed in longer ago", () => {
    expect(judged({ auth_time: startedAt - 3661 }, { maxAgeSeconds: 3600 })).toBe(
      "id_token_invalid: the ID token cannot be used: the person signed in 3661 s before it was asked for (auth_time), and max_age is 3600 s",
    );
  });

  it.each([[undefined], ["1893456000"], [-1], [1.5], [null]])("is none when auth_time is %j", (authTime) => {
    expect(judged({ auth_time: authTime }, { maxAgeSeconds: 3600 })).toContain(
      "does not say when the person signed in",
    );
  });

  it("is one by any of the classes, and by no other and by none", () => {
    const acrValues = ["mfa", "urn:phr"];
    expect(judged({ acr: "urn:phr" }, { acrValues })).toBeUndefined();
    expect(judged({ acr: "pwd" }, { acrValues })).toContain('its acr is "pwd", not "mfa" or "urn:phr"');
    expect(judged({}, { acrValues })).toContain("it has no acr");
    expect(judged({ acr: ["mfa"] }, { acrValues })).toContain("it has no acr");
  });

  it("needs no time and no class in a token that renews it, but no other class either", () => {
    const wanted = { maxAgeSeconds: 0, acrValues: ["mfa"] };
    expect(() => judgeAuthentication(claimsWith({ auth_time: 1 }), wanted, undefined)).not.toThrow();
    expect(() => judgeAuthentication(claimsWith({ acr: "pwd" }), wanted, undefined)).toThrow('its acr is "pwd"');
  });

  it("is judged by nothing that nobody asked for", () => {
    expect(judged({ auth_time: 1, acr: "pwd" }, {})).toBeUndefined();
  });
});

describe("the settings acr_values and idp_prompt", () => {
  it("are lists with spaces between the words", () => {
    expect(v.parse(acrValuesSchema, " mfa  urn:phr ")).toEqual(["mfa", "urn:phr"]);
    expect(v.parse(idpPromptSchema, "login select_account")).toEqual(["login", "select_account"]);
  });

  it.each(["", " ", "none", "create", "login none", "login,consent"])("idp_prompt may not be %j", (text) => {
    expect(v.is(idpPromptSchema, text)).toBe(false);
  });

  it.each(["", "m\u00fcnchen", "a\nb", 'a"b'])("acr_values may not be %j", (text) => {
    expect(v.is(acrValuesSchema, text)).toBe(false);
  });
});

const judgeDomain = (claims: Readonly<Record<string, unknown>>, sameSubject = false) => {
  try {
    judgeAccountDomain(claimsWith(claims), ["acme.com", "acme.de"], sameSubject);
    return "taken";
  } catch (error) {
    return isTegataError(error) ? `${error.code}: ${error.message}` : error;
  }
};

describe("an ID token is for an e-mail address of the domains acme.com and acme.de", () => {
  it.each([
    ["one of the first", { email: "ann@acme.com", email_verified: true }],
    ["one of the second, in capitals", { email: "Ann@ACME.DE", email_verified: "true" }],
    ["one of which nobody says whether it is verified", { email: "ann@acme.com" }],
    ["one with two signs, the last of which counts", { email: '"ann@evil.example"@acme.com' }],
  ])("with %s", (_name, claims) => {
    expect(judgeDomain(claims)).toBe("taken");
  });

  it.each([
    ["one of another domain", { email: "ann@evil.example" }, 'it signed in "ann@evil.example"'],
    ["one of a domain below it", { email: "ann@mail.acme.com" }, 'it signed in "ann@mail.acme.com"'],
    ["one of a domain that ends alike", { email: "ann@notacme.com" }, "it signed in"],
    ["one of a domain that begins alike", { email: "ann@acme.com.evil.example" }, "it signed in"],
    ["one whose first part is the domain", { email: "acme.com@evil.example" }, "it signed in"],
    ["a text that is only the domain", { email: "acme.com" }, "it signed in"],
    ["none", {}, "its ID token has no e-mail address"],
    ["only a user name of that form", { preferred_username: "ann@acme.com" }, "has no e-mail address"],
    ["a list of them", { email: ["ann@acme.com"] }, "has no e-mail address"],
    ["one that is not verified", { email: "ann@acme.com", email_verified: false }, "is not verified"],
    ["one that is not verified, as text says", { email: "ann@acme.com", email_verified: "false" }, "is not verified"],
  ])("not with %s", (_name, claims, words) => {
    expect(judgeDomain(claims)).toMatch(/^id_token_wrong_account: /);
    expect(judgeDomain(claims)).toContain(words);
  });

  it("with none, where it renews the sign-in of the same subject, and not with another one there", () => {
    expect(judgeDomain({ preferred_username: "ann" }, true)).toBe("taken");
    expect(judgeDomain({ email: "ann@evil.example" }, true)).toContain("id_token_wrong_account");
  });

  it("with any, where no domain is fixed", () => {
    expect(() => judgeAccountDomain(claimsWith({}), undefined, false)).not.toThrow();
  });
});
