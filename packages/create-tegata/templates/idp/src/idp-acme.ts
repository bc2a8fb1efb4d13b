import {
  audienceParameter,
  clientRequest,
  clientSettings,
  deviceGrant,
  openIdConnectIdp,
  refusalTable,
  secureUrlSchema,
} from "@tegata/core";
import * as v from "valibot";

/**
 * Acme, by the URL of its sign-in. Discovery, device authorization, polling, refresh tokens and revocation are those of every
 * OpenID provider with the device grant; here stands what differs.
 */
export const idpAcme = openIdConnectIdp({
  id: "acme",
  summary: "Acme, by the URL of its sign-in",
  // Each key is a setting of `[idp.NAME]`, a flag (`--url`) and a variable (`TEGATA_URL`).
  settings: v.strictObject({
    url: v.pipe(secureUrlSchema, v.description("the URL of the sign-in")),
    ...clientSettings,
  }),
  ...clientRequest,
  // The ways in which a person signs in.
  grants: (settings) => [deviceGrant({ parameters: audienceParameter(settings) })],
  // The discovery document is read from `<issuer>/.well-known/openid-configuration`.
  issuer: ({ url }) => url.replace(/\/$/, ""),
  // How it refuses, and what to do about it; what stands here is not told in the usual words.
  explain: refusalTable("Acme", [
    {
      error: "unauthorized_client",
      code: "idp_grant_disabled",
      hint: "turn on the device grant for this client",
    },
  ]),
});
