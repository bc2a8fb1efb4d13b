import { clientRequest, clientSettings, deviceFlowIdp, isSecureUrl, TegataError } from "@tegata/core";
import * as v from "valibot";

const domainSchema = v.pipe(
  v.string("must be text"),
  v.trim(),
  v.check((domain) => {
    const issuer = issuerOf(domain);
    return URL.canParse(issuer) && isSecureUrl(new URL(issuer)) && issuer === `${new URL(issuer).origin}/`;
  }, "must be a host name such as acme.eu.auth0.com"),
);

/** Auth0's issuer is the domain with a slash at the end: IAM and the ID token must both name it so. */
function issuerOf(domain: string): string {
  const url = /^https?:\/\//i.test(domain) ? domain : `https://${domain}`;
  return URL.canParse(url) ? new URL(url).href : "";
}

/** Auth0: what differs from any OpenID Connect provider, and nothing else. */
export const idpAuth0 = deviceFlowIdp({
  id: "auth0",
  summary: "Auth0, by the domain of the tenant",
  settings: v.strictObject({
    domain: v.pipe(domainSchema, v.description("the tenant's domain, or its custom domain")),
    ...clientSettings,
  }),
  issuer: (settings) => issuerOf(settings.domain),
  ...clientRequest,
  explain(refusal, { client_id: clientId, domain }) {
    const details = { error: refusal.error, httpStatus: refusal.status };
    const said = refusal.description ?? refusal.error;
    if (refusal.error === "unauthorized_client") {
      return new TegataError("idp_device_grant_disabled", `Auth0 refuses the client "${clientId}": ${said}`, {
        hint: "enable Device Code (and Refresh Token) under Applications > your application > Advanced Settings > Grant Types",
        details,
      });
    }
    // Auth0 says invalid_request, not invalid_client, of a client that the tenant does not know.
    if (refusal.error === "invalid_request" && /unknown client/i.test(said)) {
      return new TegataError("idp_client_rejected", `Auth0 does not know the client "${clientId}" at ${domain}`, {
        hint: "copy client_id from Applications > your application > Settings",
        details,
      });
    }
    if (/offline access|service not (found|enabled)/i.test(said)) {
      return new TegataError("idp_rejected", `Auth0 refused: ${said}`, {
        hint: "check audience: it must be the identifier of an API, with Allow Offline Access on",
        details,
      });
    }
    return undefined;
  },
});
