import { failure, fakePorts } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { TegataError } from "../base/errors.ts";
import { HttpFailure } from "../base/http.ts";
import { discover, tokenEndpointOf } from "./openid-provider.ts";

const issuer = "https://idp.example.com";
const endpoints = {
  device_authorization_endpoint: "https://idp.example.com/device/code",
  token_endpoint: "https://idp.example.com/token",
  revocation_endpoint: "https://idp.example.com/revoke",
  jwks_uri: "https://keys.example.net/jwks",
};

async function read(from: string, document: unknown, status = 200) {
  const urls: string[] = [];
  const accepts: (string | null)[] = [];
  const ports = fakePorts({
    fetch: (url, init) => {
      urls.push(url);
      accepts.push(new Headers(init.headers).get("accept"));
      const body = typeof document === "string" ? document : JSON.stringify(document);
      return Promise.resolve(new Response(body, { status }));
    },
  });
  const outcome = await discover(from, ports).then(
    (provider) => ({ provider, error: undefined }),
    (error: unknown) => ({ provider: undefined, error }),
  );
  return { ...outcome, urls, accepts };
}

const refusal = async (from: string, document: unknown, status?: number) => {
  const { error } = await read(from, document, status);
  return Promise.reject(error);
};

describe("a discovery document", () => {
  it.each([
    ["https://idp.example.com", "https://idp.example.com"],
    ["https://idp.example.com", "https://idp.example.com/"],
    ["https://idp.example.com/", "https://idp.example.com"],
    ["HTTPS://IDP.example.com:443", "https://idp.example.com"],
  ])("read for %s may name %s, and what it names counts", async (from, named) => {
    const { provider, urls, accepts } = await read(from, { issuer: named, ...endpoints });
    expect(urls).toEqual(["https://idp.example.com/.well-known/openid-configuration"]);
    expect(accepts).toEqual(["application/json"]);
    expect(provider?.issuer).toBe(named);
  });

  it.each(["https://idp.example.com/realms/a", "https://idp.example.com/realms/a/"])(
    "of the path issuer %s is found below its path",
    async (path) => {
      const { provider, urls } = await read(path, { issuer: path, ...endpoints });
      expect(urls).toEqual(["https://idp.example.com/realms/a/.well-known/openid-configuration"]);
      expect(provider?.issuer).toBe(path);
    },
  );

  it.each([
    ["https://idp.example.com/auth", "https://idp.example.com/auth/"],
    ["https://idp.example.com/auth/", "https://idp.example.com/auth"],
  ])("of a path issuer, read for %s, may name %s, and what it names counts", async (from, named) => {
    const { provider, urls } = await read(from, { issuer: named, ...endpoints });
    expect(urls).toEqual(["https://idp.example.com/auth/.well-known/openid-configuration"]);
    expect(provider?.issuer).toBe(named);
  });

  it("gives only what is used here, and takes null and an empty text for nothing", async () => {
    const { provider } = await read(issuer, {
      issuer,
      ...endpoints,
      revocation_endpoint: null,
      device_authorization_endpoint: "",
      mtls_endpoint_aliases: { token_endpoint: "https://evil.example.com" },
    });
    const { revocation_endpoint: _none, device_authorization_endpoint: _empty, ...others } = endpoints;
    expect(provider?.metadata).toEqual({ issuer, ...others });
  });

  it("may describe an issuer that only signs: asking for its token endpoint is the error", async () => {
    const { provider } = await read(issuer, { issuer, jwks_uri: endpoints.jwks_uri });
    if (provider === undefined) {
      throw new Error("refused");
    }
    const ask = async () => tokenEndpointOf(provider);
    const error = await failure(ask(), "idp_invalid_response");
    expect(error.message).toBe(
      "https://idp.example.com/ is not an OpenID provider: its discovery document names no token_endpoint",
    );
  });

  it.each([
    ["another host", issuer, "https://evil.example.com"],
    ["two slashes too many", `${issuer}/realms/a`, `${issuer}/realms/a//`],
    ["two slashes too few", `${issuer}/realms/a//`, `${issuer}/realms/a`],
    ["one of two slashes too few", `${issuer}/realms/a//`, `${issuer}/realms/a/`],
    ["a path in another case", `${issuer}/realms/a`, `${issuer}/realms/A`],
    ["a path that goes on", `${issuer}/realms/a`, `${issuer}/realms/a/b`],
    ["an encoded slash", `${issuer}/realms/a`, `${issuer}/realms/a%2F`],
    ["a query behind the slash", `${issuer}/realms/a`, `${issuer}/realms/a/?`],
    ["a fragment behind the slash", `${issuer}/realms/a`, `${issuer}/realms/a/#`],
    ["another port", issuer, `${issuer}:8443`],
    ["the http twin", issuer, "http://idp.example.com"],
    ["a query", issuer, `${issuer}?a`],
    ["no URL", issuer, "idp"],
    ["a line feed, which URLs drop", issuer, "https://idp.example\n.com"],
    ["spaces around it", issuer, ` ${issuer}`],
  ])("is refused when it names another issuer: %s", async (_name, from, named) => {
    const error = await failure(refusal(from, { issuer: named, ...endpoints }), "idp_invalid_response");
    expect(error.message).toContain("names another issuer");
  });

  it.each([
    ["an HTML page", "<html>sign in</html>"],
    ["an array", []],
    ["null", null],
    ["text", '"https://idp.example.com"'],
    ["nothing", ""],
    ["no issuer", endpoints],
    ["an issuer that is a number", { issuer: 1 }],
    ["an endpoint that is a number", { issuer, token_endpoint: 5 }],
    ["an endpoint that is an object", { issuer, jwks_uri: {} }],
  ])("is refused when it is %s", async (_name, document) => {
    await failure(refusal(issuer, document), "idp_invalid_response");
  });

  it.each([
    [404, "idp_invalid_response"],
    [401, "idp_invalid_response"],
    [201, "idp_invalid_response"],
    [429, "idp_unavailable"],
    [500, "idp_unavailable"],
    [503, "idp_unavailable"],
  ] as const)("with HTTP %i is %s", async (status, code) => {
    expect((await failure(refusal(issuer, { issuer }, status), code)).message).toContain(`HTTP ${status}`);
  });

  it.each([
    [
      { error: "invalid_request", error_description: "This server only accepts HTTPS requests." },
      "This server only accepts HTTPS requests",
    ],
    [{ error: "tenant_not_found" }, "tenant_not_found"],
    [{ error_description: `\u001b[2J${"x".repeat(5000)}` }, `[2J${"x".repeat(196)}…`],
  ])("that explains itself is quoted, without what a terminal obeys and with a limit (%#)", async (body, words) => {
    for (const status of [400, 503, 200]) {
      const { error } = await read(issuer, body, status);
      expect(error).toBeInstanceOf(TegataError);
      expect(String(error)).toMatch(new RegExp(`: ${words.replaceAll(/[[\]]/g, "\\$&")}$`));
    }
  });

  it.each(["http://idp.example.com", "https://idp.internal:8443"])(
    "that names the same path at %s is refused, with a hint about the provider's public address",
    async (named) => {
      const error = await failure(refusal(issuer, { issuer: named, ...endpoints }), "idp_invalid_response");
      expect(error.hint).toContain(`if ${issuer}/ is right, the provider does not know its public address`);
    },
  );

  it("that does not come is idp_unreachable", async () => {
    const ports = fakePorts({ fetch: () => Promise.reject(new HttpFailure("timeout", "no complete answer")) });
    expect((await failure(discover(issuer, ports), "idp_unreachable")).details).toEqual({
      host: "idp.example.com",
      reason: "timeout",
    });
  });
});

