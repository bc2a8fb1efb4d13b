import type * as v from "valibot";
import type { OptionsSchema } from "./format.ts";
import type { OpenIdProvider } from "./openid-provider.ts";
import type { Ports, PromptPerson } from "./ports.ts";

/** What an IdP gave, before anyone has checked it. */
export interface IdTokenGrant {
  /** The raw ID token (a JWT). It goes nowhere until `verifyIdToken` has judged it. */
  readonly idToken: string;
  /** The refresh token that counts from now on; `undefined` when the IdP gives none. */
  readonly refreshToken: string | undefined;
  /** True when the refresh token gave it and nobody was asked: the subject must then be the one from before. */
  readonly byRefreshToken: boolean;
}

/** Who must have issued the ID token, and for whom: what `verifyIdToken` holds it against. */
export interface IdTokenExpectations {
  /** The issuer's URL as a person wrote it; the discovery document's own `issuer` is the one that counts. */
  readonly issuer: string;
  /** The client id: `aud` must hold it. */
  readonly audience: string;
}

export interface AcquireContext extends Ports {
  /** From an earlier sign-in at the same IdP with the same settings. */
  readonly refreshToken: string | undefined;
  /** The provider that `expectations` names: by its kept discovery document or read now, once per run. */
  discover(): Promise<OpenIdProvider>;
  /** `undefined`: nobody may be asked. */
  readonly promptPerson: PromptPerson | undefined;
  /**
   * Makes a rotated refresh token durable. Await it before the new ID token is used: the old refresh token is dead by
   * then, and a crash in between would lose the sign-in session.
   */
  keepRefreshToken(refreshToken: string): Promise<void>;
  /** Forgets a refresh token that the IdP takes no more. */
  dropRefreshToken(): Promise<void>;
}

/**
 * One kind of identity provider: data plus one verb.
 *
 * Most are `deviceFlowIdp({ … })`, a descriptor of what differs; one that finds its token elsewhere writes `acquire` by
 * hand.
 */
export interface IdentityProvider<Schema extends OptionsSchema = OptionsSchema> {
  /** The `type` in `tegata.toml`, the package's suffix and the heading in the documentation: kebab-case. */
  readonly id: string;
  /** One line for `tegata plugins`: lower case, no full stop. */
  readonly summary: string;
  /** A strict object: unknown keys are errors. Each key is a setting, a flag and a variable. */
  readonly settings: Schema;
  expectations(settings: v.InferOutput<Schema>): IdTokenExpectations;
  /**
   * A raw ID token: by the refresh token when there is one, else by asking a person.
   *
   * @throws TegataError `sign_in_required` when only a person could help and nobody may be asked; every other code
   *   means that asking again would not help.
   */
  acquire(settings: v.InferOutput<Schema>, context: AcquireContext): Promise<IdTokenGrant>;
  /** Tells the IdP that a refresh token is not wanted any more (RFC 7009). */
  revoke?(settings: v.InferOutput<Schema>, refreshToken: string, ports: Ports): Promise<void>;
}

/** Checks an IdP's types and gives them names; does nothing at run time. */
export function defineIdp<const Schema extends OptionsSchema>(idp: IdentityProvider<Schema>): IdentityProvider<Schema> {
  return idp;
}
