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
  type RequiredClaim,
  redirectSettings,
  refusalTable,
  setting,
} from "@tegata/core";
import * as v from "valibot";

const textSchema = v.pipe(
  v.string("must be text"),
  v.trim(),
  v.nonEmpty("must not be empty"),
  v.regex(/^[\x20-\x7e]+$/, "must be printable ASCII"),
);

/** An id begins with `org_`; a name is in lower case at Auth0, and people write it as they like. */
const organizationSchema = v.pipe(
  v.string("must be text"),
  v.trim(),
  v.regex(
    /^(org_[A-Za-z0-9]+|[A-Za-z0-9][A-Za-z0-9_-]*)$/,
    "must be the id of an organization, such as org_9ybsU1dN2dKfDkBi, or its name",
  ),
);

/** What the device grant cannot ask Auth0 for; organizations exclude it altogether. */
const browserSettings = ["organization", "connection", "screen_hint"] as const;

/** Auth0 compares names in lower case, and puts them into tokens so. */
function claimsOfOrganization({
  organization,
}: {
  readonly organization?: string | undefined;
}): readonly RequiredClaim[] {
  if (organization === undefined) {
    return [];
  }
  const required = { value: organization, setting: "organization" };
  return organization.startsWith("org_")
    ? [{ ...required, name: "org_id" }]
    : [{ ...required, name: "org_name", ignoresCase: true }];
}

/** Auth0: what differs from any OpenID Connect provider, and nothing else. */
export const idpAuth0 = openIdConnectIdp({
  id: "auth0",
  summary: "Auth0, by the domain of the tenant",
  settings: v.strictObject({
    domain: v.pipe(hostSchema("acme.eu.auth0.com"), v.description("the tenant's domain, or its custom domain")),
    ...clientSettings,
    ...redirectSettings,
    organization: v.optional(
      v.pipe(organizationSchema, v.description("the organization to sign in to, by its id (org_…) or its name")),
    ),
    connection: v.optional(
      v.pipe(textSchema, v.description("the connection to sign in with, in place of Auth0's choice of them")),
    ),
    screen_hint: v.optional(v.pipe(textSchema, v.description("the page that Auth0 is to show first, such as signup"))),
    ...machineSettings,
  }),
  impliedBy: "domain",
  // With a slash at the end: IAM and the ID token must both name it so.
  issuer: (settings) => `${originOf(settings.domain)}/`,
  ...clientRequest,
  browserSettings,
  // Machine-to-machine access for Organizations.
  alsoOfClients: ["organization"],
  requiredClaims: claimsOfOrganization,
  grants: (settings) => {
    const parameters = audienceParameter(settings);
    const inBrowser = browserSettings.flatMap((name) => {
      const value = settings[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const browser = loopbackGrant({
      parameters: { ...parameters, ...Object.fromEntries(inBrowser) },
      // Callback URLs are compared with their ports.
      redirect: { ports: settings.redirect_ports ?? fixedRedirectPorts },
    });
    const others = [
      clientCredentialsGrant({
        scope: settings.client_scope,
        parameters: {
          ...parameters,
          ...(settings.organization === undefined ? {} : { organization: settings.organization }),
        },
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
          required: claimsOfOrganization(settings),
          audienceHint: hint`check ${setting("audience")}: it must be the identifier of an API under Applications > APIs`,
        },
        notAJwtHint: hint`check ${setting("audience")}: for an API of its own Auth0 gives a signed JWT; switch off its JSON Web Encryption`,
      }),
    ];
    return inBrowser.length > 0 ? [browser, ...others] : [deviceGrant({ parameters }), browser, ...others];
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
