import type { ErrorCode } from "@tegata/core";
import type { TokenServer } from "@tegata/sandbox";

/** What can be wrong with a token that a platform has, and how tegata must say so. */
interface TokenFault {
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: RegExp;
  token(tokenServer: TokenServer): Promise<string>;
}

const now = () => Math.floor(Date.now() / 1000);

/** For every platform. The test sets `issuer`, and an `audience` of `sts.amazonaws.com`. */
export const tokenFaults: readonly TokenFault[] = [
  {
    name: "for somebody else",
    code: "id_token_invalid",
    message: /meant for "vault", not for "sts.amazonaws.com"/,
    token: (tokenServer) => tokenServer.signToken({ aud: "vault" }),
  },
  {
    name: "for several at once",
    code: "id_token_invalid",
    message: /several at once \("sts.amazonaws.com", "vault"\), and AWS takes one/,
    token: (tokenServer) => tokenServer.signToken({ aud: ["sts.amazonaws.com", "vault"] }),
  },
  {
    name: "that has ended",
    code: "id_token_expired",
    message: /ended (?:59|60|61) s ago/,
    token: (tokenServer) => tokenServer.signToken({ iat: now() - 360, exp: now() - 60 }),
  },
  {
    name: "of another issuer",
    code: "id_token_invalid",
    message: /its issuer is "https:\/\/evil\.example\.com", not "http:/,
    token: (tokenServer) => tokenServer.signToken({ iss: "https://evil.example.com" }),
  },
  {
    name: "that is no JSON Web Token",
    code: "id_token_invalid",
    message: /it is not a JSON Web Token/,
    token: () => Promise.resolve("not-a-jwt"),
  },
  {
    name: "that is no text but a page",
    code: "id_token_invalid",
    message: /it is not a JSON Web Token/,
    token: () => Promise.resolve("<html><body>sign in</body></html>"),
  },
  {
    name: "of 30 kB",
    code: "id_token_invalid",
    message: /longer than the 20000 characters that AWS takes/,
    token: (tokenServer) => tokenServer.signToken({ padding: "x".repeat(22_500) }),
  },
  {
    name: "without an audience",
    code: "id_token_invalid",
    message: /its claim aud is missing/,
    token: (tokenServer) => tokenServer.signToken({ aud: undefined }),
  },
  {
    name: "with a signature of another key",
    code: "id_token_signature_invalid",
    message: /not signed by/,
    token: async (tokenServer) => `${(await tokenServer.signToken()).slice(0, -86)}${"A".repeat(86)}`,
  },
];
