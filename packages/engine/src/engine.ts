import { limitedFetch, type Ports } from "@tegata/core";
import type { ProfileContext } from "./credentials/credentials-of-profile.ts";
import { recordFailure, type RecordingContext } from "./credentials/record-failure.ts";
import {
  type AskPerson,
  credentialsOf,
  type CredentialsWanted,
  type CredentialsOfRun,
  roleOf,
  type RoleOfRun,
  withCredentials,
} from "./verbs/credentials.ts";
import type { Notify } from "./system/notify.ts";
import type { Plugins } from "./settings/plugins.ts";
import type { PluginPrograms } from "./plugin-programs/programs.ts";
import type { Defaults } from "./settings/defaults.ts";
import { foldersOf, noFolders, refuseRelativeFolders } from "./settings/folders.ts";
import { refuseIssuer } from "./settings/fixed.ts";
import { type ProfileSettings, resolveProfile } from "./settings/resolve-profile.ts";
import { resolveTokenStore } from "./settings/resolve-token-store.ts";
import { emptySettings, readSettingsFile, type SettingsFile } from "./settings/settings-file.ts";
import type { RolesByPattern } from "./settings/role-profiles.ts";
import { flagsOfShell, withoutFileOfShell } from "./settings/shell-choice.ts";
import { createCredentialsCache, type CredentialsCache } from "./storage/credentials-cache.ts";
import { createDocumentCache, type DocumentCache } from "./storage/document-cache.ts";
import { createLastChoices, type LastChoices } from "./storage/last-choices.ts";
import { createLastFailures, type LastFailures } from "./storage/last-failure.ts";
import { createLocks } from "./files/lock.ts";
import { isOutOfReach, type PrivateFolder } from "./files/private-folder.ts";
import { createSessionStore, type SessionStore } from "./storage/session-store.ts";
import { createTokenStore, type TokenStore } from "./storage/token-store.ts";
import { flowsHere } from "./system/desktop.ts";
import type { System } from "./system/system.ts";
import {
  forgetAll,
  forgetSignIn,
  type ForgettingContext,
  type ForgottenAll,
  type ForgottenOne,
  type ForgottenSignIn,
} from "./verbs/forget.ts";
import type { DiagnoseOptions, Diagnosis } from "./verbs/diagnose.ts";
import { type Configured, configured } from "./verbs/configured.ts";
import type { AwsConfigBlockState } from "./diagnosis/aws-config-state.ts";
import type { StartedProgram, WantedBlock } from "./settings/aws-config-block.ts";
import type { AwsConfigBlock, AwsConfigChange, AwsConfigContext } from "./verbs/aws-config.ts";
import { type CredentialsFile, storeOutput } from "./verbs/store-output.ts";
import type { FoundProvider } from "./verbs/provider.ts";
import type { Identity } from "./verbs/identity.ts";
import type { SettingsChange, WantedProfile, WritingContext } from "./verbs/write-settings.ts";
import type { OpenChoice } from "./verbs/open-choice.ts";
import { type ProfileList, profilesOf } from "./verbs/profiles.ts";
import { type RenewedCredentials, renewing } from "./verbs/renewing.ts";
import type { KnownRoles, RolesWanted } from "./verbs/roles.ts";
import type { EffectiveSetting } from "./verbs/settings.ts";
import type { TeamLink } from "./settings/team-link.ts";
import type { TeamAtHand, TeamContext, TeamFile } from "./verbs/team-settings.ts";
import { type SignedIn, signIn } from "./verbs/sign-in.ts";
import { signedInFor, type StillSignedIn, stillSignedIn } from "./verbs/still-signed-in.ts";
import { type Status, type StatusContext, statusOf } from "./verbs/status.ts";
import type { TokenAtHand } from "./verbs/token-at-hand.ts";
import type { WhoAmI, WhoAmIOptions } from "./verbs/whoami.ts";

