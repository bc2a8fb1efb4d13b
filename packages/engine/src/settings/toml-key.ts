import { shownValue } from "@tegata/core";

/** A name as it stands in a key or a header of TOML: in quotes where it has to be. */
export function tomlKey(name: string): string {
  return /^[\w-]{1,80}$/.test(name) ? name : shownValue(name);
}

/** A key as a message shows it: `profile.dev.role_arn`. */
export function shownKey(path: readonly string[]): string {
  return path.map(tomlKey).join(".");
}
