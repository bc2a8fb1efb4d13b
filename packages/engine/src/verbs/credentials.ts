import {
  type AwsCredentials,
  type PromptPerson,
  type RoleArn,
  type RunDescription,
  signInRequired,
  type Words,
} from "@tegata/core";
import {
  type ChosenRole,
  chooseRole,
  credentialsFor,
  type ProfileContext,
} from "../credentials/credentials-of-profile.ts";
import { aboutRun, describeRun } from "../credentials/about-run.ts";
import type { ObtainedCredentials } from "../credentials/renewal.ts";
import { isStillSignedIn } from "../session/stored-sign-in.ts";
import { maxBeginnings } from "../session/open-session.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import { type AskingSettings, resolveAsking } from "../settings/resolve-asking.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";

/** How a surface asks a person. */
export interface AskPerson {
  /** How the person is asked in this run, by what the settings say of it; `undefined`: not at all. */
  readonly choose: (settings: AskingSettings) => Promise<PromptPerson | undefined>;
  /** Says what somebody who is about to be asked must know, even where everything else is silent. */
  readonly warn: (line: string | Words) => void;
  /** Told how the run ended, whether or not the person was asked after all: a browser may wait for it. */
  readonly ended?: (end: EndOfAsking) => Promise<void>;
}

/** What came of a run in which a person could be asked. */
export type EndOfAsking =
  | ({ readonly kind: "done" } & GotByAsking)
  | { readonly kind: "failed"; readonly error: unknown };

interface GotByAsking {
  /** `undefined`: the run is without a profile. */
  readonly profile: string | undefined;
  readonly role: RoleArn | undefined;
  readonly credentials: Pick<AwsCredentials, "expiration" | "accountId"> | undefined;
}

/** Does what a person may be asked for, and tells the surface how it ended. */
export async function tellingEnd<Got extends GotByAsking>(
  askPerson: AskPerson | undefined,
  get: () => Promise<Got>,
): Promise<Got> {
  let got: Got;
  try {
    got = await get();
  } catch (error) {
    await askPerson?.ended?.({ kind: "failed", error });
    throw error;
  }
  const { profile, role, credentials } = got;
  await askPerson?.ended?.({ kind: "done", profile, role, credentials });
  return got;
}

/** How credentials are to be got. */
export interface CredentialsWanted {
  /** Left out: nobody is asked. */
  readonly askPerson?: AskPerson;
  /** True: what is stored is not taken, but for what another process has got since this run began. */
  readonly fresh?: boolean;
}

/** What a run is about, before anything is asked for. */
export interface RoleOfRun {
  /** `undefined`: the run is without a profile. */
  readonly profile: string | undefined;
  /** `workload`: nobody signs in. */
  readonly idpKind: ResolvedIdp["kind"];
  readonly role: RoleArn;
  /** For the console, and for what the credentials are for: the chosen one, else the partition's first. */
  readonly region: string;
}

/** What these credentials came from: for other verbs, which take them back. */
const source = Symbol("source");

/** Credentials for the role of a run, and what they are for. */
export interface CredentialsOfRun extends RoleOfRun {
  readonly credentials: AwsCredentials;
  /** The region that somebody has chosen; `undefined`: nobody has, and none is handed on to any program. */
  readonly chosenRegion: string | undefined;
  readonly federationEndpoint: string | undefined;
  /**
   * Variables for a shell or a command that gets the credentials: a run there acts on the same profile with the same settings.
   * `undefined`: to be unset.
   */
  readonly choice: Readonly<Record<string, string | undefined>>;
  /** Variables by which a command remembers a settings file that a person has named, where `choice` names another one. */
  readonly memory: Readonly<Record<string, string>>;
  /** The profile and the settings of this run, for commands that a hint names. */
  readonly run: RunDescription;
  /** The settings that were given for this run, by flag name without dashes, those that a shell was set up with among them. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** True: `AWS_PROFILE` names no profile, which has been said. */
  readonly ignoresAwsProfile: boolean;
  readonly [source]: { readonly chosen: ChosenRole; readonly obtained: ObtainedCredentials };
}

/** The role that credentials were got for, and where they are stored: for verbs alone. */
export function sourceOf(obtained: CredentialsOfRun): CredentialsOfRun[typeof source] {
  return obtained[source];
}

/** @throws TegataError for settings that are bad, and as the surface throws, with commands about this run */
export async function choosePrompt(askPerson: AskPerson, profile: ProfileSettings): Promise<PromptPerson | undefined> {
  const settings = await resolveAsking(profile);
  return askPerson.choose(settings).catch((error: unknown) => {
    throw aboutRun(error, describeRun(profile));
  });
}

/**
 * The role of this run. Sends nothing.
 *
 * @throws TegataError for settings that are incomplete or bad; where the platform of a workload has no token
 */
export async function roleOf(context: Pick<ProfileContext, "profile">): Promise<RoleOfRun> {
  const profile = await context.profile();
  const { role, region } = await resolveRole(profile);
  const { kind } = await resolveIdp(profile);
  return { profile: profile.name, idpKind: kind, role, region };
}

/**
 * Credentials for the role of this run, by the cheapest way that works: stored ones, the session, a person.
 *
 * @throws TegataError as settings, sign-in and STS throw them
 */
export async function credentialsOf(wanted: CredentialsWanted, context: ProfileContext): Promise<CredentialsOfRun> {
  return tellingEnd(wanted.askPerson, () => credentialsBy(wanted, context));
}

async function credentialsBy(wanted: CredentialsWanted, context: ProfileContext): Promise<CredentialsOfRun> {
  const chosen = await chooseRole(context);
  const promptPerson = wanted.askPerson && (await choosePrompt(wanted.askPerson, chosen.profile));
  const warn = wanted.askPerson?.warn ?? (() => undefined);
  const obtained = await credentialsFor(chosen, { promptPerson, fresh: wanted.fresh ?? false, warn }, context);
  const { profile, idp, role, chosenRegion, choice, memory } = chosen;
  return {
    credentials: obtained.record.credentials,
    profile: profile.name,
    idpKind: idp.kind,
    role: role.role,
    region: role.region,
    chosenRegion,
    federationEndpoint: role.federationEndpoint,
    choice,
    memory,
    run: describeRun(profile),
    flags: profile.input.flags,
    ignoresAwsProfile: profile.unknownAwsProfile !== undefined,
    [source]: { chosen, obtained },
  };
}

/**
 * Credentials, and what is made of them: once more with others where the sign-in that they came from has ended meanwhile, as
 * making it can take a request or a program.
 *
 * @throws TegataError as `credentialsOf` does; `sign_in_required` as well, where nobody is signed in any more
 */
export async function withCredentials<Value>(
  wanted: CredentialsWanted,
  use: (obtained: CredentialsOfRun) => Value | Promise<Value>,
  context: ProfileContext,
): Promise<{ readonly obtained: CredentialsOfRun; readonly value: Value }> {
  for (let beginning = 1; beginning <= maxBeginnings; beginning += 1) {
    const obtained = await credentialsOf(wanted, context);
    const value = await use(obtained);
    const { key, record } = obtained[source].obtained;
    if (obtained.idpKind === "workload" || (await isStillSignedIn(key, record, context))) {
      return { obtained, value };
    }
    context.ports.log("the sign-in has ended since its credentials were got: it begins again");
  }
  throw signInRequired();
}
