export { resolveAsking, resolveHint, type AskingSettings } from "./resolve-asking.ts";
export { resolveCommandLine, type CommandLineSettings } from "./resolve-command-line.ts";
export { resolveIdp } from "./resolve-idp.ts";
export { resolveProfile, type ProfileSettings } from "./resolve-profile.ts";
export { resolveRole } from "./resolve-role.ts";
export { resolveTokenStore } from "./resolve-token-store.ts";
export type { ResolvedIdp, ResolvedInteractiveIdp, ResolvedRole, ResolvedWorkload } from "./resolved.ts";
export type { CommandLine, SettingsInput } from "./setting-sources.ts";
