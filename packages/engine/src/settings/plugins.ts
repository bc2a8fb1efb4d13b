import type { Format, IdentityProvider } from "@tegata/core";

/** What the program is composed of. */
export interface Plugins {
  readonly idps: readonly IdentityProvider[];
  readonly formats: readonly Format[];
}
