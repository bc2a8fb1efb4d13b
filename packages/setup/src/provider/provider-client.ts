import type { GroupClaim } from "../groups.ts";

/** What the client at an identity provider is to be. */
export interface ProviderClient {
  /** What people see when they sign in. */
  readonly name: string;
  /** As the plugin for this provider listens: it says them itself. */
  readonly redirectUris: readonly string[];
  /** The settings of the identity provider, as far as they are known: `issuer`, `authorization_server`, `domain`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Groups that the tokens are to name; left out: none. */
  readonly groups?: GroupClaim | undefined;
  /** By which the other side is printed. */
  readonly programName: string;
}

/** RFC 8628 section 3.4. */
export const deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code";

/** The claim by which AWS gets session tags. */
export const tagsClaim = "https://aws.amazon.com/tags";

/** Long enough for a holiday, in seconds: then a person signs in again. */
export const refreshTokenSeconds = 30 * 24 * 3600;

/** After this long without use, in seconds. */
export const idleRefreshTokenSeconds = 15 * 24 * 3600;

/** How long a used refresh token is still taken, in seconds: an answer may get lost. */
export const refreshTokenLeewaySeconds = 10;

/** A setting that is a text; `undefined` where it is not there. */
export function textOf({ settings }: ProviderClient, name: string): string | undefined {
  const value = settings[name];
  return typeof value === "string" ? value : undefined;
}
