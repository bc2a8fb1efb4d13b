/** The claims of an ID token that this project reads (OpenID Connect Core section 2). */
export interface IdTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly azp: string | undefined;
  /** Seconds since the epoch. */
  readonly exp: number;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly email: string | undefined;
  /** The provider says that nobody has verified that address. */
  readonly isEmailUnverified?: true | undefined;
  /** What the provider calls the person besides `sub`: the e-mail address that it has verified, `preferred_username`, `upn`. */
  readonly names: readonly string[];
  /** When the person has proven who they are, in seconds since the epoch. */
  readonly authTime: number | undefined;
  /** How they did: an authentication context class of the provider. */
  readonly acr: string | undefined;
}

declare const verified: unique symbol;

/**
 * An ID token whose signature and claims hold. Only `verifyIdToken` makes one, and STS takes nothing else, so the check
 * cannot be skipped.
 */
export interface VerifiedIdToken {
  readonly [verified]: true;
  /** The token as it came, for STS. */
  readonly jwt: string;
  readonly claims: IdTokenClaims;
  /**
   * There when stored keys verified it: reads the keys again and verifies it with them, for when AWS finds no key for it.
   *
   * @throws TegataError `id_token_signature_invalid` when the issuer has dropped the key; `idp_*`
   */
  readonly verifyAgain?: (() => Promise<void>) | undefined;
}

declare const vouchedFor: unique symbol;

/**
 * An ID token of a workload whose issuer could not be reached, so that nobody here has verified its signature. Its claims
 * hold. Only `signInAsWorkload` makes one, for a token that a platform vouches for: AWS verifies it.
 */
export interface PlatformIdToken {
  readonly [vouchedFor]: true;
  /** The token as it came, for STS. */
  readonly jwt: string;
  readonly claims: IdTokenClaims;
  /** Why nobody has verified it, for messages. */
  readonly whyUnverified: string;
}

/** What STS is given. Every sign-in of a person makes a `VerifiedIdToken`. */
export type IdTokenForSts = VerifiedIdToken | PlatformIdToken;
