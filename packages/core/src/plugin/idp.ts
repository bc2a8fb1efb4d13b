import type * as v from "valibot";
import type { OptionsSchema } from "./format.ts";
import type { IdTokenExpectations } from "../oidc/id-token.ts";
import type { AccessTokenRules } from "../oidc/access-token.ts";
import type { IdTokenProfile } from "../oidc/id-token-header.ts";
import type { Machine } from "./machine.ts";
import type { Flow, PersonFlow } from "../oidc/grant.ts";
import type { OpenIdProvider } from "../oidc/openid-provider.ts";
import type { RequiredClaim } from "../oidc/required-claims.ts";
import type { Ports, PromptPerson } from "../base/ports.ts";
import type { WantedSignIn } from "../oidc/wanted-sign-in.ts";
import type { RenewalRefusal } from "../base/sign-in-required.ts";

/** What an IdP gave, before anyone has checked it. */
export interface IdTokenGrant {
  /** The raw ID token (a JWT). It goes nowhere until `verifyIdToken` has judged it. */
  readonly idToken: string;
  /** The refresh token that counts from now on; `undefined` when the IdP gives none. */
  readonly refreshToken: string | undefined;
  /** True when the refresh token gave it and nobody was asked: the subject must then be the one from before. */
  readonly byRefreshToken: boolean;
}

/** What an identity provider works with while it gets an ID token. */
export interface AcquireContext extends Ports {
  /** From an earlier sign-in at the same IdP with the same settings. */
  readonly refreshToken: string | undefined;
  /** The provider that `expectations` names: by its stored discovery document or read now, once per run. */
  discover(): Promise<OpenIdProvider>;
  /** `undefined`: nobody may be asked. */
  readonly promptPerson: PromptPerson | undefined;
  /** How the person would sign in, the best first; left out, it is the IdP's own choice. Empty: not at all. */
  readonly flows?: readonly PersonFlow[] | undefined;
  /** As whom and how the person is to sign in: what can be sent of it, is. The caller judges the token by it. */
  readonly wanted?: WantedSignIn | undefined;
  /**
   * Makes a rotated refresh token durable. Await it before the new ID token is used: the old refresh token is dead by
   * then, and a crash in between would lose the sign-in session.
   */
  storeRefreshToken(refreshToken: string): Promise<void>;
  /**
   * Forgets a refresh token that the IdP takes no more.
   *
   * @param refusal what the IdP said: kept, so that a person is told why a sign-in is needed
   */
  dropRefreshToken(refusal?: RenewalRefusal): Promise<void>;
  /** Keeps why the IdP does not renew the sign-in, beside a refresh token that is not to be sent again. */
  storeRefusal?(refusal: RenewalRefusal): Promise<void>;
}

/** What every kind of identity provider is. */
interface IdpBase<Schema extends OptionsSchema> {
  /** The `type` in `tegata.toml`, the package's suffix and the heading in the documentation: kebab-case. */
  readonly id: string;
  /** One line for `tegata plugins`: lower case, no full stop. */
  readonly summary: string;
  /** A strict object: unknown keys are errors. Each key is a setting, a flag and a variable. */
  readonly settings: Schema;
}

/**
 * An identity provider at which a person signs in: data plus one verb. Most are `openIdConnectIdp({ … })`, a descriptor of
 * what differs.
 */
