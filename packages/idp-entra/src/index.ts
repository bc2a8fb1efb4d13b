import {
  clientCredentialsGrant,
  clientRequest,
  clientSettings,
  deviceGrant,
  hint,
  hostSchema,
  loopbackGrant,
  machineSettings,
  openIdConnectIdp,
  or,
  originOf,
  redirectSettings,
  refusalTable,
  setting,
  wordsOf,
} from "@tegata/core";
import * as v from "valibot";

/** Microsoft Entra ID: what differs from any OpenID Connect provider, and nothing else. */
export const idpEntra = openIdConnectIdp({
  id: "entra",
  summary: "Microsoft Entra ID, by the id of the tenant",
  settings: v.strictObject({
    tenant: v.pipe(
      v.string("must be text"),
      v.trim(),
      v.toLowerCase(),
      // By any other name Entra answers with another issuer than the one that was asked, or with a template of one.
      v.regex(
        /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/,
        "must be the tenant's id, such as 8eaef023-2b34-4da1-9baa-8bc8c9d6a490 (Entra admin center > Overview): a domain name, common and organizations are no issuer",
      ),
      v.description("the tenant's id (Directory ID)"),
    ),
    authority_host: v.optional(
      v.pipe(
        hostSchema("login.microsoftonline.us"),
        v.description("the host of a national cloud, such as login.microsoftonline.us"),
      ),
      "login.microsoftonline.com",
    ),
    client_id: clientSettings.client_id,
    scope: clientSettings.scope,
    audience: clientSettings.audience,
    ...redirectSettings,
    ...machineSettings,
  }),
  issuer: ({ tenant, authority_host: host }) => `${originOf(host)}/${tenant}/v2.0`,
  ...clientRequest,
  grants: (settings) => [
    deviceGrant({
      verificationHosts: ["microsoft.com", "www.microsoft.com", "login.microsoft.com"],
      // A policy that blocks the device code flow says so on the page alone.
      advice: hint`if the page says that access is blocked, use ${setting("flow", "browser")}`,
    }),
    // Of localhost alone the port is not compared.
    loopbackGrant({ redirect: { host: "localhost", path: "", ports: settings.redirect_ports } }),
    clientCredentialsGrant({
      // A token for the application itself names it in aud and in azp, and AWS compares azp.
      scope: settings.client_scope ?? `api://${settings.client_id}/.default`,
      secretBy: "post",
      assertion: { audience: "token_endpoint", type: "JWT", keyBy: "certificate" },
      keyAlgorithms: ["PS256"],
      accessToken: {
        clientId: settings.client_id,
        audience: settings.audience ?? settings.client_id,
        clientClaims: ["azp"],
        audienceHint: [
          hint`leave ${setting("client_scope")} out, so that the token is for the application itself`,
          or`name whom it is for with ${setting("audience")}`,
        ],
        issuerHint:
          "tokens of version 1 have another issuer: set requestedAccessTokenVersion to 2 under App registrations > your application > Manifest",
      },
      notAJwtHint: "tell the administrator of the tenant",
    }),
  ],
  // A refresh token keeps the mark of the flow that it came by.
  endsRenewal: ({ description = "" }) => /AADSTS530036\b/.test(description),
  aboutRenewal: ({ description = "" }) =>
    /AADSTS530036\b/.test(description)
      ? "the tenant forbids sign-ins by device code: the browser flow helps"
      : undefined,
  // The number and the sentence say it all; the ids behind them are for Microsoft's support.
  reword: ({ description, ...refusal }) => ({
    ...refusal,
    description: description && wordsOf(description.replace(/ Trace ID:.*$/, "")),
  }),
  explain: refusalTable("Entra", [
    { error: "authorization_declined", means: "access_denied" },
    {
      says: /AADSTS(7000215|7000222|700027|7000218|50012)\b/,
      flow: "client-credentials",
      code: "idp_client_rejected",
      hint: "compare with App registrations > your application > Certificates & secrets: the secret's value (not its id), or the certificate beside the key; both expire",
    },
    {
      says: /AADSTS(500011|1002012|70011)\b/,
      flow: "client-credentials",
      code: "idp_rejected",
      hint: hint`give the application an Application ID URI (App registrations > your application > Expose an API), or set ${setting("client_scope")} to it with /.default behind`,
    },
    {
      says: /AADSTS7000218\b/,
      flow: "browser",
      code: "idp_grant_disabled",
      hint: "move the redirect URI http://localhost to the platform Mobile and desktop applications under App registrations > your application > Authentication",
    },
    {
      says: /AADSTS7000218\b/,
      code: "idp_grant_disabled",
      hint: "turn on Allow public client flows under App registrations > your application > Authentication",
    },
    {
      says: /AADSTS(700016|700011)\b/,
      code: "idp_client_rejected",
      hint: hint`copy ${setting("client_id")} (Application ID) and ${setting("tenant")} (Directory ID) from App registrations > your application > Overview`,
    },
    {
      says: /AADSTS(53003|530035|530036)\b/,
      flow: "device",
      code: "idp_rejected",
      hint: [
        hint`the tenant's security defaults or a Conditional Access policy block the device code flow: use ${setting("flow", "browser")}`,
        or`ask the administrator for an exception`,
      ],
    },
    {
      says: /AADSTS(53003|530035|530036)\b/,
      code: "idp_rejected",
      hint: "the tenant's security defaults or a Conditional Access policy forbid this sign-in: ask the administrator",
    },
    {
      says: /AADSTS50105\b/,
      code: "idp_rejected",
      hint: "ask the administrator for an assignment under Enterprise applications > your application > Users and groups",
    },
    {
      says: /AADSTS(65001|90094)\b/,
      code: "idp_rejected",
      hint: "an administrator has to consent under Enterprise applications > your application > Permissions",
    },
  ]),
});
