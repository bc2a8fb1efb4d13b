import { failure, fakePorts } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { requestDeviceAuthorization, type DeviceAuthorizationRequest } from "./device-authorization.ts";
import { TegataError } from "../base/errors.ts";
import { HttpFailure } from "../base/http.ts";
import type { OpenIdProvider } from "./openid-provider.ts";

const issuer = "https://idp.example.com";
const provider: OpenIdProvider = {
  issuer,
  metadata: {
    issuer,
    token_endpoint: `${issuer}/token`,
    device_authorization_endpoint: "https://login.idp.example.com/device/code",
  },
};
const answer = {
  device_code: "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
  user_code: "WDJB-MJHT",
  verification_uri: `${issuer}/device`,
  verification_uri_complete: `${issuer}/device?user_code=WDJB-MJHT`,
  expires_in: 1800,
  interval: 5,
};

interface World {
  readonly body?: unknown;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly request?: Partial<DeviceAuthorizationRequest>;
  readonly at?: OpenIdProvider;
}

async function ask({ body = answer, status = 200, headers = {}, request = {}, at = provider }: World = {}) {
  const sent: { url: string; headers: Headers; form: Record<string, string> }[] = [];
  const ports = fakePorts({
    fetch: (url, init) => {
      sent.push({
        url,
        headers: new Headers(init.headers),
        form: Object.fromEntries(init.body instanceof URLSearchParams ? init.body : []),
      });
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return Promise.resolve(new Response(text, { status, headers }));
    },
  });
  const outcome = requestDeviceAuthorization(
    at,
    { clientId: "client", scope: "openid email", parameters: {}, verificationHosts: [], ...request },
    ({ error, description }) => new TegataError("idp_rejected", [error, description].join(": ")),
    ports,
  );
  const settled = await outcome.then(
    (authorization) => ({ authorization, error: undefined }),
    (error: unknown) => ({ authorization: undefined, error }),
  );
  return { sent, authorization: settled.authorization, outcome };
}

const unknownRefusal = () => new TegataError("idp_rejected", "refused");
const asking = async (world: World) => (await ask(world)).outcome;
const patched = (patch: Readonly<Record<string, unknown>>) => asking({ body: { ...answer, ...patch } });

describe("a device authorization request", () => {
  it("asks for JSON, as a form, with the client id and what the provider wants besides", async () => {
    const { sent, authorization } = await ask({ request: { parameters: { audience: "https://api", scope: "lost" } } });
    expect(sent.map(({ url, form }) => ({ url, form }))).toEqual([
      {
        url: "https://login.idp.example.com/device/code",
        form: { client_id: "client", scope: "openid email", audience: "https://api" },
      },
    ]);
    expect(sent[0]?.headers.get("accept")).toBe("application/json");
    expect(sent[0]?.headers.get("content-type")).toBe("application/x-www-form-urlencoded;charset=UTF-8");
    expect(sent[0]?.headers.has("authorization")).toBe(false);
    expect(authorization).toEqual({
      deviceCode: answer.device_code,
      userCode: "WDJB-MJHT",
      verificationUri: `${issuer}/device`,
      verificationUriComplete: `${issuer}/device?user_code=WDJB-MJHT`,
      expiresInSeconds: 1800,
      intervalSeconds: 5,
    });
  });

  it.each([
    ["device_authorization_endpoint", "idp_grant_disabled"],
    ["token_endpoint", "idp_invalid_response"],
  ] as const)("is not sent when the provider has no %s", async (name, code) => {
    const { [name]: _gone, ...metadata } = provider.metadata;
    const { sent, outcome } = await ask({ at: { issuer, metadata: { ...metadata, issuer } } });
    await failure(outcome, code);
    expect(sent).toEqual([]);
  });
});

describe("the numbers of a device authorization response", () => {
  it.each([
    ["no interval", { interval: undefined }, 5],
    ["an interval of null", { interval: null }, 5],
    ["an interval as text", { interval: "7" }, 7],
    ["an interval of 0, which is no leave to ask without a pause", { interval: 0 }, 1],
    ["a fraction of a second", { interval: 0.25 }, 1],
    ["the longest interval", { interval: 300 }, 300],
  ])("tell how far apart polls are, with %s", async (_name, patch, seconds) => {
    expect((await patched(patch)).intervalSeconds).toBe(seconds);
  });

  it.each([
    ["as text", "900", 900],
    ["of a year, cut to a day so that no timer overflows", 31_536_000, 86_400],
    ["beyond all numbers of seconds", 1e308, 86_400],
  ])("may give a lifetime %s", async (_name, value, seconds) => {
    expect((await patched({ expires_in: value })).expiresInSeconds).toBe(seconds);
  });

  it.each([
    ...[-1, 301, 1e9, "-1", "soon", "", "5.5", true, [], {}].map((interval) => ({ interval })),
    ...[0, -1, null, undefined, "0", "NaN", "", "900 s", true, [900], {}].map((life) => ({ expires_in: life })),
  ])("are refused: %j", async (patch) => {
    const error = await failure(patched(patch), "idp_invalid_response");
    expect(error.message).toContain(`its ${Object.keys(patch)[0]} is missing or makes no sense`);
  });
});

