import {
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

/** Okta: what differs from any OpenID Connect provider, and nothing else. */
export const idpOkta = openIdConnectIdp({
  id: "okta",
  summary: "Okta, by the domain of the org",
  settings: v.strictObject({
    domain: v.pipe(
      hostSchema("acme.okta.com"),
      v.check(
        (domain) => !/-admin\.okta[\w-]*\.com/i.test(domain),
        "must be the org's own host, without -admin: that one is the console of its administrators",
      ),
      v.description("the org's domain, or its custom domain"),
    ),
    authorization_server: v.optional(
      v.pipe(
        v.string("must be text"),
        v.trim(),
        v.regex(/^[\w-]+$/, "must be default, or the id of a custom authorization server such as aus9o8wzkhckw9TLa0h7"),
        v.description("the custom authorization server; the org's own when left out"),
      ),
    ),
    client_id: clientSettings.client_id,
    scope: clientSettings.scope,
    ...redirectSettings,
  }),
  issuer: ({ domain, authorization_server: server }) =>
    server === undefined ? originOf(domain) : `${originOf(domain)}/oauth2/${server}`,
  ...clientRequest,
  grants: (settings) => [
    deviceGrant(),
    // Sign-in redirect URIs are compared with their ports.
    loopbackGrant({ redirect: { ports: settings.redirect_ports ?? fixedRedirectPorts } }),
  ],
  explain: refusalTable("Okta", [
    {
      error: "unauthorized_client",
      flow: "browser",
      code: "idp_grant_disabled",
      hint: "tick Authorization Code (and Refresh Token) under Applications > your application > General > Grant type",
    },
    {
      error: "unauthorized_client",
      code: "idp_grant_disabled",
      hint: "tick Device Authorization (and Refresh Token) under Applications > your application > General > Grant type",
    },
    {
      error: "invalid_client",
      code: "idp_client_rejected",
      hint: hint`copy ${setting("client_id")} from Applications > your application > General; its type must be Native, its client authentication None`,
    },
    {
      error: "access_denied",
      says: /policy evaluation failed/i,
      code: "idp_rejected",
      hint: "a rule under Security > API > Authorization Servers > Access Policies must allow this client, this person, these scopes and Device Authorization",
    },
    {
      error: "access_denied",
      says: /not assigned/i,
      code: "idp_rejected",
      hint: "ask the administrator for an assignment under Applications > your application > Assignments",
    },
    {
      error: "invalid_scope",
      code: "idp_rejected",
      hint: hint`check ${setting("scope")}: offline_access needs the grant type Refresh Token, and a custom authorization server must know every other one`,
    },
  ]),
});
