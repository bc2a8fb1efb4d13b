import { expectNoSecret, failure, fakePorts, type FakePorts } from "@tegata/testkit";
import * as v from "valibot";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../../test/fake-provider.ts";
import { openIdConnectIdp } from "./openid-connect-idp.ts";
import { TegataError } from "../base/errors.ts";
import { HttpFailure } from "../base/http.ts";
import { deviceGrant } from "../oidc/device-grant.ts";
import { discover } from "../oidc/openid-provider.ts";

let idp: FakeProvider;
let events: string[];

beforeEach(async () => {
  idp = await fakeProvider(Date.UTC(2030, 0, 1) / 1000);
  events = [];
});

const plugin = openIdConnectIdp({
  id: "example",
  summary: "an example",
  settings: v.strictObject({ issuer: v.string(), client_id: v.string() }),
  issuer: (settings) => settings.issuer,
  clientId: (settings) => settings.client_id,
  scope: () => "openid offline_access",
  grants: () => [deviceGrant()],
  explain: (refusal) =>
    refusal.error === "house_rule" || refusal.description === "by order of the house"
      ? new TegataError("idp_rejected", "the house says no")
      : undefined,
});
const settings = () => ({ issuer: idp.issuer, client_id: "client" });

interface Options {
  readonly refreshToken?: string;
  readonly person?: boolean;
  readonly keep?: (token: string) => Promise<void>;
}

function acquire({ refreshToken, person = true, keep }: Options, ports: FakePorts = fakePorts({ fetch: idp.fetch })) {
  return plugin.acquire(settings(), {
    ...ports,
    refreshToken,
    discover: () => discover(idp.issuer, ports),
    promptPerson: person
      ? (prompt) => {
          const what = prompt.kind === "device" ? prompt.userCode : prompt.authorizationUri;
          events.push(`prompt ${what} ${(prompt.expiresAt - ports.clock.now()) / 1000}`);
          return () => events.push("prompt ends");
        }
      : undefined,
    storeRefreshToken: async (token) => {
      await keep?.(token);
      events.push(`keep ${token}`);
    },
    dropRefreshToken: async () => {
      events.push("drop");
      await Promise.resolve();
    },
  });
}

describe("renewing by refresh token", () => {
  it("stores a rotated token before it gives the ID token", async () => {
    const grant = await acquire({ refreshToken: "refresh-1", person: false });
    expect(events).toEqual(["keep refresh-2"]);
    expect(grant).toMatchObject({ refreshToken: "refresh-2", byRefreshToken: true });
  });

  it("fails when the rotated token cannot be stored", async () => {
    const full = new TegataError("storage_unwritable", "the disk is full");
    const acquired = acquire({ refreshToken: "refresh-1", keep: () => Promise.reject(full) });
    expect(await failure(acquired, "storage_unwritable")).toBe(full);
    expect(events).toEqual([]);
  });

  it("goes on with the old token where there is no rotation, and writes nothing", async () => {
    idp.rotates = false;
    const grant = await acquire({ refreshToken: "refresh-1", person: false });
    expect(grant).toMatchObject({ refreshToken: "refresh-1", byRefreshToken: true });
    expect(events).toEqual([]);
  });

  it("writes nothing when the same token comes back", async () => {
    idp.answers.token = () => json(200, { access_token: "a", id_token: "i", refresh_token: "refresh-1" });
    expect(await acquire({ refreshToken: "refresh-1" })).toMatchObject({ refreshToken: "refresh-1" });
    expect(events).toEqual([]);
  });

  it("stores the rotated token and asks the person when no ID token came with it", async () => {
    idp.answers.token = (form) =>
      form.get("grant_type") === "refresh_token"
        ? json(200, { access_token: "a", refresh_token: "refresh-2" })
        : json(200, { access_token: "a", id_token: "i", refresh_token: "refresh-3" });
    expect(await acquire({ refreshToken: "refresh-1" })).toMatchObject({
      refreshToken: "refresh-3",
      byRefreshToken: false,
    });
    expect(events).toEqual(["keep refresh-2", "prompt WDJB-MJHT 600", "prompt ends"]);
  });

  it.each(["invalid_grant", "unauthorized_client"])("drops the token after %s, then asks the person", async (error) => {
    idp.answers.token = (form) =>
      form.get("grant_type") === "refresh_token" ? json(400, { error }) : json(200, { id_token: "i" });
    expect(await acquire({ refreshToken: "refresh-1" })).toMatchObject({ byRefreshToken: false });
    expect(events).toEqual(["drop", "prompt WDJB-MJHT 600", "prompt ends"]);
  });

  it.each([
    ["HTTP 500", () => json(500, {}), "idp_unavailable"],
    ["no answer", () => Promise.reject(new HttpFailure("timeout", "none")), "idp_unreachable"],
    ["invalid_client", () => json(401, { error: "invalid_client" }), "idp_client_rejected"],
    ["a page", () => new Response("<html>"), "idp_invalid_response"],
  ] as const)("keeps the token and asks nobody after %s", async (_name, answer, code) => {
    idp.answers.token = answer;
    await failure(acquire({ refreshToken: "refresh-1" }), code);
    expect(events).toEqual([]);
  });
});

