import { type CommandPart, posixWord } from "@tegata/core";
import { namesOf } from "./setting-definitions.ts";

/** A command as a line of a POSIX shell: the program's name, the words, the profile, and the settings as flags. */
export function commandText({ words, run }: CommandPart, programName: string): string {
  const { profile, settings = {} } = run ?? {};
  const named = profile === undefined ? words : [...words, profile];
  const flags = Object.entries(settings).map(([key, value]) => flagText(namesOf(key).flag, value));
  return [programName, ...named.map(posixWord), ...flags].join(" ");
}

/**
 * A flag and its value, as they are to be typed.
 *
 * @param name without dashes
 * @param value `true`: a switch
 */
export function flagText(name: string, value: string | true): string {
  return value === true ? `--${name}` : `--${name} ${posixWord(value)}`;
}
