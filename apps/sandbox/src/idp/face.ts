import type { FaceName, SandboxUser } from "../options.ts";
import type { Area } from "../request-log.ts";
import type { MachineManners } from "./machine-tokens.ts";
import type { OAuthError, OAuthErrorContext } from "./oauth-error.ts";

type Json = Readonly<Record<string, unknown>>;

/** Lifetimes in seconds. */
export interface Lifetimes {
  deviceCode: number;
  idToken: number;
  refreshToken: number;
}

/** The redirect URIs of a provider's client, and how they are compared with the one that is asked for. */
export interface Redirects {
  /** As they are registered. */
  registered: (ports: readonly number[]) => readonly [string, ...string[]];
  /** `exact`: as strings. `anyPort`: but for the port. `anyLoopback`: any port and path of a loopback host. */
  compared: "exact" | "anyPort" | "anyLoopback";
}

/** Redirect URIs with a port each, for a provider that compares it. */
export const FIXED_PORTS: Redirects = {
  registered: ([first = 17_580, ...others]) => [
    `http://127.0.0.1:${first}/callback`,
    ...others.map((port) => `http://127.0.0.1:${port}/callback`),
  ],
  compared: "exact",
};

/** Whether a client may be sent there. */
export function isRedirectAllowed(asked: string, registered: readonly string[], { compared }: Redirects): boolean {
  if (compared === "exact" || !URL.canParse(asked)) {
    return registered.includes(asked);
  }
  const { protocol, hostname, pathname, search, hash } = new URL(asked);
  if (compared === "anyLoopback") {
    return protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
  }
  return (
    search === "" &&
    hash === "" &&
    registered
      .map((each) => new URL(each))
      .some((each) => each.protocol === protocol && each.hostname === hostname && each.pathname === pathname)
  );
}

/** How one identity provider shows itself: what is different on the wire from a plain OpenID provider. */
export interface Face {
  name: FaceName;
  /** Name on the pages. */
  brand: string;
  /** Whole paths, no matter what the issuer's is. */
  routes: {
    authorization: string;
    code_verification: string;
    device_authorization: string;
    end_session: string;
    jwks: string;
    revocation: string;
    token: string;
    userinfo: string;
  };
  areas: ReadonlyMap<string, Area>;
  /** What it calls itself in tokens and documents, by the origin of its server. */
  issuerOf: (origin: string) => string;
  /** Path of the discovery document. */
  discoveryPath: string;
  /** Hosts that this provider has in the world; they are found at its server. */
  hosts: readonly string[];
  lifetimes: Pick<Lifetimes, "deviceCode" | "idToken">;
  accountIdOf: (user: SandboxUser) => string;
  /** `Cache-Control` of the discovery document and of the key set; none when left out. */
  documentCacheControl?: string;
  /** Of user codes; `*` is a letter or a digit. */
  userCodeMask: string;
  userCodeCharset: "base-20" | "digits";
  /** Lets a client poll as fast as it likes. */
  neverSlowsDown: boolean;
  /**
   * What a refresh gives. `rotated`: a new refresh token, and the reuse of an old one, beyond its leeway, ends the family.
   * `kept`: none, the old one goes on.
   */
  refreshTokens: "rotated" | "kept";
  /** How long a rotated refresh token stays good after its first use; `Infinity`: for as long as it would have lived. */
  leewaySeconds: number;
  /** Where a browser may bring a code to. */
  redirects: Redirects;
  /** Says in its answers who it is (RFC 9207). */
  namesIssuer: boolean;
  /** One client, one grant: the usual client has no authorization code grant. */
  separateClients: boolean;
  /** Knows the parameter `organization`, and names the organization in the ID tokens of such a sign-in. */
  organizations: boolean;
  /** Gives a refresh token without being asked for `offline_access`. */
  alwaysRefreshToken: boolean;
  /** What it does for a client that signs in by itself; none when left out. */
  machines?: MachineManners;
  /** What the token endpoint wants to see of the client. */
  clientSecret?: string;
  /** What is refused before anything else is looked at. */
  admit?: (area: Area, form: URLSearchParams) => OAuthError | undefined;
  /** Sends the browser back with what `admit` refuses, as RFC 6749 section 4.1.2.1 has it. False: it shows a page. */
  refusesByRedirect: boolean;
  /** The same refusal in this provider's words. */
  reword?: (error: OAuthError, context: OAuthErrorContext) => OAuthError;
  /** The same good answers with this provider's members. */
  answers?: Partial<Record<Area, (body: Json) => Json>>;
}

type FaceDifferences = Pick<Face, "name" | "brand" | "routes" | "accountIdOf"> & Partial<Face>;

const WELL_KNOWN = "/.well-known/openid-configuration";

/** A face with everything that is not said as a plain OpenID provider has it. */
export function faceOf(face: FaceDifferences & { issuerPath?: string }): Face {
  const { routes, issuerPath = "" } = face;
  const discoveryPath = `${issuerPath}${WELL_KNOWN}`;
  const areas = new Map<string, Area>([
    [WELL_KNOWN, "discovery"],
    [discoveryPath, "discovery"],
    ["/.well-known/oauth-authorization-server", "discovery"],
    [routes.authorization, "authorization"],
    [routes.device_authorization, "device_authorization"],
    [routes.token, "token"],
    [routes.jwks, "jwks"],
    [routes.revocation, "revocation"],
  ]);
  return {
    areas,
    discoveryPath,
    issuerOf: (origin) => `${origin}${issuerPath}`,
    hosts: [],
    lifetimes: { deviceCode: 600, idToken: 3600 },
    userCodeMask: "****-****",
    userCodeCharset: "base-20",
    neverSlowsDown: false,
    redirects: { registered: () => ["http://127.0.0.1/callback"], compared: "anyPort" },
    namesIssuer: false,
    separateClients: false,
    refreshTokens: "rotated",
    leewaySeconds: 0,
    alwaysRefreshToken: false,
    organizations: false,
    refusesByRedirect: false,
    ...face,
  };
}

/** The answer without the members named. */
export function without(body: Json, ...names: string[]): Json {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}