/** What one run of the engine is about, by whichever surface: the command line, the Action, a library. */
export interface EngineOptions {
  readonly system: System;
  readonly plugins: Plugins;
  /** Plugins that are programs; called only where a setting names one. */
  readonly programs: () => Promise<PluginPrograms>;
  /** Settings that hold when nobody says otherwise. */
  readonly defaults: Defaults;
  readonly notify: Notify;
  /** False: no settings file is looked for, and nothing is stored. A step of a job has no home of its own. */
  readonly hasHome?: boolean;
  /** Settings that were given for this run, by flag name without dashes. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** A profile that was named without a flag. */
  readonly positionalProfile: string | undefined;
  /** The settings file that was given for this run; `TEGATA_CONFIG` is read here. */
  readonly config: string | undefined;
  /**
   * True where an AWS client asks, which means the profile that it names and no other: what a shell was set up for counts
   * no more than `AWS_PROFILE` does.
   */
  readonly isForAwsClient: boolean;
  /** True where `AWS_PROFILE` is not about this run, for any reason. */
  readonly ignoresAwsProfile: boolean;
  /** True: a person may be asked whether to trust a program that signs them in. */
  readonly mayAskForTrust: boolean;
  /**
   * True: settings are tried out before they are written. No file of the person or the team counts, and no profile; only what was given
   * for this run, and what the administrator of the machine has fixed.
   */
  readonly isTrial?: boolean;
  /** True: a run about no profile, no matter which one a shell, a variable or the settings file chooses. */
  readonly ignoresProfiles?: boolean;
  /** False: no document of a provider is stored, nor taken from the cache. */
  readonly keepsDocuments?: boolean;
}

/**
 * What a surface can ask for in one run. Where things are stored, and how, is the engine's own business: a verb gives data, which
 * the surface puts into words.
 */
