import type { TegataError } from "../base/errors.ts";
import type { Ports, PromptPerson } from "../base/ports.ts";
import type { AccessTokenRules } from "./access-token.ts";
import type { IdTokenProfile } from "./id-token-header.ts";
import type { MachineClient } from "./machine-client.ts";
import type { ClientKeyAlgorithm } from "./client-key.ts";
import type { OAuthClient } from "./oauth-client.ts";
import type { OpenIdProvider } from "./openid-provider.ts";
import type { WantedSignIn } from "./wanted-sign-in.ts";
import type { OAuthRefusal } from "./token-response.ts";

/**
 * The ways in which a person signs in: `device` is the device grant of RFC 8628, `browser` the authorization code grant with a
 * redirect to this machine (RFC 8252).
 */
export type PersonFlow = "device" | "browser";

/** Every way in. `client-credentials` is the grant of RFC 6749 section 4.4, for machines. */
export type Flow = PersonFlow | "client-credentials";

/** What every grant works with. */
export interface GrantRequest {
  readonly provider: OpenIdProvider;
  readonly client: OAuthClient;
  /** Space-separated; must hold `openid` for an ID token. */
  readonly scope: string;
  /** As whom and how the person is to sign in. The device grant has no parameters for it (RFC 8628 section 3.1). */
  readonly wanted?: WantedSignIn | undefined;
  /** The other way in that a person has at this identity provider, for hints. */
  readonly otherFlow: PersonFlow | undefined;
  /** Turns the provider's OAuth error into ours; `usual` is what it means by the grant's RFC, where that says so. */
  readonly refused: (refusal: OAuthRefusal, usual?: TegataError) => TegataError;
}

/** What a person's sign-in gave, before anyone has checked it. */
export interface PersonTokens {
  /** The raw ID token (a JWT); `undefined`: the provider gave none. */
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
}

/** What a machine's sign-in gave, before anyone has checked it. */
export interface MachineToken {
  /** The raw token (a JWT). */
  readonly idToken: string;
  /** Whom it has to be for. */
  readonly audience: string;
  /** What it may be besides what every ID token is. */
  readonly profile?: IdTokenProfile | undefined;
  /** Of an access token: what is judged instead of all that. */
  readonly accessToken?: AccessTokenRules | undefined;
}

/** What a machine's grant works with. */
export interface MachineGrantRequest extends Pick<GrantRequest, "provider" | "refused"> {
  readonly client: MachineClient;
}

/** A grant that asks a person: in a browser, on this machine or on another one. */
export interface PersonGrant {
  readonly flow: PersonFlow;
  readonly needsPerson: true;
  /** What the client has to allow as redirect URIs, as it is registered. Left out: the grant has none. */
  readonly redirectUris?: readonly string[];
  /** Whether it can work there, by the provider's discovery document: without it `acquire` says what is missing. */
  isOffered(provider: OpenIdProvider): boolean;
  /**
   * Shows a person where to sign in, and waits for what comes of it. The prompt is taken away however it ends.
   *
   * @throws TegataError for a refusal, an answer that makes no sense, and when time is up; the reason of `ports.signal`
   */
  acquire(request: GrantRequest, ports: Ports, promptPerson: PromptPerson): Promise<PersonTokens>;
}

/** A grant of a client that has a secret or a key of its own: nobody is asked. */
export interface MachineGrant {
  readonly flow: "client-credentials";
  readonly needsPerson: false;
  /** Settings that it cannot do without, and that are not there. Left out: there are all. */
  readonly missing?: readonly string[] | undefined;
  /** Which algorithms a client's key may sign with, the usual one first. */
  readonly keyAlgorithms: readonly [ClientKeyAlgorithm, ...ClientKeyAlgorithm[]];
  /** @throws TegataError for a refusal and for an answer that makes no sense; the reason of `ports.signal` */
  acquire(request: MachineGrantRequest, ports: Ports): Promise<MachineToken>;
}

/**
 * A way to get tokens from a provider, as a value. Which ones an identity provider has is data of its plugin; renewal by refresh
 * token is the same for all of them and no part of any.
 *
 * @see RFC 6749 section 1.3
 */
export type Grant = PersonGrant | MachineGrant;