describe("asking a person", () => {
  it("is refused, and nothing is sent, when nobody may be asked", async () => {
    await failure(acquire({ person: false }), "sign_in_required");
    expect(idp.requests).toEqual([]);
  });

  it("takes the prompt away when it succeeds", async () => {
    expect(await acquire({})).toMatchObject({ byRefreshToken: false, refreshToken: "refresh-2" });
    expect(events).toEqual(["prompt WDJB-MJHT 600", "prompt ends"]);
  });

  it.each([
    ["access_denied", "sign_in_denied"],
    ["expired_token", "sign_in_expired"],
    ["house_rule", "idp_rejected"],
    ["invalid_client", "idp_client_rejected"],
  ] as const)("takes the prompt away when it ends with %s", async (error, code) => {
    idp.answers.token = () => json(400, { error });
    await failure(acquire({}), code);
    expect(events).toEqual(["prompt WDJB-MJHT 600", "prompt ends"]);
  });

  it("takes the prompt away on Ctrl-C", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    idp.answers.token = () => {
      controller.abort(reason);
      return json(400, { error: "authorization_pending" });
    };
    const acquired = acquire({}, fakePorts({ fetch: idp.fetch, signal: controller.signal }));
    await expect(acquired).rejects.toBe(reason);
    expect(events).toEqual(["prompt WDJB-MJHT 600", "prompt ends"]);
  });

  it("is id_token_missing, with the scope in its hint, when there is no ID token", async () => {
    idp.givesIdToken = false;
    const error = await failure(acquire({}), "id_token_missing");
    expect(error.hint).toContain("openid offline_access");
  });

  it("shows no prompt when the device grant is refused", async () => {
    idp.answers.device = () => json(403, { error: "unauthorized_client" });
    await failure(acquire({}), "idp_grant_disabled");
    expect(events).toEqual([]);
  });
});

describe("a client with a secret", () => {
  it("sends it to the token and revocation endpoints alone, in the form, and logs it nowhere", async () => {
    const secret = "GOCSPX-no-secret";
    const forms: [string, string | null][] = [];
    for (const area of ["device", "token", "revoke"] as const) {
      idp.answers[area] = (form) => {
        forms.push([area, form.get("client_secret")]);
        return {
          device: json(200, {
            device_code: "d",
            user_code: "WDJB-MJHT",
            verification_uri: `${idp.issuer}/activate`,
            expires_in: 600,
          }),
          token: json(200, { id_token: "i", refresh_token: "refresh-2" }),
          revoke: new Response(""),
        }[area];
      };
    }
    const ports = fakePorts({ fetch: idp.fetch });
    const withSecret = openIdConnectIdp({
      id: "example",
      summary: "an example",
      settings: v.strictObject({ issuer: v.string(), client_secret: v.string() }),
      issuer: ({ issuer }) => issuer,
      clientId: () => "client",
      clientSecret: ({ client_secret: given }) => given,
      scope: () => "openid",
      grants: () => [deviceGrant()],
    });
    const its = { issuer: idp.issuer, client_secret: secret };
    for (const refreshToken of [undefined, "refresh-1"]) {
      await withSecret.acquire(its, {
        ...ports,
        refreshToken,
        discover: () => discover(idp.issuer, ports),
        promptPerson: () => () => undefined,
        storeRefreshToken: () => Promise.resolve(),
        dropRefreshToken: () => Promise.resolve(),
      });
    }
    await withSecret.revoke?.(its, "refresh-2", ports);
    expect(forms).toEqual([
      ["device", null],
      ["token", secret],
      ["token", secret],
      ["revoke", secret],
    ]);
    expectNoSecret(ports.lines.join("\n"), [secret]);
  });
});

describe("an IdP's own explanation", () => {
  it.each(["access_denied", "expired_token", "invalid_grant", "authorization_declined"])(
    "comes before what RFC 8628 means by %s",
    async (error) => {
      idp.answers.token = () => json(400, { error, error_description: "by order of the house" });
      const explained = await failure(acquire({}), "idp_rejected");
      expect(explained.message).toBe("the house says no");
    },
  );
});

describe("an OAuth error", () => {
  it.each([
    ["unauthorized_client", "idp_grant_disabled"],
    ["unsupported_grant_type", "idp_grant_disabled"],
    ["invalid_client", "idp_client_rejected"],
    ["invalid_scope", "idp_rejected"],
    ["invalid_request", "idp_rejected"],
    ["house_rule", "idp_rejected"],
  ] as const)("%s is explained as %s, with what to do", async (error, code) => {
    idp.answers.device = () => json(400, { error, error_description: "says\u001b[0m who" });
    const explained = await failure(acquire({}), code);
    expect(explained.message).toMatch(error === "house_rule" ? /the house says no/ : /says \[0m who/);
    expect(error === "house_rule" || explained.hint !== undefined).toBe(true);
  });
});

describe("revoking", () => {
  it("finds the endpoint by discovery", async () => {
    await plugin.revoke?.(settings(), "refresh-1", fakePorts({ fetch: idp.fetch }));
    expect(idp.requests).toEqual(["discovery", "revoke"]);
  });
});
