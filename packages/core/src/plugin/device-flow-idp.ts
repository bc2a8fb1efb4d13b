import type * as v from "valibot";
import { requestDeviceAuthorization } from "../oidc/device-authorization.ts";
import { pollForTokens } from "../oidc/device-token-polling.ts";
import { isTegataError, TegataError } from "../base/errors.ts";
import type { OptionsSchema } from "./format.ts";
import type { AcquireContext, IdTokenGrant, InteractiveIdp } from "./idp.ts";
import type { OAuthClient } from "../oidc/oauth-client.ts";
import { atEndpoint, discover } from "../oidc/openid-provider.ts";
import { refreshTokens, revokeRefreshToken } from "../oidc/refresh-token.ts";
import { isSignInRequired, type RenewalRefusal, signInRequired } from "../base/sign-in-required.ts";
import { shownValue } from "../base/shown-value.ts";
import { type OAuthRefusal, refusalDetails, saidBy } from "../oidc/token-response.ts";

/** What differs from one device-flow IdP to the next: data, and functions of its settings. */
export interface DeviceFlowDescriptor<Schema extends OptionsSchema> {
  readonly id: string;
  readonly summary: string;
  readonly settings: Schema;
  /** The issuer's URL; its discovery document is read from there. */
  issuer(settings: v.InferOutput<Schema>): string;
  clientId(settings: v.InferOutput<Schema>): string;
  /** For a provider that wants a secret of a client that cannot keep one; the setting's name must hold `secret`. */
  clientSecret?(settings: v.InferOutput<Schema>): string;
  /** Space-separated; must hold `openid`. */
  scope(settings: v.InferOutput<Schema>): string;
  /** Further parameters of the device authorization request. */
  parameters?(settings: v.InferOutput<Schema>): Readonly<Record<string, string>>;
  /** Where a device code is asked for, for a provider whose discovery document does not say it. */
  deviceAuthorizationEndpoint?(settings: v.InferOutput<Schema>): string | undefined;
  /** Hosts (`host` or `host:port`) besides the issuer's that may show the verification page. */
  verificationHosts?(settings: v.InferOutput<Schema>): readonly string[];
  /**
   * Turns this IdP's own way of refusing into an error; `undefined` leaves it to the usual explanation. It is asked first,
   * so it can tell a person who said no from a policy that did.
   */
  explain?(refusal: OAuthRefusal, settings: v.InferOutput<Schema>): TegataError | undefined;
  /** The same refusal without what is for nobody to read, such as ids for the provider's support. */
  reword?(refusal: OAuthRefusal): OAuthRefusal;
  /** What a person should know of a refresh that was refused, behind the provider's own words; no full stop. */
  aboutRenewal?(refusal: OAuthRefusal): string | undefined;
}

