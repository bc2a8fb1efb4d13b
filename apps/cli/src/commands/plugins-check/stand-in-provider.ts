import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** An OpenID provider on loopback with a person who does as told: enough of one for a program that uses the device grant. */
export interface StandInProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** The person at the page decides about every code that is asked for from now on. */
  decide(decision: "allow" | "deny" | "wait"): void;
  /** The user codes that were given out. */
  readonly userCodes: readonly string[];
  /** Everything secret that was given out. */
  readonly secrets: readonly string[];
  isRefreshTokenAlive(token: string): boolean;
  stop(): Promise<void>;
}

type Decision = "allow" | "deny" | "wait";
type Form = URLSearchParams;
interface StandInResponse {
  readonly status: number;
  readonly body: unknown;
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
  let decision: Decision = "wait";
  let issuer = "";

  const newSecret = () => {
    const secret = base64url(crypto.getRandomValues(new Uint8Array(32)));
    secrets.push(secret);
    return secret;
  };
  const tokens = async (): Promise<StandInResponse> => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      sub: "somebody",
      aud: clientId,
      iat: now,
      exp: now + 300,
      email: "somebody@example.com",
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
  const endpoints: Readonly<Record<string, (form: Form) => StandInResponse | Promise<StandInResponse>>> = {
    "/.well-known/openid-configuration": () =>
      ok({
        issuer,
        jwks_uri: `${issuer}/keys`,
        token_endpoint: `${issuer}/token`,
        device_authorization_endpoint: `${issuer}/device`,
        revocation_endpoint: `${issuer}/revoke`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
      }),
    "/keys": () => ok({ keys: [{ kty, crv, x, y, kid: "1", alg: "ES256", use: "sig" }] }),
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
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const { status, body } = (await endpoints[pathname]?.(new URLSearchParams(await text(request)))) ?? {
      status: 404,
      body: {},
    };
    response.writeHead(status, { "content-type": "application/json", connection: "close" });
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
    userCodes,
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
