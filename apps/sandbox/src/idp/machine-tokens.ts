import { randomUUID } from "node:crypto";
import { MACHINE_CLIENT_ID } from "../options.ts";
import type { AssertionDemands, MachineRefusal } from "./machine-client.ts";
import type { OAuthError } from "./oauth-error.ts";

type Json = Readonly<Record<string, unknown>>;

/** Where a provider is, and what was asked of it. */
export interface MachineRequest {
  issuer: string;
  tokenEndpoint: string;
  form: URLSearchParams;
}

/** What a provider does for a client that signs in by itself. */
export interface MachineManners {
  assertion: (request: MachineRequest) => AssertionDemands;
  /** What is wrong with what was asked for, or with the client. */
  refused: (refusal: MachineRefusal) => OAuthError;
  /** Claims besides `iss`, `iat`, `exp`; `typ` of the access token's header where it has one. */
  tokens: (request: MachineRequest) => MachineTokens | OAuthError;
}

/** Claims of what a client is given. */
export interface MachineTokens {
  accessToken: Json;
  /** Default: `JWT`. `null`: none. */
  type?: string | null;
  idToken?: Json;
}

/** Source: measured on Keycloak 26.5. */
export const KEYCLOAK_MACHINES: MachineManners = {
  assertion: ({ issuer, tokenEndpoint }) => ({
    audiences: [issuer, tokenEndpoint],
    algorithms: ["RS256", "PS256", "ES256"],
    keyBy: "kid",
  }),
  refused: ({ why }) => ({
    status: 401,
    error: "invalid_client",
    description: `Invalid client or Invalid client credentials: ${why}`,
  }),
  tokens: ({ form }) => {
    const sub = "c9b2a2f4-6c1f-4d4e-9f0a-3d2f0f6f7c11";
    return {
      accessToken: { sub, aud: "account", azp: MACHINE_CLIENT_ID, typ: "Bearer" },
      ...(scopesOf(form).includes("openid") && { idToken: { sub, aud: MACHINE_CLIENT_ID, azp: MACHINE_CLIENT_ID } }),
    };
  },
};

/** The API that an Auth0 look-alike knows. */
export const AUTH0_API = "https://api.example.com";

/** Source: Auth0 documentation, "Authenticate with Private Key JWT", "Access Token Profiles". */
export const AUTH0_MACHINES: MachineManners = {
  assertion: ({ issuer }) => ({
    audiences: [issuer],
    algorithms: ["RS256", "PS256"],
    keyBy: "kid",
    maxLifetimeSeconds: 300,
  }),
  refused: ({ kind }) =>
    kind === "assertion"
      ? { status: 401, error: "invalid_client", description: "Failed to verify client assertion" }
      : { status: 401, error: "access_denied", description: "Unauthorized" },
  tokens: ({ form }) => {
    const audience = form.get("audience");
    if (audience !== AUTH0_API) {
      return {
        status: 403,
        error: "access_denied",
        description: audience === null ? "No audience parameter was provided" : `Service not found: ${audience}`,
      };
    }
    return {
      accessToken: {
        sub: `${MACHINE_CLIENT_ID}@clients`,
        aud: audience,
        azp: MACHINE_CLIENT_ID,
        gty: "client-credentials",
        ...organizationOf(form.get("organization")),
      },
    };
  },
};

/** Machine-to-machine access for Organizations. */
function organizationOf(organization: string | null): Readonly<Record<string, string>> {
  return organization === null
    ? {}
    : organization.startsWith("org_")
      ? { org_id: organization }
      : { org_id: `org_of${organization.toLowerCase()}`, org_name: organization.toLowerCase() };
}

/** The audience of Okta's authorization server `default`. */
export const OKTA_API = "api://default";

/** Source: Okta documentation, "Client Credentials", "Build a JWT for client authentication". */
export const OKTA_MACHINES: MachineManners = {
  assertion: ({ tokenEndpoint }) => ({
    audiences: [tokenEndpoint],
    algorithms: ["RS256", "ES256"],
    keyBy: "kid",
    maxLifetimeSeconds: 3600,
  }),
  refused: ({ kind, why }) => ({
    status: 401,
    error: "invalid_client",
    description:
      kind === "secret"
        ? "The client secret supplied for a confidential client is invalid."
        : kind === "client"
          ? "Invalid value for 'client_id' parameter."
          : `The client_assertion token is not valid: ${why}.`,
  }),
  tokens: ({ form }) => {
    const scopes = scopesOf(form);
    if (scopes.length === 0 || scopes.some((scope) => scope !== "aws")) {
      return {
        status: 400,
        error: "invalid_scope",
        description: "One or more scopes are not configured for the authorization server resource.",
      };
    }
    return {
      type: null,
      accessToken: {
        ver: 1,
        jti: randomUUID(),
        sub: MACHINE_CLIENT_ID,
        aud: OKTA_API,
        cid: MACHINE_CLIENT_ID,
        scp: scopes,
      },
    };
  },
};

/** Source: Microsoft documentation, "OAuth 2.0 client credentials flow", "Certificate credentials". */
export const ENTRA_MACHINES: MachineManners = {
  assertion: ({ tokenEndpoint }) => ({
    audiences: [tokenEndpoint],
    algorithms: ["PS256"],
    keyBy: "certificate",
    maxLifetimeSeconds: 86_400,
  }),
  refused: ({ kind, why }) => {
    const [number, words] =
      kind === "secret"
        ? [7_000_215, "Invalid client secret provided."]
        : kind === "client"
          ? [700_016, "Application was not found in the directory 'Sandbox'."]
          : [
              700_027,
              `The certificate with identifier used to sign the client assertion is not registered on application. ${why}.`,
            ];
    return {
      status: 401,
      error: kind === "client" ? "unauthorized_client" : "invalid_client",
      description: `AADSTS${number}: ${words} Trace ID: 0e1f8ddc-0b3d-4c1a-9c02-5a1c7b2f0100`,
    };
  },
  tokens: ({ form }) => {
    const scope = form.get("scope") ?? "";
    if (!/^(api:\/\/)?tegata-machine\/\.default$/.test(scope)) {
      return {
        status: 400,
        error: "invalid_scope",
        description: `AADSTS1002012: The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`,
      };
    }
    const sub = "5f1c7c9e-1d5b-4a52-8f5c-0a2f4f0c9b77";
    return { accessToken: { ver: "2.0", sub, oid: sub, aud: MACHINE_CLIENT_ID, azp: MACHINE_CLIENT_ID, azpacr: "2" } };
  },
};

export function scopesOf(form: URLSearchParams): readonly string[] {
  return (form.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
}
