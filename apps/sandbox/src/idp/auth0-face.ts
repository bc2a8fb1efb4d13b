import { asAuth0 } from "./auth0-errors.ts";
import { FIXED_PORTS, faceOf } from "./face.ts";
import { AUTH0_MACHINES } from "./machine-tokens.ts";

/** Paths, subjects and errors of an Auth0 tenant. */
export const AUTH0_FACE = faceOf({
  name: "auth0",
  brand: "Sandbox Auth0 tenant",
  routes: {
    authorization: "/authorize",
    code_verification: "/activate",
    device_authorization: "/oauth/device/code",
    end_session: "/oidc/logout",
    jwks: "/.well-known/jwks.json",
    revocation: "/oauth/revoke",
    token: "/oauth/token",
    userinfo: "/userinfo",
  },
  issuerOf: (origin) => `${origin}/`,
  lifetimes: { deviceCode: 900, idToken: 36_000 },
  accountIdOf: ({ id }) => `auth0|${id}`,
  documentCacheControl: "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400",
  redirects: FIXED_PORTS,
  organizations: true,
  reword: asAuth0,
  machines: AUTH0_MACHINES,
});
