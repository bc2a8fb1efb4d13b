import { randomBytes, randomInt } from "node:crypto";
import type { SecretLedger } from "../secret-ledger.ts";

const IDENTIFIER_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SESSION_TOKEN_PREFIX = "IQoJb3JpZ2luX2Vj";
const SESSION_TOKEN_BYTES = 900;

/** Letters and digits as in AWS's unique identifiers. */
export function randomIdentifier(length: number): string {
  return Array.from({ length }, () => IDENTIFIER_ALPHABET.charAt(randomInt(IDENTIFIER_ALPHABET.length))).join("");
}

/** Credentials that STS handed out, and for whom. */
export interface IssuedCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  accountId: string;
  roleArn: string;
  roleName: string;
  sessionName: string;
  /** `AROA…:session`. */
  assumedRoleId: string;
  /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`; empty at an S3-compatible store. */
  assumedRoleArn: string;
  /** Tags that go on to the roles that these credentials assume. */
  transitiveTags: ReadonlyMap<string, string>;
  sourceIdentity: string | undefined;
}

/** Everything that one sandbox's STS handed out. */
export class CredentialStore {
  readonly #issued = new Map<string, IssuedCredentials>();
  readonly #secrets: SecretLedger;

  constructor(secrets: SecretLedger) {
    this.#secrets = secrets;
  }

  /** New credentials: key id of 20 characters, secret of 40, session token of about 1.2 kB. */
  issue(owner: Omit<IssuedCredentials, "accessKeyId" | "secretAccessKey" | "sessionToken">): IssuedCredentials {
    const credentials = {
      ...owner,
      accessKeyId: `ASIA${randomIdentifier(16)}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: SESSION_TOKEN_PREFIX + randomBytes(SESSION_TOKEN_BYTES).toString("base64"),
    };
    this.#issued.set(credentials.accessKeyId, credentials);
    this.#secrets.add("secret_access_key", credentials.secretAccessKey);
    this.#secrets.add("session_token", credentials.sessionToken);
    return credentials;
  }

  /** What names the person behind a session to AWS's own services; a secret, which no client needs. */
  identityContext(): string {
    const context = randomBytes(24).toString("base64url");
    this.#secrets.add("identity_context", context);
    return context;
  }

  find(accessKeyId: string): IssuedCredentials | undefined {
    return this.#issued.get(accessKeyId);
  }
}
