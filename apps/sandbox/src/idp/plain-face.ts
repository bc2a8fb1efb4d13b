import { faceOf } from "./face.ts";
import { KEYCLOAK_MACHINES } from "./machine-tokens.ts";

/** A plain OpenID provider. */
export const OIDC_FACE = faceOf({
  name: "oidc",
  brand: "Sandbox OpenID provider",
  routes: {
    authorization: "/authorize",
    code_verification: "/device",
    device_authorization: "/device/authorize",
    end_session: "/session/end",
    jwks: "/jwks",
    revocation: "/revoke",
    token: "/token",
    userinfo: "/userinfo",
  },
  accountIdOf: ({ id }) => id,
  // As Keycloak does.
  namesIssuer: true,
  machines: KEYCLOAK_MACHINES,
});
