import type { AdapterFactory, Configuration, JWK } from "oidc-provider";
import { PAGE_HEADERS } from "../html.ts";
import { CLIENT_ID, CLIENT_ID_WITHOUT_DEVICE_GRANT, type SandboxUser } from "../options.ts";
import type { Area } from "../request-log.ts";
import { DEVICE_GRANT } from "./auth0-errors.ts";
import { closingPage, codePage, confirmPage, errorPage } from "./pages.ts";

/** How one of the two identity providers shows itself. */
export interface Face {
  name: "oidc" | "auth0";
  /** Name on the pages. */
  brand: string;
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
  /** `Cache-Control` of the discovery document and of the key set; none when left out. */
  documentCacheControl?: string;
  accountIdOf: (user: SandboxUser) => string;
}

/** Lifetimes in seconds. */
export interface Lifetimes {
  deviceCode: number;
  idToken: number;
  refreshToken: number;
}

function faceOf(face: Omit<Face, "areas">): Face {
  const { routes } = face;
  const areas = new Map<string, Area>([
    ["/.well-known/openid-configuration", "discovery"],
    ["/.well-known/oauth-authorization-server", "discovery"],
    [routes.device_authorization, "device_authorization"],
    [routes.token, "token"],
    [routes.jwks, "jwks"],
    [routes.revocation, "revocation"],
  ]);
  return { ...face, areas };
}

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
});

/** Paths and subjects of an Auth0 tenant. */
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
  accountIdOf: ({ id }) => `auth0|${id}`,
  documentCacheControl: "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400",
});

/** oidc-provider's configuration for one identity provider. */
export function configurationOf({
  face,
  users,
  lifetimes,
  jwks,
  adapter,
}: {
  face: Face;
  users: readonly SandboxUser[];
  lifetimes: Lifetimes;
  jwks: readonly (JWK & { kty: string })[];
  adapter: AdapterFactory;
}): Configuration {
  const nativeClient = {
    application_type: "native",
    token_endpoint_auth_method: "none",
    redirect_uris: [],
    response_types: [],
  } as const;
  const extraClaims = [...new Set(users.flatMap(({ claims }) => Object.keys(claims ?? {})))];
  return {
    adapter,
    jwks: { keys: [...jwks] },
    clients: [
      { ...nativeClient, client_id: CLIENT_ID, grant_types: [DEVICE_GRANT, "refresh_token"] },
      { ...nativeClient, client_id: CLIENT_ID_WITHOUT_DEVICE_GRANT, grant_types: ["refresh_token"] },
    ],
    routes: face.routes,
    scopes: ["openid", "offline_access", "email", "profile", "groups"],
    claims: {
      openid: ["sub", ...extraClaims],
      email: ["email", "email_verified"],
      profile: ["name"],
      groups: ["groups"],
    },
    conformIdTokenClaims: false,
    rotateRefreshToken: true,
    // Browsers send a cookie to every port of a host: the two providers must not share names.
    cookies: {
      names: {
        session: `${face.name}_session`,
        interaction: `${face.name}_interaction`,
        resume: `${face.name}_resume`,
      },
    },
    ttl: {
      AccessToken: 3600,
      DeviceCode: lifetimes.deviceCode,
      IdToken: lifetimes.idToken,
      RefreshToken: lifetimes.refreshToken,
      Grant: lifetimes.refreshToken,
      Interaction: 3600,
      Session: 86_400,
    },
    findAccount: (_ctx, accountId) => {
      const user = users.find((one) => face.accountIdOf(one) === accountId);
      return (
        user && {
          accountId,
          claims: () => ({
            sub: accountId,
            email: user.email,
            email_verified: true,
            name: user.name,
            groups: [...user.groups],
            ...user.claims,
          }),
        }
      );
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    renderError: (ctx, out) => {
      ctx.set(PAGE_HEADERS);
      ctx.body = errorPage(face.brand, { error: out.error, description: out.error_description ?? out.error });
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      deviceFlow: {
        enabled: true,
        charset: "base-20",
        mask: "****-****",
        userCodeInputSource: (ctx, form, _out, error) => {
          ctx.set(PAGE_HEADERS);
          if (error?.name === "AbortedError") {
            ctx.body = closingPage(face.brand, "denied");
            return;
          }
          ctx.body = codePage(face.brand, formOf(form), error ? { wrong: wordOf(error.name) } : {});
        },
        userCodeConfirmSource: (ctx, form, client, _deviceInfo, userCode) => {
          ctx.set(PAGE_HEADERS);
          ctx.body = confirmPage(face.brand, formOf(form), { client: client.clientName ?? client.clientId, userCode });
        },
        successSource: (ctx) => {
          ctx.set(PAGE_HEADERS);
          ctx.body = closingPage(face.brand, "done");
        },
      },
    },
  };
}

/** Action and anti-forgery value of the form that oidc-provider would have shown. */
function formOf(html: string): { action: string; hidden: { name: string; value: string }[] } {
  const action = /action="([^"]*)"/.exec(html)?.[1] ?? "";
  const xsrf = /name="xsrf" value="([^"]*)"/.exec(html)?.[1] ?? "";
  return { action, hidden: [{ name: "xsrf", value: xsrf }] };
}

function wordOf(errorName: string): string {
  switch (errorName) {
    case "NoCodeError":
      return "Type the code first.";
    case "NotFoundError":
      return "There is no such code. Compare it with your device.";
    case "ExpiredError":
      return "This code is too old. Start again on your device.";
    case "AlreadyUsedError":
      return "This code was used already. Start again on your device.";
    default:
      return "That did not work. Start again on your device.";
  }
}
