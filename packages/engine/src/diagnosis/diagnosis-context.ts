import {
  discover,
  type IdTokenForSts,
  type OpenIdProvider,
  type Ports,
  readSigningKeys,
  type SigningKeys,
  TegataError,
  type Words,
  type WorkloadToken,
} from "@tegata/core";
import type { OpenedSession } from "../session/open-session.ts";
import type { Plugins } from "../settings/plugins.ts";
import type { TokenStore } from "../storage/token-store.ts";
import type { ProfileContext } from "../credentials/credentials-of-profile.ts";
import { sessionKeyOf } from "../credentials/cache-key.ts";
import type { StartedProgram } from "../settings/aws-config-block.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import type { ResolvedIdp, ResolvedRole } from "../settings/resolved.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import { type Exchanges, watchExchanges } from "./exchanges.ts";

/** What a diagnosis is told by the surface. */
export interface DiagnosisOptions {
  /** True: nothing is sent. */
  readonly isOffline: boolean;
  /** By which name `~/.aws/config` calls it. */
  readonly programName: string;
  /** How AWS clients start it; `undefined`: they do not. */
  readonly startedProgram?: StartedProgram | undefined;
  /** Of the program and of what runs it, for people: `tegata 1.2.0`. */
  readonly versions: readonly string[];
}

/** What diagnosing works with, besides what it is told. */
export interface DiagnosingContext extends ProfileContext {
  readonly settingsFile: () => Promise<SettingsFile>;
  /** False: no settings file is looked for, and nothing is stored: a step of a job. */
  readonly hasHome: boolean;
  readonly tokens: Pick<TokenStore, "mode" | "probe">;
  readonly plugins: Plugins;
}

/**
 * What checks work with: what a run has, and what earlier checks found. Each finding is looked for once, by the first who asks, and
 * throws for all who ask what it threw for the first.
 */
export interface DiagnosisContext extends DiagnosingContext, DiagnosisOptions {
  /** What has been sent so far. */
  readonly exchanges: Exchanges;
  readonly idp: () => Promise<ResolvedIdp>;
  readonly role: () => Promise<ResolvedRole>;
  readonly sessionKey: () => Promise<string>;
  /** The one that gives the ID tokens, by its discovery document, read now. */
  readonly provider: () => Promise<OpenIdProvider>;
  readonly keys: () => Promise<SigningKeys>;
  readonly found: Found;
}

/** What one check leaves for the next. */
export interface Found {
  profile?: ProfileSettings;
  idp?: ResolvedIdp;
  /** What the platform of a workload gave. */
  platformToken?: WorkloadToken;
  /** The sign-in of a person, with an ID token that is good. */
  opened?: OpenedSession;
  /** A workload's token that is good. */
  ofWorkload?: IdTokenForSts;
  /** What went wrong without stopping anything: something could not be stored. */
  readonly warnings: (string | Words)[];
}

export function diagnosisContext(context: DiagnosingContext, options: DiagnosisOptions): DiagnosisContext {
  const exchanges = watchExchanges(context.ports);
  const ports: Ports = { ...context.ports, fetch: exchanges.fetch };
  const found: Found = { warnings: [] };
  const profile = once(async () => (found.profile = await context.profile()));
  const idp = once(async () => (found.idp = await resolveIdp(await profile())));
  const provider = once(async () => discover(issuerOf(await idp(), found), reading(ports)));
  return {
    ...context,
    ...options,
    notify: { ...context.notify, say: () => undefined, warn: (line) => found.warnings.push(line) },
    ports,
    exchanges,
    found,
    profile,
    idp,
    role: once(async () => resolveRole(await profile())),
    sessionKey: once(async () => sessionKeyOf(await idp())),
    provider,
    keys: once(async () => readSigningKeys(await provider(), reading(ports))),
  };
}

/**
 * The issuer whose ID tokens count.
 *
 * @throws TegataError `workload_token_missing` where only the token says it, and there is none
 */
export function issuerOf(idp: ResolvedIdp, { platformToken }: Found): string {
  const issuer = idp.kind === "interactive" ? idp.plugin.expectations(idp.settings).issuer : idp.issuer;
  const named = issuer ?? platformToken?.issuer;
  if (named === undefined) {
    throw new TegataError("workload_token_missing", "no token says who issues it");
  }
  return named;
}

/** Where an issuer's discovery document is (OpenID Connect Discovery 1.0 section 4). */
export function documentUrlOf(issuer: string): string {
  return `${new URL(issuer).href.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** What is stored of the provider's documents is not read: it hides what is wrong today. What is read now is stored. */
function reading(ports: Ports): Ports {
  const { documents } = ports;
  const save =
    documents && ((url: string, document: Parameters<typeof documents.save>[1]) => documents.save(url, document));
  return { ...ports, documents: save && { load: () => Promise.resolve(undefined), save } };
}

function once<Value>(look: () => Promise<Value>): () => Promise<Value> {
  let looked: Promise<Value> | undefined;
  return () => (looked ??= look());
}
