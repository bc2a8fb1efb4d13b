import { failure, fakePorts } from "@tegata/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../../test/fake-provider.ts";
import { TegataError } from "../base/errors.ts";
import { HttpFailure } from "../base/http.ts";
import type { OAuthClient } from "./oauth-client.ts";
import { discover, type OpenIdProvider } from "./openid-provider.ts";
import { refreshTokens, revokeRefreshToken } from "./refresh-token.ts";

const now = Date.UTC(2030, 0, 1) / 1000;
let idp: FakeProvider;
let provider: OpenIdProvider;

beforeEach(async () => {
  idp = await fakeProvider(now);
  provider = await discover(idp.issuer, fakePorts({ fetch: idp.fetch }));
  idp.requests.length = 0;
});

const publicClient: OAuthClient = { clientId: "client" };

const refresh = (signal?: AbortSignal, client = publicClient) =>
  refreshTokens(
    provider,
    client,
    "refresh-1",
    ({ error }) => new TegataError("idp_rejected", error),
    fakePorts(signal === undefined ? { fetch: idp.fetch } : { fetch: idp.fetch, signal }),
  );

const revoke = () => revokeRefreshToken(provider, publicClient, "refresh-1", fakePorts({ fetch: idp.fetch }));

describe("a refresh", () => {
  it("sends the token in the body, once, with the client id and no secret", async () => {
    const forms: unknown[] = [];
    idp.answers.token = (form) => {
      forms.push(Object.fromEntries(form));
      return json(200, { access_token: "a", id_token: "i" });
    };
    await refresh();
    expect(forms).toEqual([{ client_id: "client", grant_type: "refresh_token", refresh_token: "refresh-1" }]);
  });

  it("sends the secret in the body, where the client has one", async () => {
    const forms: unknown[] = [];
    idp.answers.token = (form) => {
      forms.push(Object.fromEntries(form));
      return json(200, { access_token: "a", id_token: "i" });
    };
    await refresh(undefined, { clientId: "client", clientSecret: "no secret" });
    expect(forms).toEqual([
      { client_id: "client", client_secret: "no secret", grant_type: "refresh_token", refresh_token: "refresh-1" },
    ]);
  });

  it("gives the rotated token", async () => {
    expect(await refresh()).toMatchObject({ refreshToken: "refresh-2" });
  });

  it("gives none where the provider does not rotate", async () => {
    idp.rotates = false;
    expect(await refresh()).toMatchObject({ refreshToken: undefined });
  });

  it("is not sent to a provider that names no token endpoint", async () => {
    const { token_endpoint: _gone, ...metadata } = provider.metadata;
    provider = { issuer: provider.issuer, metadata };
    await failure(refresh(), "idp_invalid_response");
    expect(idp.requests).toEqual([]);
  });

  it("may give no ID token (OpenID Connect Core 12.2)", async () => {
    idp.givesIdToken = false;
    expect(await refresh()).toMatchObject({ idToken: undefined, refreshToken: "refresh-2" });
  });

  it.each([
    [400, "invalid_grant"],
    [403, "invalid_grant"],
    [401, "invalid_grant"],
    [400, "unauthorized_client"],
    [403, "unsupported_grant_type"],
  ])("answered with HTTP %i %s has ended the session, and says so in the provider's words", async (status, error) => {
    idp.answers.token = () =>
      json(status, {
        error,
        error_description: "Unknown or invalid refresh token.",
        error_uri: "https://idp.example.com/errors/1",
      });
    const ended = await failure(refresh(), "idp_session_expired");
    expect(ended.details).toEqual({ error, httpStatus: status, errorUri: "https://idp.example.com/errors/1" });
    expect(ended.message).toContain(`${error}: Unknown or invalid refresh token`);
  });

  it.each([
    [403, "mfa_required"],
    [400, "interaction_required"],
    [401, "login_required"],
    [400, "consent_required"],
    [403, "access_denied"],
    [403, "unauthorized"],
    [401, "a_code_of_its_own"],
  ])("answered with HTTP %i %s is sign_in_required", async (status, error) => {
    idp.answers.token = () => json(status, { error });
    expect((await failure(refresh(), "sign_in_required")).details).toEqual({ error, httpStatus: status });
  });

  it.each(["javascript:alert(1)", "no url", 7, "", `https://idp.example.com/${"x".repeat(3000)}`])(
    "names no page that cannot be shown (%#)",
    async (uri) => {
      idp.answers.token = () => json(400, { error: "invalid_grant", error_uri: uri });
      expect((await failure(refresh(), "idp_session_expired")).details).toEqual({
        error: "invalid_grant",
        httpStatus: 400,
      });
    },
  );

  it.each(["invalid_client", "invalid_request", "invalid_scope", "server_error", "slow_down"])(
    "answered with %s is idp_rejected",
    async (error) => {
      idp.answers.token = () => json(400, { error });
      expect((await failure(refresh(), "idp_rejected")).message).toBe(error);
    },
  );

  it.each<[string, () => Response | Promise<Response>, "idp_unavailable" | "idp_unreachable" | "idp_invalid_response"]>(
    [
      ["HTTP 500", () => json(500, { error: "invalid_grant" }), "idp_unavailable"],
      ["HTTP 503 with Retry-After", () => json(503, {}, { "retry-after": "1" }), "idp_unavailable"],
      ["a plain 429", () => json(429, { error: "access_denied" }), "idp_unavailable"],
      ["no answer in time", () => Promise.reject(new HttpFailure("timeout", "none")), "idp_unreachable"],
      ["a cut connection", () => Promise.reject(new HttpFailure("unreachable", "reset")), "idp_unreachable"],
      ["a redirect", () => Promise.reject(new HttpFailure("redirect", "elsewhere")), "idp_unreachable"],
      ["a page", () => new Response("<html>"), "idp_invalid_response"],
      ["half a JSON text", () => new Response('{"access_token":"a'), "idp_invalid_response"],
    ],
  )("is not sent again after %s", async (_name, answer, code) => {
    idp.answers.token = answer;
    await failure(refresh(), code);
    expect(idp.requests).toEqual(["token refresh_token"]);
  });

  it("that is aborted ends with the caller's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    idp.answers.token = () => {
      controller.abort(reason);
      return Promise.reject(reason);
    };
    await expect(refresh(controller.signal)).rejects.toBe(reason);
    expect(idp.requests).toEqual(["token refresh_token"]);
  });
});