describe("the codes of a device authorization response", () => {
  it.each([
    ...["", " ", "WDJB\nMJHT", "WDJB\u001b[2J", "\u202eWDJB", "WD\u200bJB", " WDJB ", 7, null].map((userCode) => ({
      user_code: userCode,
    })),
    { user_code: undefined },
    ...["", 7, null, undefined].map((deviceCode) => ({ device_code: deviceCode })),
  ])("are refused: %j", async (patch) => {
    const error = await failure(patched(patch), "idp_invalid_response");
    expect(error.message).toContain(`its ${Object.keys(patch)[0]} is missing or makes no sense`);
    expect(error.message).not.toContain(answer.device_code);
  });

  it.each(["123 456 789", "かきくけ"])("may be what a person can read and type: %s", async (userCode) => {
    expect((await patched({ user_code: userCode })).userCode).toBe(userCode);
  });
});

describe("the page that a person is to open", () => {
  const bad = [
    "https://evil.example.com/device",
    "https://idp.example.com.evil.com/device",
    "https://sub.idp.example.com/device",
    "https://idp.example.com:8443/device",
    "https://idp.example.com./device",
    "http://idp.example.com/device",
    "http://localhost/device",
    "https://idp.example.com@evil.example.com/device",
    "https://ann@idp.example.com/device",
    "https://ann:secret@idp.example.com/device",
    "https://:secret@idp.example.com/device",
    "https://ıdp.example.com/device",
    "https://іdp.example.com/device",
    "//idp.example.com/device",
    "/device",
    "javascript:alert(1)",
    "data:text/html,<script>",
    "file:///etc/passwd",
    "vscode://idp.example.com/device",
    `https://idp.example.com/${"\u00e9".repeat(1000)}`,
  ];

  it.each(["verification_uri", "verification_uri_complete"].flatMap((name) => bad.map((url) => [name, url] as const)))(
    "is not trusted: %s %j",
    async (name, url) => {
      await failure(patched({ [name]: url }), "idp_untrusted_url");
    },
  );

  it("is found under its name of the early drafts, and has to be as safe there", async () => {
    const { verification_uri: uri, ...draft } = answer;
    const named = await asking({ body: { ...draft, verification_url: uri } });
    expect(named.verificationUri).toBe(uri);
    await failure(asking({ body: { ...draft, verification_url: "https://evil.example.com/" } }), "idp_untrusted_url");
    expect((await patched({ verification_url: "https://evil.example.com/" })).verificationUri).toBe(uri);
  });

  it.each([undefined, 7, null, "", " "].map((uri) => ({ verification_uri: uri })))(
    "is an invalid response when it is missing or makes no sense: %j",
    async (patch) => {
      const error = await failure(patched(patch), "idp_invalid_response");
      expect(error.message).toContain("its verification_uri is missing or makes no sense");
    },
  );

  it("with a look-alike name is shown in ASCII", async () => {
    const error = await failure(patched({ verification_uri: "https://іdp.example.com/" }), "idp_untrusted_url");
    expect(error.message).toContain("https://xn--dp-");
  });

  it.each([7, {}, ["https://idp.example.com"]])("must be text: %j", async (url) => {
    await failure(patched({ verification_uri: url }), "idp_invalid_response");
    await failure(patched({ verification_uri_complete: url }), "idp_invalid_response");
  });

  it.each([{ verification_uri: undefined }, { verification_uri: null }])("must be there: %j", async (patch) => {
    await failure(patched(patch), "idp_invalid_response");
  });

  it.each([undefined, null, "", "  ", "\u200b"])("need not come with the code filled in: %j", async (complete) => {
    expect((await patched({ verification_uri_complete: complete })).verificationUriComplete).toBeUndefined();
  });

  it("may be on the endpoint's own host, and on a host that the settings name", async () => {
    const there = "https://login.idp.example.com/device";
    expect((await patched({ verification_uri: there })).verificationUri).toBe(there);
    const { authorization } = await ask({
      body: { ...answer, verification_uri: "https://WWW.example.com/d" },
      request: { verificationHosts: ["www.example.com"] },
    });
    expect(authorization?.verificationUri).toBe("https://www.example.com/d");
  });

  it("is given as the URL that a browser would open, without hidden characters", async () => {
    const { verificationUri } = await patched({ verification_uri: "https://idp.example.com/a\u202e\n\tb c" });
    expect(verificationUri).toBe("https://idp.example.com/a%E2%80%AEb%20c");
  });
});

