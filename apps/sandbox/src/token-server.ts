import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from "jose";
import type { SandboxRole } from "./options.ts";
import { providerArn, providerName } from "./sts/trust-policy.ts";
import { parseRoleArn } from "./sts/iam.ts";

/** A request as the platform saw it. */
export interface TokenServerRequest {
  method: string;
  /** Path and query, as they were sent. */
  target: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** `cut` closes the connection, `hang` never answers. */
export type TokenServerResponse =
  | { status: number; headers?: Readonly<Record<string, string>>; body?: string }
  | "cut"
  | "hang";

/** A platform with tokens for its own workloads, on loopback: an issuer, and what its endpoints answer. */
export interface TokenServer {
  origin: string;
  /** What its tokens name in `iss`, and where its discovery document is. */
  issuer: string;
  /** Answers every request but those for discovery and keys. Default: 404. */
  respond: (request: TokenServerRequest) => TokenServerResponse | Promise<TokenServerResponse>;
  /** A signed token for five minutes; claims replace the usual ones, `undefined` takes one out. */
  signToken(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Every token that was obtained, in order. */
  tokens(): readonly string[];
  /** Without those for discovery and keys. */
  requests(): readonly TokenServerRequest[];
  clear(): void;
  close(): Promise<void>;
}

/** What {@link startTokenServer} can be told. */
export interface TokenServerOptions {
  /** Path of the issuer, such as `/_services/token`. Default: none. */
  issuerPath?: string;
  /** Default claims of its tokens. */
  subject?: string;
  audience?: string | readonly string[];
}

/** Starts a platform on 127.0.0.1. */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const { issuerPath = "", subject = "workload", audience = "sts.amazonaws.com" } = options;
  const keys = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "workload", alg: "ES256", use: "sig" };
  const tokens: string[] = [];
  const requests: TokenServerRequest[] = [];
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("the server has no TCP address");
  }
  const origin = `http://127.0.0.1:${address.port}`;
  const issuer = `${origin}${issuerPath}`;
  const documents = new Map<string | undefined, unknown>([
    [`${issuerPath}/.well-known/openid-configuration`, { issuer, jwks_uri: `${origin}/keys.json` }],
    ["/keys.json", { keys: [jwk] }],
  ]);

  const tokenServer: TokenServer = {
    origin,
    issuer,
    respond: () => ({ status: 404 }),
    signToken: async (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const token = await new SignJWT({
        iss: issuer,
        sub: subject,
        aud: typeof audience === "string" ? audience : [...audience],
        iat: now,
        exp: now + 300,
        jti: `token-${tokens.length + 1}`,
        ...claims,
      } satisfies JWTPayload)
        .setProtectedHeader({ alg: "ES256", kid: "workload", ...header })
        .sign(keys.privateKey);
      tokens.push(token);
      return token;
    },
    tokens: () => [...tokens],
    requests: () => [...requests],
    clear: () => {
      requests.length = 0;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  server.on("request", (request, response) => {
    void (async () => {
      const document = documents.get(request.url);
      if (document !== undefined) {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document));
        return;
      }
      const seen = await read(request);
      requests.push(seen);
      const answer = await tokenServer.respond(seen);
      if (answer === "cut") {
        request.socket.destroy();
      } else if (answer !== "hang") {
        response.writeHead(answer.status, answer.headers).end(answer.body);
      }
    })().catch(() => request.socket.destroy());
  });
  return tokenServer;
}

async function read(request: IncomingMessage): Promise<TokenServerRequest> {
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    body: (await buffer(request)).toString("utf8"),
  };
}

/** A role that trusts the tokens of one issuer for these audiences, and of one subject where that is named. */
export function workloadRole(
  arn: string,
  trusted: { issuer: string; audience: string | readonly string[]; subject?: string },
): SandboxRole {
  const accountId = parseRoleArn(arn)?.accountId ?? "";
  const name = providerName(trusted.issuer);
  return {
    arn,
    trustPolicy: () => ({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: providerArn(accountId, trusted.issuer) },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: {
              [`${name}:aud`]: trusted.audience,
              ...(trusted.subject !== undefined && { [`${name}:sub`]: trusted.subject }),
            },
          },
        },
      ],
    }),
  };
}
