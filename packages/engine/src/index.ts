/**
 * The door of the engine: the command line, the GitHub Action, libraries and composed binaries come in here and nowhere deeper.
 */
export { createEngine, type Engine, type EngineOptions } from "./engine.ts";
export { fileErrorCode, fileErrorReason } from "./files/file-errors.ts";
export { expandHome } from "./files/home-path.ts";
export { openToRead } from "./files/open-file.ts";
export { isOwnGroup } from "./files/own-group.ts";
export { shownPath } from "@tegata/core";
export { type Host } from "./files/file-access.ts";
export { type ProcessIdentity, isGone, thisProcessIdentity } from "./files/process-identity.ts";
export { type PluginKind, isPluginId, parseProgramName, programNameOf } from "./plugin-programs/plugin-name.ts";
export { commandText, flagText } from "./settings/command-text.ts";
export { type Defaults, withDefaults } from "./settings/defaults.ts";
export { foldersOf } from "./settings/folders.ts";
export { misspeltName, nearestName } from "./settings/nearest-name.ts";
export { explainNoFile, linesToWrite } from "./settings/no-settings-file.ts";
export type { Plugins } from "./settings/plugins.ts";
export type { AskingSettings } from "./settings/resolve-asking.ts";
export { type SchemaDescription, describeSchema } from "./settings/describe-schema.ts";
export { type SettingDefinition, coreSettings, namesOf, settingDefinitions } from "./settings/setting-definitions.ts";
export { type CommandLine, judge, readTyped, typedValue } from "./settings/setting-sources.ts";
export {
  booleanOf,
  explainBoolean,
  explainChoice,
  explainIssue,
  isSecretSetting,
  schemaInput,
  shownSetting,
} from "./settings/setting-value.ts";
export { listOf } from "./settings/settings-file-check.ts";
export { type IdpPrograms, type SettingsFile, readSettingsFile } from "./settings/settings-file.ts";
export { memoryOf } from "./settings/shell-choice.ts";
export { keyringWord } from "./storage/keyring-protocol.ts";
export { type FoundAwsFile, awsFileVariables, readAwsFiles } from "./system/aws-files.ts";
export { codeLoadingVariables } from "./system/code-loading-variables.ts";
export { ignoredSignals } from "./system/ignored-signals.ts";
export { type ShownError, shownError, stackFrames } from "./system/shown-error.ts";
export type { Notify } from "./system/notify.ts";
export type { System } from "./system/system.ts";
export { type ProcessSystem, systemOfLibrary, systemOfProcess } from "./this-system.ts";
export { outputFailed, writeBytes } from "./system/write-stdout.ts";
export type { AskPerson, CredentialsWanted, GivenCredentials, RoleOfRun } from "./verbs/credentials.ts";
export type { CredentialsFile } from "./verbs/keep-output.ts";
export type { ListedProfile, ProfileList } from "./verbs/profiles.ts";
export type { RenewedCredentials } from "./verbs/renewing.ts";
export type { SignedIn } from "./verbs/sign-in.ts";
export type { ForgottenAll, ForgottenOne, ForgottenSignIn } from "./verbs/forget.ts";
export type { FailureStatus, ProfileStatus, SignInStatus, Status } from "./verbs/status.ts";
export type { PluginPrograms } from "./plugin-programs/programs.ts";
