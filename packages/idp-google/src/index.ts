import {
  clientRequest,
  clientSettings,
  deviceGrant,
  hint,
  loopbackGrant,
  openIdConnectIdp,
  redirectSettings,
  refusalTable,
  scopeSchema,
  setting,
} from "@tegata/core";
import * as v from "valibot";

/** Google: what differs from any OpenID Connect provider, and nothing else. */
export const idpGoogle = openIdConnectIdp({
  id: "google",
  summary: "Google, by a client for devices",
  settings: v.strictObject({
    client_id: clientSettings.client_id,
    client_secret: v.pipe(
      v.string("must be text"),
      v.trim(),
      v.regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces"),
      v.description("the value that Google calls the client secret; for a device it is not secret"),
    ),
    scope: v.optional(
      v.pipe(scopeSchema, v.description("space-separated scopes; must hold openid")),
      // A refresh token comes without being asked for; offline_access would be refused.
      "openid email",
    ),
    ...redirectSettings,
  }),
  issuer: () => "https://accounts.google.com",
  ...clientRequest,
  clientSecret: (settings) => settings.client_secret,
  grants: (settings) => [
    deviceGrant({ verificationHosts: ["www.google.com", "google.com"] }),
    // Without it there is no refresh token.
    loopbackGrant({ parameters: { access_type: "offline" }, redirect: { ports: settings.redirect_ports } }),
  ],
  explain: refusalTable("Google", [
    {
      error: "invalid_client",
      flow: "browser",
      code: "idp_client_rejected",
      hint: hint`copy ${setting("client_id")} and ${setting("client_secret")} of a client of the type Desktop app`,
    },
    {
      error: "invalid_client",
      code: "idp_client_rejected",
      hint: hint`copy ${setting("client_id")} and ${setting("client_secret")} of a client of the type TVs and Limited Input devices`,
    },
    {
      error: "invalid_scope",
      code: "idp_rejected",
      hint: hint`check ${setting("scope")}: for devices Google takes openid, email and profile, and gives a refresh token without offline_access`,
    },
    {
      error: "org_internal",
      code: "idp_rejected",
      hint: "sign in with an account of the organization that the client belongs to",
    },
    {
      error: "admin_policy_enforced",
      code: "idp_rejected",
      hint: "ask the administrator of your Google Workspace to trust this client",
    },
    { error: "rate_limit_exceeded", code: "idp_unavailable", hint: "try again in a moment" },
  ]),
});
