import {
  audienceParameter,
  clientRequest,
  clientSettings,
  deviceGrant,
  fixedRedirectPorts,
  hint,
  hostSchema,
  loopbackGrant,
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
    ];
  },
  aboutRenewal: ({ error }) =>
    error === "mfa_required"
      ? "a post-login Action that asks for no second factor when event.transaction.protocol is oauth2-refresh-token lets renewals pass"
      : undefined,
  explain: refusalTable("Auth0", [
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
