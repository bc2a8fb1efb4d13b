export { toIsoSeconds, type AwsCredentials } from "./credentials.ts";
export { errorCodes, isTegataError, TegataError, type ErrorCode, type TegataErrorOptions } from "./errors.ts";
export { defineFormat, type Format, type FormatContext, type OptionsSchema } from "./format.ts";
export {
  defineIdp,
  type AcquireContext,
  type IdentityProvider,
  type IdTokenExpectations,
  type IdTokenGrant,
} from "./idp.ts";
export type { Clock, DevicePrompt, Fetch, Ports, PromptPerson, Random } from "./ports.ts";
export { printable, toSafeJson } from "./foreign-text.ts";
export {
  defaultHttpLimits,
  HttpFailure,
  isLoopbackHost,
  isSecureUrl,
  limitedFetch,
  unreachable,
  type HttpFailureKind,
  type HttpLimits,
} from "./http.ts";
export type { IdTokenClaims, VerifiedIdToken } from "./verified-id-token.ts";
