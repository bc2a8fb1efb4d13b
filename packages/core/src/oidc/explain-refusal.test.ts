import { describe, expect, it } from "vitest";
import { explainRefusal } from "./explain-refusal.ts";
import type { Flow } from "./grant.ts";
import { defaultScope } from "./oidc-settings.ts";

interface Given {
  readonly scope?: string;
  readonly supported?: readonly string[] | undefined;
  readonly flow?: Flow | "renewal";
}

/** What a refusal means, as an error that has all it says. */
function explained(
  error: string,
  description?: string,
  { scope = defaultScope, supported, flow = "device" }: Given = {},
) {
  const refusal = {
    error,
    description,
    uri: "https://idp.example/errors/7",
    status: 400,
    retryAfterSeconds: undefined,
  };
  return explainRefusal(refusal, { clientId: "client", scope, scopesSupported: supported }, flow);
}

describe("invalid_scope", () => {
  it.each(["device", "browser"] as const)(
    "names the scope that discovery lacks, and the line that works (%s)",
    (flow) => {
      const error = explained("invalid_scope", "ID2052: not supported", {
        supported: ["openid", "offline_access"],
        flow,
      });
      expect(error.code).toBe("idp_rejected");
      expect(error.message).toBe(
        'the identity provider does not accept the scope "email" (invalid_scope: ID2052: not supported)',
      );
      expect(error.hint).toBe(
        'leave it out: scope openid offline_access, or write scope = "openid offline_access" into the section of the identity provider',
      );
      expect(error.details).toEqual({
        error: "invalid_scope",
        httpStatus: 400,
        errorUri: "https://idp.example/errors/7",
        scope: "email",
      });
    },
  );

  it("names all of several", () => {
    const error = explained("invalid_scope", undefined, { supported: ["openid"] });
    expect(error.message).toContain('the scope "email" and "offline_access"');
    expect(error.hint).toContain("leave it out: scope openid,");
  });

  it("says what is lost without offline_access", () => {
    const { hint } = explained("invalid_scope", undefined, { supported: ["openid", "email"] });
    expect(hint).toMatch(/scope openid email,.*; without offline_access a sign-in lasts as long as its ID token/);
  });

  it.each([
    ["in quotes", "The scope 'offline_access' is not allowed."],
    ["at the end of a sentence", "not allowed: offline_access."],
  ])("names the one scope that the refusal names, %s, where discovery does not tell", (_name, description) => {
    for (const supported of [undefined, ["openid", "email", "offline_access"]]) {
      expect(explained("invalid_scope", description, { supported }).hint).toContain("scope openid email");
    }
  });

  it.each([
    ["no scope is named", undefined],
    ["several are", "only openid and email are allowed"],
    ["a longer word is", "the scope email2 is unknown"],
    ["only openid is", "openid is not for this client"],
  ])("blames none where %s, says what was sent, and the least to take", (_name, description) => {
    const { message, hint } = explained("invalid_scope", description, { supported: ["profile"] });
    expect(message).toMatch(/^the identity provider does not accept the scope \(/);
    expect(hint).toBe(
      'ask its administrator which scopes this client may have ("openid email offline_access" was sent), or take the least: scope openid',
    );
  });

  it("of a machine is about client_scope, and of a renewal about scope", () => {
    const supported = ["openid"];
    expect(explained("invalid_scope", undefined, { supported, flow: "client-credentials" }).hint).toBe(
      "check client_scope",
    );
    expect(explained("invalid_scope", undefined, { supported, flow: "renewal" }).hint).toBe("check scope");
  });
});

describe("invalid_request", () => {
  it("whose description is invalid_scope, as Amazon Cognito has it, is about the scope", () => {
    const error = explained("invalid_request", "invalid_scope", { supported: ["openid", "email"] });
    expect(error.message).toContain('does not accept the scope "offline_access" (invalid_request: invalid_scope)');
    expect(error.hint).toContain("leave it out: scope openid email");
  });

  it("that names offline_access is about refresh tokens, and the hint has the scope without it", () => {
    const error = explained("invalid_request", "ID2035: The 'offline_access' scope is not allowed.");
    expect(error.code).toBe("idp_rejected");
    expect(error.message).toMatch(
      /^the identity provider gives the client "client" no refresh token \(invalid_request: ID2035/,
    );
    expect(error.hint).toBe(
      "ask its administrator to allow the refresh token grant for this client, or leave offline_access out: scope openid email; without offline_access a sign-in lasts as long as its ID token, and then a person is asked again",
    );
  });

  it.each([
    [
      "device",
      'ask its administrator which scopes this client may have ("openid email offline_access" was sent), or take the least: scope openid',
    ],
    ["client-credentials", "check client_scope"],
    ["renewal", "check scope"],
  ] as const)("about a scope that the client may not have is about the scope (%s)", (flow, hint) => {
    const words = "This client application is not allowed to use the specified scope.";
    const error = explained("invalid_request", words, { supported: ["openid", "email", "offline_access"], flow });
    expect(error.code).toBe("idp_rejected");
    expect(error.message).toMatch(/^the identity provider does not accept the scope \(invalid_request: This client/);
    expect(error.hint).toBe(hint);
  });

  it.each([
    ["that names something else", "the audience is missing", {}],
    ["where no offline_access was sent", "offline_access", { scope: "openid" }],
    ["of a renewal", "offline_access", { flow: "renewal" }],
  ] as const)("%s stays what the provider said", (_name, description, given) => {
    const { message } = explained("invalid_request", description, given);
    expect(message).toBe(`the identity provider refused: invalid_request: ${description}`);
  });
});

describe("unauthorized_client", () => {
  it.each(["device", "browser", "renewal"] as const)("about the token endpoint is about no grant (%s)", (flow) => {
    const words = "This client application is not allowed to use the token endpoint.";
    const { code, message, hint } = explained("unauthorized_client", words, { flow });
    expect(code).toBe("idp_client_rejected");
    expect(message).toContain('does not let the client "client" use the token endpoint');
    expect(message).not.toContain("grant");
    expect(hint).toBe("ask its administrator to allow the token endpoint for this client");
  });

  it.each([
    ["device", "the device grant"],
    ["browser", "the authorization code grant"],
    ["renewal", "refresh tokens"],
  ] as const)("about anything else is about the grant of the flow %s", (flow, grant) => {
    const { code, message } = explained("unauthorized_client", "not allowed to use the specified grant type", { flow });
    expect(code).toBe("idp_grant_disabled");
    expect(message).toContain(`does not allow ${grant}`);
  });
});