describe("an endpoint in a discovery document", () => {
  const names = ["device_authorization_endpoint", "token_endpoint", "revocation_endpoint", "jwks_uri"] as const;

  it.each(
    names.flatMap((name) =>
      [
        "http://idp.example.com/x",
        "http://127.0.0.1:80/x",
        "http://localhost/x",
        "/x",
        "//idp.example.com/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://ann@idp.example.com/x",
        "https://:secret@idp.example.com/x",
        "https://",
      ].map((url) => [name, url] as const),
    ),
  )("%s is not trusted at %j", async (name, url) => {
    const error = await failure(refusal(issuer, { issuer, ...endpoints, [name]: url }), "idp_untrusted_url");
    expect(error.details).toEqual({ endpoint: name });
  });

  it("may be http on loopback only when the issuer is there too", async () => {
    const local = "http://127.0.0.1:9400";
    const { provider } = await read(local, { issuer: local, token_endpoint: "http://localhost:9401/token" });
    expect(provider?.metadata.token_endpoint).toBe("http://localhost:9401/token");
    const away = { issuer: local, token_endpoint: "http://idp.example.com/token" };
    await failure(refusal(local, away), "idp_untrusted_url");
  });

  it("is shown without what a terminal would obey", async () => {
    const url = "javascript:\u001b[2J\u202e";
    const error = await failure(refusal(issuer, { issuer, token_endpoint: url }), "idp_untrusted_url");
    expect(error.message).toContain("not a plain https URL: javascript: [2J");
  });
});