/** An identity provider that signs a person in with the device grant (RFC 8628) and renews by refresh token. */
export function deviceFlowIdp<const Schema extends OptionsSchema>(
  descriptor: DeviceFlowDescriptor<Schema>,
): InteractiveIdp<Schema> {
  type Settings = v.InferOutput<Schema>;

  const reword = (refusal: OAuthRefusal) => descriptor.reword?.(refusal) ?? refusal;
  const refusedFor = (settings: Settings) => (given: OAuthRefusal, usual?: TegataError) => {
    const refusal = reword(given);
    return descriptor.explain?.(refusal, settings) ?? usual ?? explainRefusal(refusal, descriptor.clientId(settings));
  };

  const clientOf = (settings: Settings): OAuthClient => ({
    clientId: descriptor.clientId(settings),
    clientSecret: descriptor.clientSecret?.(settings),
  });

  async function byRefreshToken(
    settings: Settings,
    refreshToken: string,
    context: AcquireContext,
  ): Promise<IdTokenGrant | RenewalRefusal> {
    const found = await context.discover();
    let refusal: RenewalRefusal | undefined;
    const explain = (refused: OAuthRefusal) => {
      const given = reword(refused);
      const about = descriptor.aboutRenewal?.(given);
      const words = about === undefined ? saidBy(given) : `${saidBy(given)}; ${about}`;
      refusal = { words, error: given.error, errorUri: given.uri };
      return refusedFor(settings)(given);
    };
    try {
      // Sent again only to another address than the one that gave no answer: that is no reuse.
      const answer = await atEndpoint(found, "token_endpoint", (provider) =>
        refreshTokens(provider, clientOf(settings), refreshToken, explain, context),
      );
      // Without rotation the answer holds none, and the old one goes on.
      const kept = answer.refreshToken ?? refreshToken;
      if (kept !== refreshToken) {
        await context.keepRefreshToken(kept);
      }
      if (answer.idToken === undefined) {
        refusal = { words: noIdToken(descriptor.scope(settings)), isFinal: true };
        context.log(`the sign-in is not renewed: ${refusal.words}`);
        await context.keepRefusal?.(refusal);
        return refusal;
      }
      return { idToken: answer.idToken, refreshToken: kept, byRefreshToken: true };
    } catch (error) {
      const isOver = isTegataError(error) && error.code === "idp_session_expired";
      if (refusal === undefined || !(isOver || isSignInRequired(error))) {
        throw error;
      }
      context.log(`the sign-in is not renewed: ${refusal.words}`);
      if (isOver) {
        await context.dropRefreshToken(refusal);
      }
      return refusal;
    }
  }

  async function byPerson(
    settings: Settings,
    context: AcquireContext,
    refusal: RenewalRefusal | undefined,
  ): Promise<IdTokenGrant> {
    const { promptPerson } = context;
    if (promptPerson === undefined) {
      throw signInRequired(refusal);
    }
    const found = await context.discover();
    // A person is not to wait for a code at an address of yesterday.
    const provider = (await found.readAnew?.()) ?? found;
    const client = clientOf(settings);
    const authorization = await requestDeviceAuthorization(
      provider,
      {
        clientId: client.clientId,
        scope: descriptor.scope(settings),
        parameters: descriptor.parameters?.(settings) ?? {},
        verificationHosts: descriptor.verificationHosts?.(settings) ?? [],
        endpoint: descriptor.deviceAuthorizationEndpoint?.(settings),
      },
      refusedFor(settings),
      context,
    );
    const { verificationUri, verificationUriComplete, userCode, expiresInSeconds } = authorization;
    const expiresAt = context.clock.now() + expiresInSeconds * 1000;
    const endPrompt = promptPerson({ verificationUri, verificationUriComplete, userCode, expiresAt });
    try {
      const tokens = await pollForTokens(provider, client, authorization, refusedFor(settings), context);
      if (tokens.idToken === undefined) {
        throw new TegataError("id_token_missing", "the identity provider answered without an ID token", {
          hint: `check that the scope holds openid (it is ${shownValue(descriptor.scope(settings))})`,
        });
      }
      return { idToken: tokens.idToken, refreshToken: tokens.refreshToken, byRefreshToken: false };
    } finally {
      endPrompt();
    }
  }

  return {
    kind: "interactive",
    id: descriptor.id,
    summary: descriptor.summary,
    settings: descriptor.settings,
    expectations: (settings) => ({ issuer: descriptor.issuer(settings), audience: descriptor.clientId(settings) }),
    async acquire(settings, context) {
      const renewed =
        context.refreshToken === undefined ? undefined : await byRefreshToken(settings, context.refreshToken, context);
      return renewed !== undefined && "idToken" in renewed ? renewed : byPerson(settings, context, renewed);
    },
    async revoke(settings, refreshToken, ports) {
      await atEndpoint(await discover(descriptor.issuer(settings), ports), "revocation_endpoint", (provider) =>
        revokeRefreshToken(provider, clientOf(settings), refreshToken, ports),
      );
    },
  };
}

/** OpenID Connect Core 1.0 section 12.2 lets a provider leave it out; then a refresh token is of no use here. */
function noIdToken(scope: string): string {
  return `its answer to the refresh token holds no ID token; the scope is ${shownValue(scope)}`;
}

/** What the error codes of RFC 6749 section 5.2 mean for this program. */
function explainRefusal(refusal: OAuthRefusal, clientId: string): TegataError {
  const said = saidBy(refusal);
  const details = refusalDetails(refusal);
  switch (refusal.error) {
    case "unauthorized_client":
    case "unsupported_grant_type":
      return new TegataError(
        "idp_device_grant_disabled",
        `the identity provider does not allow the device grant for the client ${shownValue(clientId)} (${said})`,
        { hint: "ask its administrator to enable the device grant for this client", details },
      );
    case "invalid_client":
      return new TegataError(
        "idp_client_rejected",
        `the identity provider does not accept the client ${shownValue(clientId)} (${said})`,
        { hint: "check client_id; the client must be a public (native) one, without a secret", details },
      );
    case "invalid_scope":
      return new TegataError("idp_rejected", `the identity provider does not accept the scope (${said})`, {
        hint: "check scope; the default is openid email offline_access",
        details,
      });
    // RFC 6749 has the first two for the authorization endpoint; some providers answer them with HTTP 400 here.
    case "temporarily_unavailable":
    case "server_error":
    case "slow_down":
      return new TegataError("idp_unavailable", `the identity provider cannot answer right now: ${said}`, {
        hint: "try again in a moment",
        details,
      });
    // Of a device code that is still good: the person may not sign in, or the code was used and the answer got lost.
    case "invalid_grant":
    case "bad_verification_code":
      return new TegataError("idp_rejected", `the identity provider does not finish the sign-in: ${said}`, {
        hint: "run the command again; if it stays, ask the administrator of the identity provider",
        details,
      });
    default:
      return new TegataError("idp_rejected", `the identity provider refused: ${said}`, {
        hint: "check client_id, scope and audience, or ask its administrator",
        details,
      });
  }
}