describe("a text of a device authorization response", () => {
  it.each([
    ["user_code", "W".repeat(65), 64],
    ["user_code", "W".repeat(100_000), 64],
    ["device_code", "d".repeat(65_537), 65_536],
    ["verification_uri", `${issuer}/${"x".repeat(100_000)}`, 2048],
    ["verification_uri_complete", `${issuer}/${"x".repeat(2048)}`, 2048],
  ])("is refused beyond its limit: %s", async (name, text, limit) => {
    const error = await failure(patched({ [name]: text }), "idp_invalid_response");
    const words = `its ${name} has ${text.length} characters, and at most ${limit} are taken`;
    expect(error.message).toContain(words);
    expect(error.message.length).toBeLessThan(250);
  });

  it("may be the URL of a page with 2048 characters", async () => {
    const uri = `${issuer}/${"x".repeat(2047 - issuer.length)}`;
    expect((await patched({ verification_uri: uri })).verificationUri).toBe(uri);
  });
});

describe("a refusal of the device authorization endpoint", () => {
  it.each([
    [400, { error: "invalid_scope", error_description: "no \u001b[31moffline" }, "invalid_scope: no [31moffline"],
    [401, { error: "invalid_client" }, "invalid_client: "],
    [
      403,
      { error: "unauthorized_client", error_description: "Grant type not allowed" },
      "unauthorized_client: Grant type not allowed",
    ],
    [403, { error: "access_denied", error_description: null }, "access_denied: "],
    [200, { error: "invalid_request" }, "invalid_request: "],
    [404, { error: "unauthorized_client", error_description: 7 }, "unauthorized_client: "],
  ])("with HTTP %i is explained: %j", async (status, body, words) => {
    expect((await failure(asking({ status, body }), "idp_rejected")).message).toBe(words);
  });

  it.each([
    [404, "<html>not here</html>"],
    [404, { error: "Not Found", status: 404, path: "/device" }],
    [405, ""],
    [410, {}],
  ])("with HTTP %i means that the endpoint is not there: %j", async (status, body) => {
    const { message } = await failure(asking({ status, body }), "idp_grant_disabled");
    expect(message).toContain(`answers HTTP ${status}`);
  });

  it("is understood when it comes with a challenge (RFC 6749 section 5.2)", async () => {
    const headers = { "www-authenticate": 'Basic realm="idp"' };
    await failure(asking({ status: 401, body: { error: "invalid_client" }, headers }), "idp_rejected");
  });

  it.each([429, 500, 502, 503])(
    "with HTTP %i is idp_unavailable, even when its body has an OAuth error",
    async (status) => {
      await failure(asking({ status, body: { error: "invalid_client" } }), "idp_unavailable");
    },
  );

  it.each([
    ["an HTML page", 200, "<html>Enter your code</html>", "no JSON"],
    ["an array", 200, [answer], "device_code"],
    ["null", 200, null, "no JSON"],
    ["an empty body", 200, "", "no JSON"],
    ["a 201", 201, answer, "HTTP 201"],
    ["an error of the wrong kind", 400, { error: { code: 1 } }, "HTTP 400"],
  ])("without an OAuth error is an invalid response: %s", async (_name, status, body, words) => {
    const error = await failure(asking({ status, body }), "idp_invalid_response");
    expect(error.message).toContain(words === "no JSON" ? "it is not a JSON object" : words);
  });

  it("is idp_unreachable when the network failed", async () => {
    const ports = fakePorts({ fetch: () => Promise.reject(new HttpFailure("redirect", "elsewhere")) });
    const request = { clientId: "c", scope: "openid", parameters: {}, verificationHosts: [] };
    await failure(requestDeviceAuthorization(provider, request, unknownRefusal, ports), "idp_unreachable");
  });
});
