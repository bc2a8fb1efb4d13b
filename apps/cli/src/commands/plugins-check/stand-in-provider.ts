import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { isLoopbackHost } from "@tegata/core";

/**
 * An OpenID provider on loopback with a person who does as told: enough of one for a program that uses the device grant, or the
 * authorization code grant with PKCE.
 */
export interface StandInProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** The person at the page decides about every code that is asked for from now on. */
  decide(decision: Decision): void;
  /** The ID tokens of the authorization code grant hold another nonce from now on. */
  spoilNonces(): void;
  /** The user codes that were given out. */
  readonly userCodes: readonly string[];
  /** What the authorization endpoint was asked for, by the names of the parameters. */
  readonly authorizationRequests: readonly URLSearchParams[];
  /** The authorization codes that the token endpoint was sent, each as often as it came. */
  readonly sentCodes: readonly string[];
  /** Everything secret that was given out. */
  readonly secrets: readonly string[];
  isRefreshTokenAlive(token: string): boolean;
  stop(): Promise<void>;
}

/** What the person at the page does. */
export type Decision = "allow" | "deny" | "wait";
type Form = URLSearchParams;
interface StandInResponse {
  readonly status: number;
  readonly body: unknown;
  /** Where the browser is sent. */
  readonly location?: string;
}
/** What a code was given out for. */
interface Authorization {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
}

const clientId = "tegata-plugins-check";
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

