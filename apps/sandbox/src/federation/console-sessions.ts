import { randomBytes, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import type { SecretLedger } from "../secret-ledger.ts";
import type { CredentialStore, IssuedCredentials } from "../sts/credentials.ts";

/** A sign-in token is good for 15 minutes. Source: IAM User Guide, "Enabling custom identity broker access". */
const SIGNIN_TOKEN_MILLISECONDS = 15 * 60 * 1000;

const sessionJson = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ sessionId: v.string(), sessionKey: v.string(), sessionToken: v.string() }),
);

/** A browser that is signed in to the console. */
export interface ConsoleSession {
  credentials: IssuedCredentials;
  destination: string;
  issuer: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** Sign-in tokens and console sessions of one sandbox. Times are milliseconds since the epoch. */
export class ConsoleSessions {
  readonly #credentials: CredentialStore;
  readonly #secrets: SecretLedger;
  readonly #tokens = new Map<
    string,
    { credentials: IssuedCredentials; usableUntil: number; sessionMilliseconds: number }
  >();
  readonly #sessions = new Map<string, ConsoleSession>();

  constructor(credentials: CredentialStore, secrets: SecretLedger) {
    this.#credentials = credentials;
    this.#secrets = secrets;
  }

  /** The credentials that a `Session` parameter holds, if they are real and alive. */
  credentialsOf(session: string, now: number): IssuedCredentials | undefined {
    const parsed = v.safeParse(sessionJson, session);
    if (!parsed.success) {
      return undefined;
    }
    const { sessionId, sessionKey, sessionToken } = parsed.output;
    const issued = this.#credentials.find(sessionId);
    const good =
      issued !== undefined &&
      equal(issued.secretAccessKey, sessionKey) &&
      equal(issued.sessionToken, sessionToken) &&
      now < issued.expiresAt;
    return good ? issued : undefined;
  }

  /** A new sign-in token; without a duration in seconds the session lives as long as the credentials. */
  issueToken(credentials: IssuedCredentials, durationSeconds: number | undefined, now: number): string {
    const token = randomBytes(450).toString("base64url");
    this.#tokens.set(token, {
      credentials,
      usableUntil: now + SIGNIN_TOKEN_MILLISECONDS,
      sessionMilliseconds: durationSeconds === undefined ? credentials.expiresAt - now : durationSeconds * 1000,
    });
    this.#secrets.add("signin_token", token);
    return token;
  }

  /** Signs a browser in: the id of its session, or undefined when the token is unknown or too old. */
  open(
    token: string,
    { destination, issuer, now }: { destination: string; issuer: string; now: number },
  ): string | undefined {
    const known = this.#tokens.get(token);
    if (known === undefined || now >= known.usableUntil) {
      return undefined;
    }
    const id = randomBytes(24).toString("base64url");
    const { credentials, sessionMilliseconds } = known;
    this.#sessions.set(id, { credentials, destination, issuer, expiresAt: now + sessionMilliseconds });
    return id;
  }

  find(id: string, now: number): ConsoleSession | undefined {
    const session = this.#sessions.get(id);
    return session !== undefined && now < session.expiresAt ? session : undefined;
  }
}

function equal(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
