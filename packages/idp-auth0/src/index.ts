import {
  audienceParameter,
  clientCredentialsGrant,
  clientRequest,
  clientSettings,
  deviceGrant,
  fixedRedirectPorts,
  hint,
  hostSchema,
  loopbackGrant,
  machineSettings,
  openIdConnectIdp,
  originOf,
  redirectSettings,
  refusalTable,
  setting,
} from "@tegata/core";
import * as v from "valibot";

/** Auth0: what differs from any OpenID Connect provider, and nothing else. */
export const idpAuth0 = openIdConnectIdp({
  id: "auth0",
  summary: "Auth0, by the domain of the tenant",
  settings: v.strictObject({
    domain: v.pipe(hostSchema("acme.eu.auth0.com"), v.description("the tenant's domain, or its custom domain")),
    ...clientSettings,
    ...redirectSettings,
    ...machineSettings,
  }),
  impliedBy: "domain",
  // With a slash at the end: IAM and the ID token must both name it so.
  issuer: (settings) => `${originOf(settings.domain)}/`,
  ...clientRequest,
  grants: (settings) => {
    const parameters = audienceParameter(settings);
    return [
      deviceGrant({ parameters }),
      // Callback URLs are compared with their ports.
      loopbackGrant({ parameters, redirect: { ports: settings.redirect_ports ?? fixedRedirectPorts } }),
      clientCredentialsGrant({
        scope: settings.client_scope,
        parameters,
        secretBy: "post",
        assertion: { audience: "issuer", type: "JWT" },
        keyAlgorithms: ["RS256", "PS256"],
        missing: settings.audience === undefined ? ["audience"] : [],
        accessToken: {
          clientId: settings.client_id,
          audience: settings.audience ?? "",
          // azp in its own profile of access tokens, client_id in that of RFC 9068.
          clientClaims: ["azp", "client_id"],
          subject: `${settings.client_id}@clients`,
          audienceHint: hint`check ${setting("audience")}: it must be the identifier of an API under Applications > APIs`,
        },
        notAJwtHint: hint`check ${setting("audience")}: for an API of its own Auth0 gives a signed JWT; switch off its JSON Web Encryption`,
      }),
    ];
  },
  aboutRenewal: ({ error }) =>
    error === "mfa_required"
      ? "a post-login Action that asks for no second factor when event.transaction.protocol is oauth2-refresh-token lets renewals pass"
      : undefined,
  explain: refusalTable("Auth0", [
    {
      error: "unauthorized_client",
      flow: "client-credentials",
      code: "idp_grant_disabled",
      hint: "enable Client Credentials under Applications > your application > Advanced Settings > Grant Types",
    },
    {
      error: "access_denied",
      says: /^unauthorized$/i,
      flow: "client-credentials",
      code: "idp_client_rejected",
      hint: hint`check ${setting("client_id")} and its secret, and that the application has the authentication method that is used here (Applications > your application > Credentials)`,
    },
    {
      error: "access_denied",
      says: /not authorized to access resource server|client-grant|client is not authorized/i,
      flow: "client-credentials",
      code: "idp_rejected",
      hint: "authorize the application for the API under Applications > APIs > your API > Machine to Machine Applications",
    },
    {
      says: /service not found/i,
      flow: "client-credentials",
      code: "idp_rejected",
      hint: hint`check ${setting("audience")}: it must be the identifier of an API under Applications > APIs`,
    },
    {
      error: "unauthorized_client",
      flow: "browser",
      code: "idp_grant_disabled",
      hint: "enable Authorization Code (and Refresh Token) under Applications > your application > Advanced Settings > Grant Types",
    },
    {
      error: "unauthorized_client",
      code: "idp_grant_disabled",
      hint: "enable Device Code (and Refresh Token) under Applications > your application > Advanced Settings > Grant Types",
    },
    // Not invalid_client, of a client that the tenant does not know.
    {
      error: "invalid_request",
      says: /unknown client/i,
      code: "idp_client_rejected",
      hint: hint`copy ${setting("client_id")} from Applications > your application > Settings`,
    },
    {
      says: /offline access|service not (found|enabled)/i,
      code: "idp_rejected",
      hint: hint`check ${setting("audience")}: it must be the identifier of an API, with Allow Offline Access on`,
    },
  ]),
});
