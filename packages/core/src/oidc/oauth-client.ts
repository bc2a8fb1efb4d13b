import * as oauth from "oauth4webapi";

/** The client as which tokens are asked for and taken back. */
export interface OAuthClient {
  readonly clientId: string;
  /**
   * A secret that the provider demands, although the client cannot keep it (RFC 8252 section 8.5). It is sent in the form, as
   * `client_secret_post`, to the token and revocation endpoints. It is never shown.
   */
  readonly clientSecret?: string | undefined;
}

/** How the client shows itself to the token and revocation endpoints (RFC 6749 section 2.3.1). */
export function clientAuthentication({ clientSecret }: OAuthClient): oauth.ClientAuth {
  return clientSecret === undefined ? oauth.None() : oauth.ClientSecretPost(clientSecret);
}
