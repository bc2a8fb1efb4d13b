import * as v from "valibot";
import { isSecureUrl } from "../base/http.ts";

/** An issuer or endpoint that a person wrote: https, or http on a loopback address; no credentials, query or fragment. */
export const secureUrlSchema = v.pipe(
  v.string("must be a URL"),
  v.trim(),
  v.check((text) => URL.canParse(text) && /^https?:\/\//i.test(text), "must be a URL that starts with https://"),
  v.check(
    (text) => !URL.canParse(text) || isSecureUrl(new URL(text)),
    "must be https; http is taken only for a loopback address",
  ),
  v.check((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url === undefined || (url.username === "" && url.password === "" && url.search === "" && url.hash === "");
  }, "must hold no user, query or fragment"),
);

/**
 * A host that a person wrote, with or without `https://` in front; a port is taken, http for a loopback address only. Give
 * `originOf` what it lets through.
 *
 * @param example stands in the message: `acme.eu.auth0.com`
 */
export function hostSchema(example: string) {
  return v.pipe(
    v.string("must be text"),
    v.trim(),
    v.check((host) => {
      const origin = originOf(host);
      return URL.canParse(origin) && isSecureUrl(new URL(origin)) && new URL(withScheme(host)).href === `${origin}/`;
    }, `must be a host name such as ${example}`),
  );
}

/** `https://host` without a slash at the end, of a host name as `hostSchema` takes it; empty for other text. */
export function originOf(host: string): string {
  const url = withScheme(host);
  return URL.canParse(url) ? new URL(url).origin : "";
}

function withScheme(host: string): string {
  return /^https?:\/\//i.test(host) ? host : `https://${host}`;
}

/** The `client_id` of an OAuth client (RFC 6749 section 2.2): printable ASCII, without blanks around it. */
export const clientIdSchema = v.pipe(
  v.string("must be text"),
  v.trim(),
  v.nonEmpty("must not be empty"),
  v.regex(/^[\x20-\x7e]+$/, "must be printable ASCII (RFC 6749 appendix A.1)"),
);

/** Space-separated scopes, sent with single spaces (RFC 6749 section 3.3); without `openid` there is no ID token. */
export const scopeSchema = v.pipe(
  v.string("must be text"),
  v.trim(),
  v.transform((scope) => scope.split(/\s+/).join(" ")),
  v.regex(/^[\x20-\x7e]*$/, "must be printable ASCII (RFC 6749 appendix A.4)"),
  v.check((scope) => scope.split(" ").includes("openid"), "must hold openid, else there is no ID token"),
);

/** Enough for an ID token, a readable session name and silent renewal. */
export const defaultScope = "openid email offline_access";

/** The settings of a public client, for a plugin's own schema: `v.strictObject({ domain, ...clientSettings })`. */
export const clientSettings = {
  client_id: v.pipe(clientIdSchema, v.description("the client id of a public (native) client")),
  scope: v.optional(v.pipe(scopeSchema, v.description("space-separated scopes; must hold openid")), defaultScope),
  audience: v.optional(
    v.pipe(
      v.string("must be text"),
      v.nonEmpty("must not be empty"),
      v.description("the audience: a parameter of the sign-in, or whom the token of a job or a pod is for"),
    ),
  ),
};

/** A browser shows an error in place of the answer, which then never comes. @see https://fetch.spec.whatwg.org/#port-blocking */
const blockedPorts: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);

const portSchema = v.pipe(
  // A flag or a variable has text.
  v.union(
    [v.number(), v.pipe(v.string(), v.regex(/^\d{1,5}$/), v.transform(Number))],
    "must be a port between 1 and 65535",
  ),
  v.integer("must be a port between 1 and 65535"),
  v.minValue(1, "must be a port between 1 and 65535"),
  v.maxValue(65_535, "must be a port between 1 and 65535"),
  v.check(
    (port) => !blockedPorts.has(port),
    ({ input }) => `must be ports that browsers open: they refuse ${input}`,
  ),
);

/** The setting of a redirect address, for a plugin's own schema, and for the options of `loopbackGrant`. */
export const redirectSettings = {
  redirect_ports: v.optional(
    v.pipe(
      v.array(portSchema, "must be a list of ports"),
      v.minLength(1, "must name a port"),
      v.maxLength(20, "must name at most 20 ports"),
      v.description("ports at which the browser brings the sign-in back, tried in this order"),
    ),
  ),
};

/**
 * Ports for a provider that compares the port of a redirect URI. They are below those that systems hand out by themselves, and no
 * well-known program has them.
 */
export const fixedRedirectPorts: readonly number[] = [17_580, 17_581, 17_582];

interface ClientSettings {
  readonly client_id: string;
  readonly scope: string;
  readonly audience?: string | undefined;
}

/** What the descriptor of an OpenID Connect provider says of `clientSettings`. */
export const clientRequest = {
  clientId: (settings: ClientSettings) => settings.client_id,
  scope: (settings: ClientSettings) => settings.scope,
};

/** The `audience` of `clientSettings` as a parameter of a grant, for providers that know it. */
export function audienceParameter({ audience }: Pick<ClientSettings, "audience">): Readonly<Record<string, string>> {
  return audience === undefined ? {} : { audience };
}