export interface Engine {
  readonly ports: Ports;
  readonly notify: Notify;
  /** Without the settings file of a shell, where an AWS client asks. */
  readonly system: System;
  /** @throws TegataError as `readSettingsFile` does */
  readonly settingsFile: () => Promise<SettingsFile>;
  /**
   * The chosen profile.
   *
   * @throws TegataError as `resolveProfile` does
   */
  readonly profile: () => Promise<Pick<ProfileSettings, "name" | "chosenBy">>;
  /** A team's settings, from where they are published: `fetchTeam`. No other verb fetches them. */
  readonly fetchTeam: (link: TeamLink) => Promise<TeamFile>;
  /** The team's settings that lie here: `teamAtHand`. */
  readonly teamAtHand: () => Promise<TeamAtHand | undefined>;
  /** Takes a team's settings: `keepTeam`. */
  readonly keepTeam: (file: TeamFile) => Promise<string>;
  /** What the settings of this run are, and where each comes from: `effectiveSettings`. */
  readonly effectiveSettings: (key?: string) => Promise<readonly EffectiveSetting[]>;
  /** Those of the settings file: `profilesOf`. */
  readonly profiles: () => Promise<ProfileList>;
  /** The settings of this run as far as there are any: `configured`. */
  readonly configured: () => Promise<Configured>;
  /** The role of this run, before anything is asked for: `roleOf`. */
  readonly role: () => Promise<RoleOfRun>;
  /** Credentials for that role: `credentialsOf`. */
  readonly credentials: (wanted?: CredentialsWanted) => Promise<CredentialsOfRun>;
  /** Those, and what is made of them, which may take its time: `withCredentials`. */
  readonly withCredentials: <Value>(
    wanted: CredentialsWanted,
    use: (obtained: CredentialsOfRun) => Value | Promise<Value>,
  ) => Promise<{ readonly obtained: CredentialsOfRun; readonly value: Value }>;
  /** Keeps them good for as long as something runs: `renewing`. */
  readonly renewing: (
    obtained: CredentialsOfRun,
    onFailure: (error: unknown, isAlive: boolean) => void,
  ) => RenewedCredentials;
  /** Stores an output of them: `storeOutput`. */
  readonly storeOutput: (
    obtained: CredentialsOfRun,
    file: string,
    encode: (kept: CredentialsFile) => Uint8Array | undefined,
  ) => Promise<void>;
  /** Signs a person in: `signIn`. */
  readonly signIn: (askPerson: AskPerson) => Promise<SignedIn>;
  /** The roles that the person may take: `rolesOf`. */
  readonly roles: (wanted?: RolesWanted) => Promise<KnownRoles>;
  /** Who is signed in, asked if need be: `identityOf`. */
  readonly identity: (askPerson?: AskPerson) => Promise<Identity>;
  /** The identity provider, by what it says now: `providerOf`. */
  readonly provider: () => Promise<FoundProvider>;
  /** A person's own settings file: `ownSettings`. */
  readonly ownSettings: () => Promise<SettingsFile>;
  /** The lines of a profile alone, as a new file has them: `textOfSettings`. */
  readonly settingsText: (wanted: WantedProfile) => Promise<string>;
  /** What writing a profile makes of it: `planSettings`. */
  readonly planSettings: (wanted: WantedProfile) => Promise<SettingsChange>;
  /** Writes that: `changeSettings`. */
  readonly changeSettings: (change: SettingsChange) => Promise<void>;
  /** What this run leaves open for a person to choose: `openChoiceOf`. */
  readonly openChoice: () => Promise<OpenChoice | undefined>;
  /** What was chosen from such a list before. */
  readonly lastChoices: LastChoices["load"];
  /** Stores what was chosen, for the next time. */
  readonly rememberChoice: LastChoices["save"];
  /** The sign-in that is there and lasts: `stillSignedIn`. */
  readonly stillSignedIn: (seconds?: number) => Promise<StillSignedIn | undefined>;
  /** The same, where anything else is an error: `signedInFor`. */
  readonly signedInFor: (seconds?: number) => Promise<StillSignedIn>;
  /**
   * What is stored of the profile that was named for this run; where none was, of every one. Sends no request.
   *
   * @throws TegataError as `readSettingsFile` and `resolveProfile` do
   */
  readonly status: () => Promise<Status>;
  /** Goes the way of a sign-in and says what it found, without asking anybody: `diagnose`. */
  readonly diagnose: (options: DiagnoseOptions) => Promise<Diagnosis>;
  /** The ID token that the next run would send to STS, without its signature: `tokenAtHand`. */
  readonly tokenAtHand: (sends: boolean) => Promise<TokenAtHand>;
  /** Who the next run is for AWS: `whoAmI`. */
  readonly whoAmI: (options: WhoAmIOptions) => Promise<WhoAmI>;
  /** Forgets the sign-in of the chosen profile: `forgetSignIn`. */
  readonly forget: () => Promise<ForgottenOne>;
  /** Forgets everything of everyone: `forgetAll`. */
  readonly forgetAll: (onSignIn: (signIn: ForgottenSignIn) => Promise<void>) => Promise<ForgottenAll>;
  /** The profiles as they are to stand in the AWS config file: `awsConfigBlock`. */
  readonly awsConfigBlock: (program: StartedProgram, roles?: RolesByPattern) => Promise<AwsConfigBlock>;
  /** Judges how roles are to be called there, before anybody is asked for them: `checkRolePattern`. */
  readonly checkRolePattern: (pattern: string) => Promise<void>;
  /** What a change of that file does, before it is made: `planAwsConfig`. */
  readonly planAwsConfig: (wanted: WantedBlock, program: StartedProgram) => Promise<AwsConfigChange>;
  /** Makes it: `changeAwsConfig`. */
  readonly changeAwsConfig: (
    wanted: WantedBlock,
    program: StartedProgram,
    shown?: Pick<AwsConfigChange, "after">,
  ) => Promise<string | undefined>;
  /** Whether the profiles in that file are those of the settings: `awsConfigBlockState`. */
  readonly awsConfigBlockState: (startedProgram: () => StartedProgram) => Promise<AwsConfigBlockState>;
  /** Runs what nobody may see fail, and stores why for `status`: `recordFailure`. */
  readonly recordFailure: <Value>(
    run: () => Promise<Value>,
    showOnTerminal?: (error: unknown) => void,
  ) => Promise<Value>;
}

/** What the verbs work with. */
interface Parts extends ProfileContext, ForgettingContext, StatusContext, RecordingContext, AwsConfigContext {
  readonly system: System;
  readonly ports: Ports;
  readonly notify: Notify;
  readonly profile: (name?: string) => Promise<ProfileSettings>;
  readonly settingsFile: () => Promise<SettingsFile>;
  readonly cache: CredentialsCache;
  readonly sessions: SessionStore;
  readonly tokens: TokenStore;
  /** Of identity providers; `ports` have it too. */
  readonly documents: DocumentCache;
  /** How runs ended that nobody saw, of the profiles of this settings file. */
  readonly failures: LastFailures;
  /** What people have chosen from lists, of the profiles of this settings file. */
  readonly choices: LastChoices;
}

