/** What a secret is. */
export type SecretKind =
  | "client_secret"
  | "client_key"
  | "device_code"
  | "code"
  | "access_token"
  | "refresh_token"
  | "id_token"
  | "secret_access_key"
  | "session_token"
  | "identity_context"
  | "signin_token";

/** A value that must never show up in a log, an error, a URL or an argument list of a client. */
export interface Secret {
  kind: SecretKind;
  value: string;
}

/** Every secret that one sandbox handed out. */
export class SecretLedger {
  readonly #secrets = new Map<string, Secret>();

  add(kind: SecretKind, value: unknown): void {
    if (typeof value === "string" && value !== "") {
      this.#secrets.set(value, { kind, value });
    }
  }

  all(): Secret[] {
    return [...this.#secrets.values()];
  }
}
