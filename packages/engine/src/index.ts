/**
 * The door of the engine: the command line, the GitHub Action, libraries and composed binaries come in here. What it can be asked
 * for are the members of `Engine`; the types are what the members take and give.
 */
export { createEngine, type Engine, type EngineOptions } from "./engine.ts";
export type { Configured, ConfiguredIdp } from "./verbs/configured.ts";
export type { AskPerson, CredentialsOfRun, CredentialsWanted, EndOfAsking, RoleOfRun } from "./verbs/credentials.ts";
export type { DiagnoseOptions, Diagnosis } from "./verbs/diagnose.ts";
export type { DiagnosisStep } from "./diagnosis/step.ts";
export type { ForgottenAll, ForgottenOne, ForgottenSignIn } from "./verbs/forget.ts";
export type { AwsConfigBlock, AwsConfigChange } from "./verbs/aws-config.ts";
export type { AwsConfigBlockState } from "./diagnosis/aws-config-state.ts";
export type { StartedProgram, WantedBlock } from "./settings/aws-config-block.ts";
export type { RolesByPattern } from "./settings/role-profiles.ts";
export type { CredentialsFile } from "./verbs/store-output.ts";
export type { ListedProfile, ProfileList } from "./verbs/profiles.ts";
export type { Identity } from "./verbs/identity.ts";
export type { FoundProvider } from "./verbs/provider.ts";
export type { TomlValue } from "./settings/toml-sections.ts";
export type { SettingsChange, WantedProfile } from "./verbs/write-settings.ts";
export type { OpenChoice, OpenProfile, OpenRole } from "./verbs/open-choice.ts";
export type { KnownRole, KnownRoles, RolesWanted } from "./verbs/roles.ts";
export type { RenewedCredentials } from "./verbs/renewing.ts";
export type { TeamLink } from "./settings/team-link.ts";
export type { TeamAtHand, TeamFile } from "./verbs/team-settings.ts";
export type { TeamTrust } from "./settings/team-trust.ts";
export type { EffectiveSetting, SettingSource } from "./verbs/settings.ts";
export type { SignedIn } from "./verbs/sign-in.ts";
export type { StillSignedIn } from "./verbs/still-signed-in.ts";
export type { TokenAtHand } from "./verbs/token-at-hand.ts";
export type { RoleLink, WhoAmI, WhoAmIOptions } from "./verbs/whoami.ts";
export type { FailureStatus, ProfileStatus, SignInStatus, Status } from "./verbs/status.ts";

/** What `createEngine` is given: by a program of ours, or inside another one. */
export { type ProcessSystem, systemOfLibrary, systemOfProcess } from "./this-system.ts";
/** The word with which a program of ours is started again to serve the keyring. */
export { keyringWord } from "./storage/keyring-protocol.ts";
export type { System } from "./system/system.ts";
export type { Notify } from "./system/notify.ts";
export type { AskingSettings } from "./settings/resolve-asking.ts";
export type { Defaults } from "./settings/defaults.ts";
export type { Plugins } from "./settings/plugins.ts";

/** An error in the words of a surface, and where in the code a bug came from. */
export { type ShownError, shownError, stackFrames } from "./system/shown-error.ts";

/** Names of plugins that are programs; what runs them is loaded only where one is looked for. */
export { type PluginKind, isPluginId, parseProgramName, programNameOf } from "./plugin-programs/plugin-name.ts";
export type { PluginPrograms } from "./plugin-programs/programs.ts";
