/** An OAuth error answer (RFC 6749, section 5.2). */
export interface OAuthError {
  status: number;
  error: string;
  description: string;
  /** What stands in the answer besides. */
  members?: Readonly<Record<string, unknown>>;
}

/** What an error answer depends on. */
export interface OAuthErrorContext {
  grantType: string | null;
  clientId: string;
  intervalSeconds: number;
  /** Whether it is about a code, or a token beyond its leeway, that was used before. */
  isReuse: boolean;
  /** Whether `expired_token` may still be said for this device code. */
  tellsExpired: () => boolean;
}

export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
