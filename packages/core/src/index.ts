export {
  awsEnvironment,
  awsOtherSourceVariables,
  awsProfileVariables,
  awsRivalVariables,
  awsVariables,
  regionVariables,
  secretAwsVariables,
  type AwsEnvironment,
  type AwsVariable,
} from "./aws-environment.ts";
export { shellNames, shellOfProgram, type ShellName } from "./shell-name.ts";
export {
  choiceVariable,
  configVariable,
  decodeVariables,
  encodeVariables,
  memoryVariable,
  profileVariable,
} from "./shell-choice.ts";
export { formerValues, remembering, type Variables } from "./former-values.ts";
export { posixEnvironment, posixEnvironmentUnset, posixFailure, posixSet, posixUnset } from "./posix-shell.ts";
export { refuseChosenProfile, runnerVariable, stepEnvironment, stepEnvironmentUnset } from "./step-environment.ts";
export { toIsoSeconds, type AwsCredentials } from "./credentials.ts";
export { errorCodes, isTegataError, TegataError, type ErrorCode, type TegataErrorOptions } from "./errors.ts";
export {
  defineFormat,
  type Answer,
  type Format,
  type FormatContext,
  type OptionsSchema,
  type RenderedAnswer,
  toRenderedAnswer,
  type UnsetContext,
} from "./format.ts";
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
} from "./idp.ts";
export type { Machine, ProgramResult, RunProgramOptions } from "./machine.ts";
export type {
  Clock,
  DevicePrompt,
  Fetch,
  Ports,
  PromptPerson,
  ProviderDocument,
  ProviderDocuments,
  Random,
} from "./ports.ts";
export { correctedNow } from "./clock-offset.ts";
export { printable, toSafeJson, wordsOf } from "./foreign-text.ts";
export { firstUnseen, holdsUnseen, replaceUnseen, shownName, shownPath, shownValue } from "./shown-value.ts";
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
} from "./http.ts";
export { runtimeErrorText, tlsFailure } from "./tls-failure.ts";
export type { IdTokenClaims, IdTokenForSts, PlatformIdToken, VerifiedIdToken } from "./verified-id-token.ts";
export {
  provenVerificationUri,
  requestDeviceAuthorization,
  userCodeSchema,
  type DeviceAuthorization,
  type DeviceAuthorizationRequest,
} from "./device-authorization.ts";
export { deviceFlowIdp, type DeviceFlowDescriptor } from "./device-flow-idp.ts";
export { pollForTokens, type DeviceTokens } from "./device-token-polling.ts";
export type { IdTokenProfile } from "./id-token-header.ts";
export { decodeIdToken, expiryWithoutVerifying, verifyIdToken, type IdTokenExpectations } from "./id-token.ts";
export type { OAuthClient } from "./oauth-client.ts";
export { atEndpoint, discover, type EndpointName, type OpenIdProvider } from "./openid-provider.ts";
export { refusalTable, type RefusalRow } from "./refusal-table.ts";
export { refreshTokens, revokeRefreshToken } from "./refresh-token.ts";
export { isSignInRequired, type RenewalRefusal, signInRequired } from "./sign-in-required.ts";
export {
  signIn,
  type SaveCause,
  type SignIn,
  type SignInRequest,
  type SignInSession,
  type SignInSessions,
} from "./sign-in.ts";
export { parseJson, retryAfterOf, type OAuthRefusal, type TokenAnswer } from "./token-response.ts";
export { environmentLines } from "./environment-lines.ts";
export { hostFacts, workloadFingerprint } from "./workload-fingerprint.ts";
export { enterNestedRun, nestedRunsVariable, reasonIn } from "./nested-runs.ts";
export { signInAsWorkload, type WorkloadSignIn } from "./workload-sign-in.ts";
export {
  clientIdSchema,
  clientRequest,
  clientSettings,
  defaultScope,
  hostSchema,
  originOf,
  scopeSchema,
  secureUrlSchema,
} from "./oidc-settings.ts";
export {
  consoleFederationEndpoint,
  partitionNamed,
  partitionOfRegion,
  partitions,
  type Partition,
  type PartitionConsole,
  type PartitionName,
} from "./partition.ts";
export { needsExplicitStsEndpoint, roleArnSchema, type RoleArn } from "./role-arn.ts";
export { checkRegionOfPartition, knownRegions, regionSchema, regionSchemaSuggesting } from "./region.ts";
export { durationSecondsSchema } from "./duration.ts";
export { isRoleSessionName, toRoleSessionName } from "./role-session-name.ts";
export { assumeRoleWithWebIdentity, type AssumeRoleWithWebIdentityRequest } from "./assume-role-with-web-identity.ts";
export { createConsoleUrl, type ConsoleUrlRequest } from "./console-federation.ts";