describe("a revocation", () => {
  it("says what kind of token it is about", async () => {
    const forms: unknown[] = [];
    idp.answers.revoke = (form) => {
      forms.push(Object.fromEntries(form));
      return new Response("");
    };
    await revoke();
    expect(forms).toEqual([{ client_id: "client", token: "refresh-1", token_type_hint: "refresh_token" }]);
  });

  it("of a token that the provider does not know is done (RFC 7009 section 2.2; Keycloak adds an error)", async () => {
    idp.answers.revoke = () => json(200, { error: "invalid_token" });
    await expect(revoke()).resolves.toBeUndefined();
  });

  it.each<[string, () => Response | Promise<Response>, "idp_unavailable" | "idp_unreachable" | "idp_rejected"]>([
    ["HTTP 503", () => json(503, {}), "idp_unavailable"],
    ["HTTP 429", () => json(429, {}), "idp_unavailable"],
    ["HTTP 400", () => json(400, { error: "unsupported_token_type" }), "idp_rejected"],
    ["HTTP 401", () => json(401, { error: "invalid_client" }), "idp_rejected"],
    ["no answer", () => Promise.reject(new HttpFailure("timeout", "none")), "idp_unreachable"],
  ])("fails after %s", async (_name, answer, code) => {
    idp.answers.revoke = answer;
    await failure(revoke(), code);
  });

  it("fails where the provider offers none, and sends nothing", async () => {
    const { revocation_endpoint: _gone, ...metadata } = provider.metadata;
    const poorer = { issuer: provider.issuer, metadata };
    const revoked = revokeRefreshToken(poorer, publicClient, "r", fakePorts({ fetch: idp.fetch }));
    await failure(revoked, "idp_rejected");
    expect(idp.requests).toEqual([]);
  });
});