export async function startStandInProvider(): Promise<StandInProvider> {
  const key = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", key.publicKey);
  const decisions = new Map<string, Decision>();
  const refreshTokens = new Set<string>();
  const secrets: string[] = [];
  const userCodes: string[] = [];
  const authorizations = new Map<string, Authorization>();
  const authorizationRequests: Form[] = [];
  const sentCodes: string[] = [];
  let areNoncesSpoiled = false;
  let decision: Decision = "wait";
  let issuer = "";

  const newSecret = () => {
    const secret = base64url(crypto.getRandomValues(new Uint8Array(32)));
    secrets.push(secret);
    return secret;
  };
  const tokens = async (nonce?: string): Promise<StandInResponse> => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      sub: "somebody",
      aud: clientId,
      iat: now,
      exp: now + 300,
      email: "somebody@example.com",
      ...(nonce === undefined ? {} : { nonce: areNoncesSpoiled ? `${nonce}x` : nonce }),
    };
    const signed = [{ alg: "ES256", kid: "1" }, claims]
      .map((part) => base64url(encode(JSON.stringify(part))))
      .join(".");
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, encode(signed));
    const idToken = `${signed}.${base64url(new Uint8Array(signature))}`;
    const refreshToken = newSecret();
    refreshTokens.add(refreshToken);
    secrets.push(idToken);
    return ok({
      id_token: idToken,
      access_token: newSecret(),
      token_type: "Bearer",
      expires_in: 300,
      refresh_token: refreshToken,
    });
  };
  /** RFC 6749 section 4.1, RFC 7636, RFC 9207. */
  const authorize = (query: Form): StandInResponse => {
    authorizationRequests.push(query);
    const redirectUri = query.get("redirect_uri") ?? "";
    if (query.get("client_id") !== clientId || !isOwnRedirect(redirectUri)) {
      // No answer goes to an address that nobody has registered.
      return refused("invalid_request");
    }
    const problem = problemOf(query);
    const answer = (members: Readonly<Record<string, string>>): StandInResponse => {
      const location = new URL(redirectUri);
      const state = query.get("state");
      for (const [name, value] of Object.entries({ ...members, ...(state === null ? {} : { state }), iss: issuer })) {
        location.searchParams.set(name, value);
      }
      return { status: 303, body: {}, location: location.href };
    };
    if (problem !== undefined) {
      return answer(problem);
    }
    switch (decision) {
      case "wait":
        return ok({});
      case "deny":
        return answer({ error: "access_denied" });
      case "allow": {
        const code = newSecret();
        const challenge = query.get("code_challenge") ?? "";
        authorizations.set(code, { redirectUri, challenge, nonce: query.get("nonce") ?? undefined });
        return answer({ code });
      }
    }
  };
  const redeem = async (form: Form): Promise<StandInResponse> => {
    const code = form.get("code") ?? "";
    sentCodes.push(code);
    const authorization = authorizations.get(code);
    // Each works once.
    authorizations.delete(code);
    return authorization !== undefined &&
      form.get("redirect_uri") === authorization.redirectUri &&
      form.get("client_id") === clientId &&
      (await challengeOf(form.get("code_verifier") ?? "")) === authorization.challenge
      ? tokens(authorization.nonce)
      : refused("invalid_grant");
  };
  const endpoints: Readonly<Record<string, (form: Form) => StandInResponse | Promise<StandInResponse>>> = {
    "/.well-known/openid-configuration": () =>
      ok({
        issuer,
        jwks_uri: `${issuer}/keys`,
        token_endpoint: `${issuer}/token`,
        authorization_endpoint: `${issuer}/authorize`,
        authorization_response_iss_parameter_supported: true,
        code_challenge_methods_supported: ["S256"],
        device_authorization_endpoint: `${issuer}/device`,
        revocation_endpoint: `${issuer}/revoke`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
      }),
    "/keys": () => ok({ keys: [{ kty, crv, x, y, kid: "1", alg: "ES256", use: "sig" }] }),
    "/authorize": authorize,
    "/device": (form) => {
      if (form.get("client_id") !== clientId) {
        return refused("invalid_client");
      }
      const deviceCode = newSecret();
      const userCode = `TEST-${String(userCodes.length + 1).padStart(4, "0")}`;
      userCodes.push(userCode);
      decisions.set(deviceCode, decision);
      const page = `${issuer}/activate`;
      return ok({
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: page,
        verification_uri_complete: `${page}?user_code=${userCode}`,
        expires_in: 60,
        interval: 1,
      });
    },
    "/token": (form) => {
      if (form.get("grant_type") === "refresh_token") {
        // Each works once.
        return refreshTokens.delete(form.get("refresh_token") ?? "") ? tokens() : refused("invalid_grant");
      }
      if (form.get("grant_type") === "authorization_code") {
        return redeem(form);
      }
      const decided = decisions.get(form.get("device_code") ?? "");
      return form.get("grant_type") !== deviceGrant
        ? refused("unsupported_grant_type")
        : decided === "allow"
          ? tokens()
          : refused(
              decided === "deny" ? "access_denied" : decided === "wait" ? "authorization_pending" : "invalid_grant",
            );
    },
    "/revoke": (form) => {
      refreshTokens.delete(form.get("token") ?? "");
      return ok({});
    },
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const form = request.method === "GET" ? searchParams : new URLSearchParams(await text(request));
    const { status, body, location }: StandInResponse = (await endpoints[pathname]?.(form)) ?? {
      status: 404,
      body: {},
    };
    response.writeHead(status, {
      "content-type": "application/json",
      connection: "close",
      ...(location === undefined ? {} : { location }),
    });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  issuer = `http://127.0.0.1:${await listen(server)}`;
  return {
    issuer,
    clientId,
    decide: (next) => {
      decision = next;
    },
    spoilNonces: () => {
      areNoncesSpoiled = true;
    },
    userCodes,
    authorizationRequests,
    sentCodes,
    secrets,
    isRefreshTokenAlive: (token) => refreshTokens.has(token),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

/** RFC 8252 section 7.3. */
function isOwnRedirect(redirectUri: string): boolean {
  if (!URL.canParse(redirectUri)) {
    return false;
  }
  const { protocol, hostname, hash } = new URL(redirectUri);
  return protocol === "http:" && isLoopbackHost(hostname) && hash === "";
}

function problemOf(query: Form): Readonly<Record<string, string>> | undefined {
  const scopes = (query.get("scope") ?? "").split(" ");
  return query.get("response_type") !== "code"
    ? { error: "unsupported_response_type" }
    : !scopes.includes("openid")
      ? { error: "invalid_scope", error_description: "the scope lacks openid" }
      : query.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(query.get("code_challenge") ?? "")
        ? { error: "invalid_request", error_description: "PKCE with S256 is needed" }
        : undefined;
}

/** RFC 7636 section 4.2. */
async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", encode(verifier))));
}

function ok(body: unknown): StandInResponse {
  return { status: 200, body };
}

function refused(error: string): StandInResponse {
  return { status: 400, body: { error } };
}

function encode(content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(content);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
