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
