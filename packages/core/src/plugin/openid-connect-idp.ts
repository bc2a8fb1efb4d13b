import type * as v from "valibot";
import { isTegataError, reworded, TegataError, wordingOf } from "../base/errors.ts";
import { or, setting } from "../base/wording.ts";
import { shownValue } from "../base/shown-value.ts";
import {
  isSignInRequired,
  personNeededElsewhere,
  type RenewalRefusal,
  signInRequired,
} from "../base/sign-in-required.ts";
import { explainRefusal } from "../oidc/explain-refusal.ts";
import type { Flow, Grant, GrantRequest, MachineGrant, PersonFlow, PersonGrant } from "../oidc/grant.ts";
import type { OAuthClient } from "../oidc/oauth-client.ts";
import { atEndpoint, discover, type OpenIdProvider } from "../oidc/openid-provider.ts";
import type { RequiredClaim } from "../oidc/required-claims.ts";
import type { WantedSignIn } from "../oidc/wanted-sign-in.ts";
import { refreshTokens, revokeRefreshToken } from "../oidc/refresh-token.ts";
import { type OAuthRefusal, saidBy } from "../oidc/token-response.ts";
import { credentialSource, lackingSettings } from "./client-credential.ts";
import type { OptionsSchema } from "./format.ts";
import type { AcquireContext, IdTokenGrant, InteractiveIdp } from "./idp.ts";

/** What differs from one OpenID Connect provider to the next: data, and functions of its settings. */
export interface OpenIdConnectDescriptor<Schema extends OptionsSchema> {
  readonly id: string;
  readonly summary: string;
  readonly settings: Schema;
  /** As `InteractiveIdp` has it. */
  readonly impliedBy?: keyof Schema["entries"] & string;
  /** As `InteractiveIdp` has it; `grants` has no device grant then. */
  readonly browserSettings?: readonly (keyof Schema["entries"] & string)[];
  /** As `InteractiveIdp` has it. */
  readonly alsoOfClients?: readonly (keyof Schema["entries"] & string)[];
  /** As `InteractiveIdp` has it. */
  requiredClaims?(settings: v.InferOutput<Schema>): readonly RequiredClaim[];
  /** The issuer's URL; its discovery document is read from there. */
  issuer(settings: v.InferOutput<Schema>): string;
  clientId(settings: v.InferOutput<Schema>): string;
  /** For a provider that wants a secret of a client that cannot keep one; the setting's name must hold `secret`. */
  clientSecret?(settings: v.InferOutput<Schema>): string;
  /** Space-separated; must hold `openid`. */
  scope(settings: v.InferOutput<Schema>): string;
  /**
   * The ways to sign in that it has, one for each flow, the best first: `deviceGrant({ … })`. Where nobody chooses a flow, it
   * is the first that the provider offers.
   */
  grants(settings: v.InferOutput<Schema>): readonly [Grant, ...Grant[]];
  /**
   * Turns this IdP's own way of refusing into an error; `undefined` leaves it to the usual explanation. It is asked first,
   * so it can tell a person who said no from a policy that did.
   *
   * @param flow what was refused; `renewal`: a refresh token
   */
  explain?(refusal: OAuthRefusal, settings: v.InferOutput<Schema>, flow: Flow | "renewal"): TegataError | undefined;
  /** The same refusal without what is for nobody to read, such as ids for the provider's support. */
  reword?(refusal: OAuthRefusal): OAuthRefusal;
  /** True for a refusal after which the refresh token never works again, even if its OAuth error does not say so. */
  endsRenewal?(refusal: OAuthRefusal): boolean;
  /** What a person should know of a refresh that was refused, behind the provider's own words; no full stop. */
  aboutRenewal?(refusal: OAuthRefusal): string | undefined;
}

/**
 * An identity provider that speaks OpenID Connect: a person signs in by one of its grants, and the sign-in is renewed by refresh
 * token, which is the same for all grants.
 *
 * @throws TegataError nothing here; its methods as `InteractiveIdp` has it
 */