export interface InteractiveIdp<Schema extends OptionsSchema = OptionsSchema> extends IdpBase<Schema> {
  readonly kind: "interactive";
  /**
   * The setting, one without a default, by which a person means this identity provider without naming it: with `domain` alone
   * it is Auth0. Where several say so, the last one takes most providers and is the example in messages. Left out: it is named.
   */
  readonly impliedBy?: string;
  expectations(settings: v.InferOutput<Schema>): IdTokenExpectations;
  /** The ways in that it has, the best first. Left out: nobody can choose. */
  flows?(settings: v.InferOutput<Schema>): readonly Flow[];
  /** Those of `flows` in which a person signs in and which the provider offers, by its discovery document. Left out: nobody can tell. */
  offeredFlows?(settings: v.InferOutput<Schema>, provider: OpenIdProvider): readonly PersonFlow[];
  /**
   * The redirect URIs that the client has to allow, as they are registered at the provider. They depend on no setting that names
   * the provider or the client. Left out: nobody can tell.
   */
  redirectUris?(settings: v.InferOutput<Schema>): readonly string[];
  /** Its settings that only the browser flow can ask the provider for. One that is set chooses that flow, and another flow is refused. */
  readonly browserSettings?: readonly string[];
  /** Of `browserSettings`, those that the client credentials grant can ask for, too: they are no error beside that flow. */
  readonly alsoOfClients?: readonly string[];
  /** What its ID tokens must say because the settings ask for it. Left out: what every ID token says is enough. */
  requiredClaims?(settings: v.InferOutput<Schema>): readonly RequiredClaim[];
  /**
   * A raw ID token: by the refresh token when there is one, else by asking a person.
   *
   * @throws TegataError `sign_in_required` when only a person could help and nobody may be asked; every other code
   *   means that asking again would not help.
   */
  acquire(settings: v.InferOutput<Schema>, context: AcquireContext): Promise<IdTokenGrant>;
  /**
   * The client itself instead of a person, by the client credentials grant; `undefined` without that grant. Then nobody is asked
   * and no sign-in is stored.
   */
  asMachine?(settings: v.InferOutput<Schema>): WorkloadIdentity | undefined;
  /** Tells the IdP that a refresh token is not wanted any more (RFC 7009). */
  revoke?(settings: v.InferOutput<Schema>, refreshToken: string, ports: Ports): Promise<void>;
}

/** A token that a platform gave, and what it has to be by what that platform documents. */
export interface WorkloadToken extends IdTokenExpectations {
  /** The raw ID token (a JWT). It goes nowhere until `verifyIdToken` has judged it. */
  readonly idToken: string;
  /**
   * True where the platform itself handed the token out, by an endpoint, a variable or a file of its own. If the issuer cannot
   * be reached, AWS alone then verifies the signature. Left out: a token that cannot be verified is refused.
   */
  readonly platformVouches?: boolean;
  /** What its platform documents besides what every ID token is. */
  readonly profile?: IdTokenProfile | undefined;
  /** The rules for an access token, which is not an ID token. `audience` is then the service that the token is for. */
  readonly accessToken?: AccessTokenRules | undefined;
}

/** What an identity provider for workloads works with. */
export interface WorkloadContext extends Ports {
  readonly machine: Machine;
}

/** A platform on which this process turned out to run, and which has an identity for it. */
export interface WorkloadIdentity {
  /** For people: `GitHub Actions`. */
  readonly platform: string;
  /**
   * Tells this workload from any other that may run on the same machine, now or later; credentials of the one are not
   * handed to the other. Stays the same while the token is renewed. It is stored only as a digest.
   */
  readonly fingerprint: string;
  /**
   * A new token, each time.
   *
   * @throws TegataError `workload_token_missing` with what to change in the pipeline; `idp_*`
   */
  acquire(context: WorkloadContext): Promise<WorkloadToken>;
}

/** An identity provider whose token the platform already has: a CI runner, a pod, a virtual machine. Nobody is asked. */
export interface WorkloadIdp<Schema extends OptionsSchema = OptionsSchema> extends IdpBase<Schema> {
  readonly kind: "workload";
  /**
   * Looks where this process runs, by variables and files alone: no request, no program. `undefined`: not on such a platform,
   * try the next.
   *
   * @throws TegataError `workload_token_missing` on such a platform that was not set up to give tokens, with what to change
   */
  find(settings: v.InferOutput<Schema>, machine: Machine): Promise<WorkloadIdentity | undefined>;
}

/** A plugin that gives ID tokens: a person signs in, or the platform has one already. */
export type IdentityProvider<Schema extends OptionsSchema = OptionsSchema> =
  | InteractiveIdp<Schema>
  | WorkloadIdp<Schema>;

/** Checks an IdP's types and gives them names; does nothing at run time. */
export function defineIdp<const Schema extends OptionsSchema>(idp: InteractiveIdp<Schema>): InteractiveIdp<Schema>;
export function defineIdp<const Schema extends OptionsSchema>(idp: WorkloadIdp<Schema>): WorkloadIdp<Schema>;
export function defineIdp(idp: IdentityProvider): IdentityProvider {
  return idp;
}
