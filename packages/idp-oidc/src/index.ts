import {
  audienceParameter,
  clientCredentialsGrant,
  clientRequest,
  clientSettings,
  deviceGrant,
  hint,
  loopbackGrant,
  machineSettings,
  openIdConnectIdp,
  or,
  redirectSettings,
  secureUrlSchema,
  setting,
} from "@tegata/core";
import * as v from "valibot";

/** Any OpenID Connect provider, found by its discovery document. */
export const idpOidc = openIdConnectIdp({
  id: "oidc",
  summary: "any other OpenID Connect provider: Keycloak, GitLab, Ping, ZITADEL, …",
  settings: v.strictObject({
    issuer: v.pipe(secureUrlSchema, v.description("the provider's issuer URL")),
    ...clientSettings,
    ...redirectSettings,
    redirect_host: v.optional(
      v.pipe(
        v.picklist(["127.0.0.1", "localhost"], "must be 127.0.0.1 or localhost"),
        v.description("the host of the redirect address, where the provider takes localhost alone"),
      ),
    ),
    ...machineSettings,
    device_authorization_endpoint: v.optional(
      v.pipe(
        secureUrlSchema,
        v.description("the endpoint that gives device codes, if the discovery document does not name it"),
      ),
    ),
    verification_host: v.optional(
      v.pipe(
        v.string("must be text"),
        v.regex(/^[a-z0-9.-]+(:\d+)?$/, "must be a host name in lower case"),
        v.description("host of the verification page, where it is not the issuer's"),
      ),
    ),
  }),
  impliedBy: "issuer",
  issuer: (settings) => settings.issuer,
  ...clientRequest,
  grants: (settings) => [
    deviceGrant({
      pkce: true,
      parameters: audienceParameter(settings),
      deviceAuthorizationEndpoint: settings.device_authorization_endpoint,
      verificationHosts: settings.verification_host === undefined ? [] : [settings.verification_host],
    }),
    loopbackGrant({
      parameters: audienceParameter(settings),
      redirect: { host: settings.redirect_host ?? "127.0.0.1", ports: settings.redirect_ports },
    }),
    // Keycloak and OpenIddict give the client an ID token for the scope openid.
    clientCredentialsGrant({
      scope: settings.client_scope ?? "openid",
      parameters: audienceParameter(settings),
      accessToken:
        settings.audience === undefined
          ? undefined
          : {
              clientId: settings.client_id,
              audience: settings.audience,
              clientClaims: ["azp", "client_id"],
              audienceHint: hint`check ${setting("audience")}: it is whom the provider's access tokens are for (aud)`,
            },
      missingHint: [
        hint`check that ${setting("client_scope")} holds openid and that the provider gives ID tokens to clients`,
        or`name whom its access tokens are for with ${setting("audience")}, if they are JWTs`,
      ],
      notAJwtHint: "let the provider give this client access tokens that are JWTs, signed and not encrypted",
    }),
  ],
});
