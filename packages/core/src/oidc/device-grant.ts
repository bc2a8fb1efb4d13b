import * as oauth from "oauth4webapi";
import { isTegataError, reworded, wordingOf } from "../base/errors.ts";
import { hintOf, type HintInput } from "../base/wording.ts";
import { requestDeviceAuthorization } from "./device-authorization.ts";
import { pollForTokens } from "./device-token-polling.ts";
import type { PersonGrant } from "./grant.ts";

/** What differs from one provider to the next. */
export interface DeviceGrantOptions {
  /** Further parameters of the device authorization request, such as Auth0's `audience`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where a device code is asked for, if the provider's discovery document does not say it. */
  readonly deviceAuthorizationEndpoint?: string | undefined;
  /** Hosts (`host` or `host:port`) besides the issuer's that may show the verification page. */
  readonly verificationHosts?: readonly string[];
  /**
   * True: sends PKCE (RFC 7636) where the provider's discovery document names S256. No RFC has it for this grant, but Keycloak can
   * demand it of a client.
   */
  readonly pkce?: boolean;
  /** What may help where the page shows an error, of which nobody else hears. */
  readonly advice?: HintInput;
}

/**
 * The device grant: a person opens a page in any browser, on any device, and compares a code.
 *
 * @see RFC 8628
 */
export function deviceGrant({
  parameters = {},
  deviceAuthorizationEndpoint: endpoint,
  verificationHosts = [],
  pkce = false,
  advice: givenAdvice,
}: DeviceGrantOptions = {}): PersonGrant {
  const advice = givenAdvice === undefined ? undefined : hintOf(givenAdvice);
  return {
    flow: "device",
    needsPerson: true,
    isOffered: ({ metadata }) => metadata.device_authorization_endpoint !== undefined || endpoint !== undefined,
    async acquire({ provider, client, scope, refused }, ports, promptPerson) {
      const isProved = pkce && provider.metadata.code_challenge_methods_supported?.includes("S256") === true;
      const codeVerifier = isProved ? oauth.generateRandomCodeVerifier() : undefined;
      const challenge =
        codeVerifier === undefined
          ? {}
          : { code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier), code_challenge_method: "S256" };
      const authorization = await requestDeviceAuthorization(
        provider,
        {
          clientId: client.clientId,
          scope,
          parameters: { ...parameters, ...challenge },
          verificationHosts,
          endpoint,
        },
        refused,
        ports,
      );
      const { verificationUri, verificationUriComplete, userCode, expiresInSeconds } = authorization;
      const expiresAt = ports.clock.now() + expiresInSeconds * 1000;
      const page = { verificationUri, verificationUriComplete };
      const endPrompt = promptPerson({ kind: "device", ...page, userCode, expiresAt, advice });
      try {
        return await pollForTokens(provider, client, { ...authorization, codeVerifier }, refused, ports);
      } catch (error) {
        throw advice !== undefined && isTegataError(error) && error.code === "sign_in_expired"
          ? reworded(error, { hint: [...(wordingOf(error).hint ?? []), ...advice] })
          : error;
      } finally {
        endPrompt();
      }
    },
  };
}