export function openIdConnectIdp<const Schema extends OptionsSchema>(
  descriptor: OpenIdConnectDescriptor<Schema>,
): InteractiveIdp<Schema> {
  type Settings = v.InferOutput<Schema>;

  const reword = (refusal: OAuthRefusal) => descriptor.reword?.(refusal) ?? refusal;
  const refusedFor =
    (settings: Settings, flow: Flow | "renewal", provider: OpenIdProvider): GrantRequest["refused"] =>
    (refused, usual) => {
      const refusal = reword(refused);
      const { scopes_supported: scopesSupported } = provider.metadata;
      return (
        descriptor.explain?.(refusal, settings, flow) ??
        usual ??
        explainRefusal(
          refusal,
          { clientId: descriptor.clientId(settings), scope: descriptor.scope(settings), scopesSupported },
          flow,
        )
      );
    };

  const clientOf = (settings: Settings): OAuthClient => ({
    clientId: descriptor.clientId(settings),
    clientSecret: descriptor.clientSecret?.(settings),
  });

  const personGrantsOf = (settings: Settings) =>
    descriptor.grants(settings).filter((grant): grant is PersonGrant => grant.needsPerson);

  const requestFor = (
    settings: Settings,
    provider: OpenIdProvider,
    flow: Flow,
    wanted: WantedSignIn | undefined,
  ): GrantRequest => ({
    provider,
    wanted,
    client: clientOf(settings),
    scope: descriptor.scope(settings),
    otherFlow: personGrantsOf(settings).find((grant) => grant.flow !== flow && grant.isOffered(provider))?.flow,
    refused: refusedFor(settings, flow, provider),
  });

  async function byRefreshToken(
    settings: Settings,
    refreshToken: string,
    context: AcquireContext,
  ): Promise<IdTokenGrant | RenewalRefusal> {
    const found = await context.discover();
    let refusal: RenewalRefusal | undefined;
    let isCondemned = false;
    const explain = (refused: OAuthRefusal) => {
      const oauthRefusal = reword(refused);
      isCondemned = descriptor.endsRenewal?.(oauthRefusal) === true;
      const about = descriptor.aboutRenewal?.(oauthRefusal);
      const words = about === undefined ? saidBy(oauthRefusal) : `${saidBy(oauthRefusal)}; ${about}`;
      refusal = { words, error: oauthRefusal.error, errorUri: oauthRefusal.uri };
      return refusedFor(settings, "renewal", found)(oauthRefusal);
    };
    try {
      // Sent again only to another address than the one that gave no answer: that is no reuse.
      const answer = await atEndpoint(found, "token_endpoint", (provider) =>
        refreshTokens(provider, clientOf(settings), refreshToken, explain, context),
      );
      // Without rotation the answer holds none, and the old one goes on.
      const current = answer.refreshToken ?? refreshToken;
      if (current !== refreshToken) {
        await context.storeRefreshToken(current);
      }
      if (answer.idToken === undefined) {
        refusal = { words: noIdToken(descriptor.scope(settings)), isFinal: true };
        context.log(`the sign-in is not renewed: ${refusal.words}`);
        await context.storeRefusal?.(refusal);
        return refusal;
      }
      return { idToken: answer.idToken, refreshToken: current, byRefreshToken: true };
    } catch (error) {
      const isOver = isCondemned || (isTegataError(error) && error.code === "idp_session_expired");
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
    if (context.flows?.length === 0) {
      throw personNeededElsewhere(signInRequired(refusal));
    }
    const found = await context.discover();
    // A person is not to wait at an address of yesterday.
    const provider = (await found.readAgain?.()) ?? found;
    const grant = chooseGrant(personGrantsOf(settings), context.flows, provider, descriptor.id);
    const request = requestFor(settings, provider, grant.flow, context.wanted);
    const tokens = await grant.acquire(request, context, promptPerson).catch((error: unknown) => {
      throw namingOtherFlow(error, request);
    });
    if (tokens.idToken === undefined) {
      throw new TegataError("id_token_missing", "the identity provider answered without an ID token", {
        hint: `check that the scope holds openid (it is ${shownValue(descriptor.scope(settings))})`,
      });
    }
    return { idToken: tokens.idToken, refreshToken: tokens.refreshToken, byRefreshToken: false };
  }

  return {
    kind: "interactive",
    flows: (settings) => descriptor.grants(settings).map(({ flow }) => flow),
    offeredFlows: (settings, provider) =>
      personGrantsOf(settings)
        .filter((grant) => grant.isOffered(provider))
        .map(({ flow }) => flow),
    redirectUris: (settings) => personGrantsOf(settings).flatMap(({ redirectUris = [] }) => redirectUris),
    id: descriptor.id,
    summary: descriptor.summary,
    settings: descriptor.settings,
    ...(descriptor.impliedBy === undefined ? {} : { impliedBy: descriptor.impliedBy }),
    ...(descriptor.browserSettings === undefined ? {} : { browserSettings: descriptor.browserSettings }),
    ...(descriptor.alsoOfClients === undefined ? {} : { alsoOfClients: descriptor.alsoOfClients }),
    requiredClaims: (settings) => descriptor.requiredClaims?.(settings) ?? [],
    expectations: (settings) => ({ issuer: descriptor.issuer(settings), audience: descriptor.clientId(settings) }),
    asMachine: (settings) => {
      const grant = descriptor.grants(settings).find((each): each is MachineGrant => !each.needsPerson);
      if (grant === undefined) {
        return undefined;
      }
      const clientId = descriptor.clientId(settings);
      const [lacking, ...others] = grant.missing ?? [];
      if (lacking !== undefined) {
        throw lackingSettings([lacking, ...others], clientId);
      }
      const readCredential = credentialSource(settings, grant.keyAlgorithms);
      return {
        platform: `the client ${shownValue(clientId)}`,
        // The key of what is stored holds every setting besides.
        fingerprint: JSON.stringify([descriptor.id, descriptor.issuer(settings), clientId]),
        acquire: async (context) => {
          const issuer = descriptor.issuer(settings);
          const client = { clientId, credential: await readCredential(context.machine) };
          const found = await discover(issuer, context);
          const refused = refusedFor(settings, grant.flow, found);
          return atEndpoint(found, "token_endpoint", async (provider) => ({
            ...(await grant.acquire({ provider, client, refused }, context)),
            issuer,
          }));
        },
      };
    },
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

/**
 * The first wanted flow that the IdP has a grant for and the provider offers; where the provider offers none, the first that the
 * IdP has, which says what is missing.
 */
function chooseGrant(
  own: readonly PersonGrant[],
  wanted: readonly PersonFlow[] | undefined,
  provider: OpenIdProvider,
  id: string,
): PersonGrant {
  const fitting =
    wanted === undefined ? own : wanted.flatMap((flow) => own.filter((grant) => grant.flow === flow).slice(0, 1));
  const grant = fitting.find((each) => each.isOffered(provider)) ?? fitting[0];
  if (grant === undefined) {
    const has = own.map(({ flow }) => flow).join(" and ");
    throw new TegataError("settings_invalid", `the identity provider ${id} has no ${wanted?.join(" and no ")} flow`, {
      hint: has === "" ? "choose another identity provider" : `choose ${has}`,
    });
  }
  return grant;
}

/** Where the one way in is switched off, the other one may be open. */
function namingOtherFlow(error: unknown, { otherFlow }: GrantRequest): unknown {
  if (!isTegataError(error) || error.code !== "idp_grant_disabled" || otherFlow === undefined) {
    return error;
  }
  return reworded(error, { hint: [...(wordingOf(error).hint ?? []), or`use ${setting("flow", otherFlow)}`] });
}

/** OpenID Connect Core 1.0 section 12.2 lets a provider leave it out; then a refresh token is of no use here. */
function noIdToken(scope: string): string {
  return `its answer to the refresh token holds no ID token; the scope is ${shownValue(scope)}`;
}
