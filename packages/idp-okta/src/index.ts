import {
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

/** That of the authorization server `default` is the same in every org. */
function audienceOf({
  audience,
  authorization_server: server,
}: {
  readonly audience?: string | undefined;
  readonly authorization_server?: string | undefined;
}): string | undefined {
  return audience ?? (server === "default" ? "api://default" : undefined);
}

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
    audience: clientSettings.audience,
    ...redirectSettings,
    ...machineSettings,
  }),
  issuer: ({ domain, authorization_server: server }) =>
    server === undefined ? originOf(domain) : `${originOf(domain)}/oauth2/${server}`,
  ...clientRequest,
  grants: (settings) => [
    deviceGrant(),
    // Sign-in redirect URIs are compared with their ports.
    loopbackGrant({ redirect: { ports: settings.redirect_ports ?? fixedRedirectPorts } }),
    clientCredentialsGrant({
      scope: settings.client_scope,
      secretBy: "basic",
      assertion: { audience: "token_endpoint", type: "JWT" },
      keyAlgorithms: ["RS256", "ES256"],
      missing: [
        // The tokens of the org's own server are for Okta alone.
        ...(settings.authorization_server === undefined ? ["authorization_server"] : []),
        ...(settings.client_scope === undefined ? ["client_scope"] : []),
        ...(audienceOf(settings) === undefined ? ["audience"] : []),
      ],
      accessToken: {
        clientId: settings.client_id,
        audience: audienceOf(settings) ?? "",
        clientClaims: ["cid"],
        subject: settings.client_id,
        audienceHint: hint`check ${setting("audience")}: Security > API > Authorization Servers names it for each server`,
      },
      notAJwtHint: hint`check ${setting("authorization_server")}: a custom one gives JWTs`,
    }),
  ],
  explain: refusalTable("Okta", [
    {
      error: "unauthorized_client",
      flow: "client-credentials",
      code: "idp_grant_disabled",
      hint: "tick Client Credentials under Applications > your application > General > Grant type; its type must be API Services",
    },
    {
      error: "invalid_client",
      flow: "client-credentials",
      code: "idp_client_rejected",
      hint: hint`check ${setting("client_id")}, and that Client authentication under Applications > your application > General is what is used here: a secret, or a public key with the id ${setting("client_key_id")}`,
    },
    {
      error: "access_denied",
      says: /policy evaluation failed/i,
      flow: "client-credentials",
      code: "idp_rejected",
      hint: "a rule under Security > API > Authorization Servers > Access Policies must allow this client, these scopes and Client Credentials",
    },
    {
      error: "invalid_scope",
      flow: "client-credentials",
      code: "idp_rejected",
      hint: hint`check ${setting("client_scope")}: it must name scopes of the custom authorization server, and none of openid, email, profile and offline_access`,
    },
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
