export {
  awsEnvironment,
  awsOtherSourceVariables,
  awsRivalVariables,
  awsVariables,
  regionVariables,
  secretAwsVariables,
  type AwsEnvironment,
  type AwsVariable,
} from "./aws/aws-environment.ts";
export {
  shellNamed,
  shellNames,
  shellOfExecutable,
  shells,
  shellWords,
  type Shell,
  type ShellName,
  type ShellWord,
} from "./shell/shells.ts";
export { posixFailure, posixWord } from "./shell/posix.ts";
export type { ShellDialect, Variables } from "./shell/shell-dialect.ts";
export {
  choiceVariable,
  configVariable,
  decodeVariables,
  encodeVariables,
  memoryVariable,
  profileVariable,
} from "./plugin/shell-choice.ts";
export { formerValues, remembering } from "./plugin/former-values.ts";
export { posixEnvironment, posixEnvironmentUnset } from "./plugin/posix-shell.ts";
export {
  refuseChosenProfile,
  runnerVariable,
  stepEnvironment,
  stepEnvironmentUnset,
} from "./plugin/step-environment.ts";
export { toIsoSeconds, type AwsCredentials } from "./aws/credentials.ts";
export {
  errorCodes,
  isTegataError,
  reworded,
  TegataError,
  wordingOf,
  type ErrorCode,
  type TegataErrorOptions,
  type Wording,
} from "./base/errors.ts";
export {
  again,
  command,
  commandOfRun,
  flag,
  hint,
  hintInWords,
  hintOf,
  hintSchema,
  inWords,
  meantSetting,
  next,
  or,
  plainVocabulary,
  thisProgram,
  setting,
  variable,
  words,
  wordsOfHint,
  wordsSchema,
  type Clause,
  type CommandPart,
  type FlagPart,
  type Hint,
  type HintInput,
  type Part,
  type RunDescription,
  type SettingPart,
  type VariablePart,
  type Vocabulary,
  type Words,
} from "./base/wording.ts";
export {
  defineFormat,
  type Example,
  type FormatOutput,
  type Format,
  type FormatContext,
  type OptionsSchema,
  type RenderedOutput,
  toRenderedOutput,
  type UnsetContext,
} from "./plugin/format.ts";
export {
  defineIdp,
  type AcquireContext,
  type IdentityProvider,
  type IdTokenGrant,
  type InteractiveIdp,
  type WorkloadContext,
  type WorkloadIdentity,
  type WorkloadIdp,
  type WorkloadToken,
} from "./plugin/idp.ts";
export type { Machine, ProcessResult, RunProcessOptions } from "./plugin/machine.ts";
export type {
  BrowserPrompt,
  Clock,
  DevicePrompt,
  Fetch,
  Ports,
  PromptPerson,
  ProviderDocument,
  ProviderDocuments,
  Random,
  SignInEnd,
  SignInPrompt,
} from "./base/ports.ts";
export type {
  Listen,
  ListenOptions,
  LoopbackAddress,
  LoopbackRequest,
  LoopbackResponse,
  LoopbackServer,
  Peer,
} from "./base/listen.ts";
export { correctedNow, observeClocks } from "./oidc/clock-offset.ts";
export { printable, toSafeJson, unicodeEscapes, wordsOf } from "./base/foreign-text.ts";
export {
  firstUnseen,
  holdsUnseen,
  replaceUnseen,
  shownLine,
  shownName,
  shownPath,
  shownValue,
} from "./base/shown-value.ts";
export {
  defaultHttpLimits,
  HttpFailure,
  isLocalHost,
  isLoopbackHost,
  isSecureUrl,
  limitedFetch,
  unreachable,
  type HttpFailureKind,
  type HttpLimits,
} from "./base/http.ts";
export { runtimeErrorText, tlsFailure } from "./base/tls-failure.ts";
export { allClaimsOf, readWithoutVerifying, type UnverifiedToken } from "./oidc/all-claims.ts";
export type { IdTokenClaims, IdTokenForSts, PlatformIdToken, VerifiedIdToken } from "./oidc/verified-id-token.ts";
export {
  provenVerificationUri,
  requestDeviceAuthorization,
  userCodeSchema,
  type DeviceAuthorization,
  type DeviceAuthorizationRequest,
} from "./oidc/device-authorization.ts";
export { openIdConnectIdp, type OpenIdConnectDescriptor } from "./plugin/openid-connect-idp.ts";
export { loopbackGrant, type LoopbackGrantOptions, type Redirect } from "./oidc/loopback-grant.ts";
export { deviceGrant, type DeviceGrantOptions } from "./oidc/device-grant.ts";
export { clientCredentialsGrant, type ClientCredentialsGrantOptions } from "./oidc/client-credentials-grant.ts";
export type { AssertionRules } from "./oidc/client-assertion.ts";
export type { AccessTokenRules } from "./oidc/access-token.ts";
export type { ClientKey, ClientKeyAlgorithm } from "./oidc/client-key.ts";
export type { ClientCredential, MachineClient } from "./oidc/machine-client.ts";
export { machineSettings } from "./oidc/machine-settings.ts";
export { commandWordsSchema } from "./base/command-words.ts";
export type {
  Flow,
  Grant,
  GrantRequest,
  MachineGrant,
  MachineGrantRequest,
  MachineToken,
  PersonFlow,
  PersonGrant,
  PersonTokens,
} from "./oidc/grant.ts";
export { pollForTokens, type DeviceTokens } from "./oidc/device-token-polling.ts";
export type { IdTokenProfile } from "./oidc/id-token-header.ts";
export { decodeIdToken, expiryWithoutVerifying, verifyIdToken, type IdTokenExpectations } from "./oidc/id-token.ts";
export { readSigningKeys, type SigningKeys } from "./oidc/id-token-signature.ts";
export type { OAuthClient } from "./oidc/oauth-client.ts";
export { atEndpoint, discover, type EndpointName, type OpenIdProvider } from "./oidc/openid-provider.ts";
export type { RequiredClaim } from "./oidc/required-claims.ts";
export { refusalTable, type RefusalRow } from "./oidc/refusal-table.ts";
export { refreshTokens, revokeRefreshToken } from "./oidc/refresh-token.ts";
export {
  isSignInRequired,
  personNeededElsewhere,
  type RenewalRefusal,
  signInRequired,
} from "./base/sign-in-required.ts";
export { lengthOfTimeSchema } from "./base/length-of-time.ts";
export { accountSchema, acrValuesSchema, idpPromptSchema, type WantedSignIn } from "./oidc/wanted-sign-in.ts";
export {
  signIn,
  type SaveCause,
  type SignIn,
  type SignInRequest,
  type SignInSession,
  type SignInSessions,
} from "./sign-in/sign-in.ts";
export { parseJson, retryAfterOf, type OAuthRefusal, type TokenResponse } from "./oidc/token-response.ts";
export { environmentLines } from "./plugin/environment-lines.ts";
export { hostTraits, workloadFingerprint } from "./plugin/workload-fingerprint.ts";
export { enterNestedRun, hintIn, nestedRunsVariable, reasonIn } from "./base/nested-runs.ts";
export { signInAsWorkload, type WorkloadSignIn } from "./sign-in/workload-sign-in.ts";
export {
  audienceParameter,
  clientIdSchema,
  clientRequest,
  clientSettings,
  defaultScope,
  fixedRedirectPorts,
  hostSchema,
  originOf,
  redirectSettings,
  scopeSchema,
  secureUrlSchema,
} from "./oidc/oidc-settings.ts";
export {
  partitionNamed,
  partitionOfRegion,
  partitions,
  type Partition,
  type PartitionConsole,
  type PartitionName,
} from "./aws/partition.ts";
export { rolesClaim, rolesInClaim } from "./aws/roles-claim.ts";
export { claimNamed, readRolesDocument, type ListedRole, type RolesDocument } from "./aws/roles-document.ts";
export { needsExplicitStsEndpoint, roleArnSchema, type RoleArn } from "./aws/role-arn.ts";
export { checkRegionOfPartition, knownRegions, regionSchema, regionSchemaSuggesting } from "./aws/region.ts";
export { durationSecondsSchema } from "./aws/duration.ts";
export {
  assumeRoleWithWebIdentity,
  type AssumeRoleWithWebIdentityRequest,
} from "./aws/assume-role-with-web-identity.ts";
export type { FirstStep, IdentityField, NextStep, Step, StepResult, Steps } from "./aws/step.ts";
export { assumeRoleStep, type AssumeRoleStepOptions, maxChainedSeconds } from "./aws/assume-role-step.ts";
export {
  foreignPolicy,
  maxSessionPolicyArns,
  noSessionPolicy,
  policyArnOf,
  policyNameSchema,
  type SessionPolicy,
  sessionPolicySchema,
} from "./aws/session-policy.ts";
export { externalIdSchema, sessionTagsSchema, sourceIdentitySchema, tagKeysSchema } from "./aws/session-tags.ts";
export {
  rolesInToken,
  sourceIdentityInToken,
  tagsInToken,
  type AwsClaim,
  type TokenClaims,
  type TokenTags,
} from "./aws/claims-for-aws.ts";
export { isRoleSessionName, toRoleSessionName } from "./aws/role-session-name.ts";
export type { CallerIdentity } from "./aws/caller-identity.ts";
export type { StsTarget } from "./aws/sts-target.ts";
export { webIdentityStep, type WebIdentityOptions } from "./aws/web-identity-step.ts";
export { createConsoleUrl, type ConsoleUrlRequest } from "./aws/console-federation.ts";
