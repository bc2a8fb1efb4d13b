import { clientIdSchema, defaultScope, deviceFlowIdp, scopeSchema, secureUrlSchema } from "@tegata/core";
import * as v from "valibot";

/** Any OpenID Connect provider that offers the device grant, found by its discovery document. */
export const idpOidc = deviceFlowIdp({
  id: "oidc",
  summary: "any OpenID Connect provider with the device grant, by discovery",
  settings: v.strictObject({
    issuer: v.pipe(secureUrlSchema, v.description("the provider's issuer URL")),
    client_id: v.pipe(clientIdSchema, v.description("the client id of a public (native) client")),
    scope: v.optional(v.pipe(scopeSchema, v.description("space-separated scopes; must hold openid")), defaultScope),
    audience: v.optional(
      v.pipe(
        v.string("must be a string"),
        v.nonEmpty("must not be empty"),
        v.description("the audience parameter, where the provider wants one"),
      ),
    ),
    verification_host: v.optional(
      v.pipe(
        v.string("must be a string"),
        v.regex(/^[a-z0-9.-]+(:\d+)?$/, "must be a host name in lower case"),
        v.description("host of the verification page, where it is not the issuer's"),
      ),
    ),
  }),
  issuer: (settings) => settings.issuer,
  clientId: (settings) => settings.client_id,
  scope: (settings) => settings.scope,
  parameters: (settings) => (settings.audience === undefined ? {} : { audience: settings.audience }),
  verificationHosts: (settings) => (settings.verification_host === undefined ? [] : [settings.verification_host]),
});
