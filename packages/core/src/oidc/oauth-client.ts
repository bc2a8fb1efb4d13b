import * as oauth from "oauth4webapi";

/** The client as which tokens are asked for and taken back. */
export interface OAuthClient {
  readonly clientId: string;
  /**
   * Of a provider that wants one of a client that cannot keep it (RFC 8252 section 8.5). Sent in the form, as
   * `client_secret_post`, to the token and revocation endpoints. Never shown all the same.
   */
  readonly clientSecret?: string | undefined;
}

/** How the client shows itself to the token and revocation endpoints (RFC 6749 section 2.3.1). */
export function clientAuthentication({ clientSecret }: OAuthClient): oauth.ClientAuth {
  return clientSecret === undefined ? oauth.None() : oauth.ClientSecretPost(clientSecret);
}