/** @throws TegataError `settings_invalid` for a folder that is relative to the current one */
export function createEngine(options: EngineOptions): Engine {
  const { plugins, programs, notify, flags, positionalProfile, config, isForAwsClient } = options;
  const isNamed = positionalProfile !== undefined || flags["profile"] !== undefined;
  // What a line in `~/.aws/config` says of a role is all of it: a default profile would add its source, its tags, its policy.
  const isAboutRole = isForAwsClient && !isNamed && flags["idp"] !== undefined && flags["role-arn"] !== undefined;
  const ignoresProfiles = options.ignoresProfiles === true || isAboutRole;
  const system: System =
    isForAwsClient && (isNamed || isAboutRole)
      ? { ...options.system, env: withoutFileOfShell(options.system.env) }
      : options.system;
  const { platform, env, home, uid, machine, clock, random, signal } = system;
  const host = { platform, uid };
  const { hasHome = true, isTrial = false, keepsDocuments = true } = options;
  if (hasHome) {
    refuseRelativeFolders({ platform, env, home, config });
  }
  const folders = hasHome ? foldersOf({ platform, env, home, config }) : noFolders;
  const { cacheDir, stateDir } = folders;
  const cacheFolder = folderWithinReach(cacheDir, "TEGATA_CACHE_DIR");
  const stateFolder = folderWithinReach(stateDir, "TEGATA_STATE_DIR");
  const documents = createDocumentCache(cacheFolder, host, notify.log);
  const ports: Ports = {
    fetch: limitedFetch(system.fetch, clock),
    clock,
    random,
    signal,
    log: notify.log,
    listen: system.listen,
    documents: keepsDocuments ? documents : undefined,
    admitIssuer: async (issuer) => refuseIssuer(issuer, await settingsFile()),
  };
  let file: Promise<SettingsFile> | undefined;
  const settingsFile = () =>
    (file ??= hasHome
      ? readSettingsFile({
          path: isTrial ? undefined : folders.settingsFile,
          namedBy: isTrial ? undefined : folders.settingsFileNamedBy,
          idps: plugins.idps,
          host: system,
          machineFile: system.machineFile,
          idpPrograms: async (ids) => (await programs()).idpsOfSettings(ids),
        })
      : Promise.resolve({ ...emptySettings(undefined), isLookedFor: false }));
  const profile: Parts["profile"] = async (name) => {
    const ofShell = isNamed || ignoresProfiles || name !== undefined ? {} : flagsOfShell(env);
    const chosen = await resolveProfile({
      flags: { ...ofShell, ...flags },
      env,
      file: await settingsFile(),
      idps: plugins.idps,
      idpProgram: async (id, mayAsk) => (await programs()).idp(id, mayAsk && options.mayAskForTrust),
      machine,
      flowsHere: () => flowsHere(env, platform),
      defaults: options.defaults,
      ignoresAwsProfile: options.ignoresAwsProfile,
      ignoresProfiles: isTrial || (ignoresProfiles && name === undefined),
      positionalProfile: name ?? positionalProfile,
    });
    // A bad value is found before it is needed.
    await resolveTokenStore(chosen);
    return chosen;
  };
  const tokens = createTokenStore({
    mode: async () => resolveTokenStore(await profile()),
    isFixed: async () => (await settingsFile()).fixed.token_store !== undefined,
    keyring: async () => {
      const { createKeyring } = await import("./storage/keyring.ts");
      return createKeyring({ ...system, folder: stateDir ?? "" });
    },
    say: notify.say,
    warn: notify.warn,
  });
  const parts: Parts = {
    system,
    machine,
    ports,
    notify,
    cache: createCredentialsCache(cacheFolder, host),
    sessions: createSessionStore(stateFolder, host, tokens),
    tokens,
    documents,
    failures: createLastFailures(
      stateDir === undefined ? undefined : { path: stateDir, variable: "TEGATA_STATE_DIR" },
      folders.settingsFile,
      system,
    ),
    choices: createLastChoices(stateFolder, folders.settingsFile, host),
    credentialsLocks: createLocks(cacheFolder, system, clock),
    sessionLocks: createLocks(stateFolder, system, clock),
    folders: { cacheDir, stateDir },
    settingsFile,
    namedSettingsFile: folders.settingsFileNamedBy === undefined ? undefined : folders.settingsFile,
    profile,
  };
  const writing: WritingContext & TeamContext = {
    settingsPath: folders.settingsFile,
    system,
    ports,
    credentialsLocks: parts.credentialsLocks,
    idps: plugins.idps,
    idpPrograms: async (ids) => (await programs()).idpsOfSettings(ids),
  };
  const flagged = flags["profile"];
  const named = positionalProfile ?? (typeof flagged === "string" ? flagged : undefined);
  const asked = [positionalProfile, flagged, env["TEGATA_PROFILE"]].find(
    (each): each is string => typeof each === "string" && each !== "",
  );
  return {
    ports,
    notify,
    system,
    settingsFile,
    profile: () => profile(),
    fetchTeam: async (link) => (await import("./verbs/team-settings.ts")).fetchTeam(link, writing),
    teamAtHand: async () => (await import("./verbs/team-settings.ts")).teamAtHand(writing),
    keepTeam: async (team) => (await import("./verbs/team-settings.ts")).keepTeam(team, writing),
    effectiveSettings: async (key) => {
      const { effectiveSettings } = await import("./verbs/settings.ts");
      return effectiveSettings(key, parts);
    },
    profiles: () => profilesOf(parts),
    configured: async () => configured(await profile()),
    role: () => roleOf(parts),
    credentials: (wanted = {}) => credentialsOf(wanted, parts),
    withCredentials: (wanted, use) => withCredentials(wanted, use, parts),
    renewing: (obtained, onFailure) => renewing(obtained, onFailure, parts),
    storeOutput: (obtained, path, encode) => storeOutput(obtained, path, encode, parts),
    signIn: (askPerson) => signIn(askPerson, parts),
    roles: async (wanted = {}) => (await import("./verbs/roles.ts")).rolesOf(wanted, parts),
    identity: async (askPerson) => (await import("./verbs/identity.ts")).identityOf(askPerson, parts),
    provider: async () => (await import("./verbs/provider.ts")).providerOf(parts),
    ownSettings: async () => (await import("./verbs/write-settings.ts")).ownSettings(writing),
    settingsText: async (wanted) => (await import("./verbs/write-settings.ts")).textOfSettings(wanted),
    planSettings: async (wanted) => (await import("./verbs/write-settings.ts")).planSettings(wanted, writing),
    changeSettings: async (change) => (await import("./verbs/write-settings.ts")).changeSettings(change, writing),
    openChoice: async () => (await import("./verbs/open-choice.ts")).openChoiceOf(parts),
    lastChoices: (list) => parts.choices.load(list),
    rememberChoice: (list, chosen) => parts.choices.save(list, chosen),
    stillSignedIn: (seconds) => stillSignedIn(seconds, parts),
    signedInFor: (seconds) => signedInFor(seconds, parts),
    status: () => statusOf(named, parts),
    diagnose: async (wanted) => {
      // Most runs have no use for it.
      const { diagnose } = await import("./verbs/diagnose.ts");
      return diagnose(wanted, { ...parts, hasHome, plugins });
    },
    tokenAtHand: async (sends) => {
      const { tokenAtHand } = await import("./verbs/token-at-hand.ts");
      return tokenAtHand(sends, parts);
    },
    whoAmI: async (wanted) => {
      const { whoAmI } = await import("./verbs/whoami.ts");
      return whoAmI(wanted, parts);
    },
    forget: () => forgetSignIn(parts),
    forgetAll: (onSignIn) => forgetAll(onSignIn, parts),
    awsConfigBlock: async (program, roles) => (await awsConfig()).awsConfigBlock(program, roles, parts),
    checkRolePattern: async (pattern) => (await awsConfig()).checkRolePattern(pattern),
    planAwsConfig: async (wanted, program) => (await awsConfig()).planAwsConfig(wanted, program, parts),
    changeAwsConfig: async (wanted, program, shown) =>
      (await awsConfig()).changeAwsConfig(wanted, program, shown, parts),
    awsConfigBlockState: async (startedProgram) =>
      (await import("./diagnosis/aws-config-state.ts")).awsConfigBlockState(startedProgram, parts),
    recordFailure: (run, showOnTerminal) => recordFailure(parts, asked, run, showOnTerminal),
  };
}

/** Loaded where it is asked for: no run for an AWS client needs it. */
const awsConfig = () => import("./verbs/aws-config.ts");

/** Undefined for one that this user cannot even look at: then nothing is stored, as where there is none. */
function folderWithinReach(path: string | undefined, variable: string): PrivateFolder | undefined {
  return path === undefined || isOutOfReach(path) ? undefined : { path, variable };
}
