import type { AdapterFactory, Configuration, JWK } from "oidc-provider";
import { PAGE_HEADERS } from "../html.ts";
import {
  CLIENT_ID,
  CLIENT_ID_WITHOUT_CODE_GRANT,
  CLIENT_ID_WITHOUT_DEVICE_GRANT,
  CLIENT_ID_WITHOUT_REVOCATION,
  GOOGLE_DESKTOP_CLIENT_ID,
  type SandboxUser,
} from "../options.ts";
import type { Face, Lifetimes } from "./face.ts";
import { DEVICE_GRANT } from "./oauth-error.ts";
import { closingPage, codePage, confirmPage, errorPage } from "./pages.ts";

const CODE_GRANT = "authorization_code";

/** oidc-provider's configuration for one identity provider. */
export function configurationOf({
  face,
  users,
  lifetimes,
  jwks,
  adapter,
  redirectPorts,
}: {
  face: Face;
  users: readonly SandboxUser[];
  lifetimes: Lifetimes;
  jwks: readonly (JWK & { kty: string })[];
  adapter: AdapterFactory;
  redirectPorts: readonly number[];
}): Configuration {
  const nativeClient = (id: string, ...grants: readonly string[]) => ({
    client_id: id,
    application_type: "native" as const,
    token_endpoint_auth_method: "none" as const,
    redirect_uris: [...face.redirects.registered(redirectPorts)],
    response_types: grants.includes(CODE_GRANT) ? ["code" as const] : [],
    grant_types: [...grants, "refresh_token"],
  });
  const extraClaims = [...new Set(users.flatMap(({ claims }) => Object.keys(claims ?? {})))];
  return {
    adapter,
    jwks: { keys: [...jwks] },
    clients: [
      nativeClient(CLIENT_ID, DEVICE_GRANT, ...(face.separateClients ? [] : [CODE_GRANT])),
      nativeClient(CLIENT_ID_WITHOUT_DEVICE_GRANT, CODE_GRANT),
      nativeClient(CLIENT_ID_WITHOUT_CODE_GRANT, DEVICE_GRANT),
      nativeClient(CLIENT_ID_WITHOUT_REVOCATION, DEVICE_GRANT),
      ...(face.separateClients ? [nativeClient(GOOGLE_DESKTOP_CLIENT_ID, CODE_GRANT)] : []),
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
    rotateRefreshToken: face.refreshTokens !== "kept",
    ...(face.alwaysRefreshToken && { issueRefreshToken: async () => true, expiresWithSession: async () => false }),
    // Browsers send a cookie to every port of a host: the providers must not share names.
    cookies: {
      names: {
        session: `${face.name}_session`,
        interaction: `${face.name}_interaction`,
        resume: `${face.name}_resume`,
      },
    },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
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
        charset: face.userCodeCharset,
        mask: face.userCodeMask,
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
