import {
  again,
  type Clause,
  command,
  commandOfRun,
  type CommandPart,
  type ErrorCode,
  type Hint,
  hint,
  isTegataError,
  or,
  type Part,
  reworded,
  type RunDescription,
  wordingOf,
} from "@tegata/core";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import { booleanOf } from "../settings/setting-value.ts";
import { settingsOfRun } from "../settings/shell-choice.ts";

/** The profile where there is one, and the flags that were given, except a plugin's secret: it goes into no message. */
export function describeRun({ name, input }: ProfileSettings): RunDescription {
  const settings: Record<string, string | true> = {};
  for (const { name: key, flag, kind } of settingsOfRun(input)) {
    const value = input.flags[flag];
    const meant = kind === "boolean" && typeof value === "string" ? booleanOf(value) : value;
    if (typeof meant === "string" || meant === true) {
      settings[key] = meant;
    }
  }
  return { profile: name, settings };
}

/** A command with the very same profile and settings. */
export function commandAbout(profile: ProfileSettings, ...words: readonly string[]): CommandPart {
  return { ...command(...words), isOfRun: true, run: describeRun(profile) };
}

const login = commandOfRun("login");

const isOfRun = (part: Part): part is CommandPart =>
  typeof part !== "string" && part.kind === "command" && part.isOfRun === true;
const isLogin = (part: Part) => typeof part !== "string" && part.kind === "command" && part.words[0] === "login";
const namesLogin = ({ words }: Clause) => words.some(isLogin);
/** The diagnosis of a run as a whole, and not of a policy. */
export const namesDoctor = ({ words }: Clause): boolean =>
  words.some((part) => typeof part !== "string" && part.kind === "command" && part.words[0] === "doctor") &&
  words.every((part) => typeof part === "string" || part.kind !== "flag");
/** Where another flow is the way out, the login of this run would go the old one. */
const namesFlow = ({ words }: Clause) =>
  words.some((part) => typeof part !== "string" && part.kind === "setting" && part.key === "flow");

/**
 * An error whose hint names commands about the run that it comes from: with that run's profile and settings. Where only a person
 * can help, signing in is the way out, or the other one beside what the hint says. Where nobody signs in (a job, a pod), nobody is
 * told to.
 *
 * @param run `undefined`: nobody signs in here
 */
export function aboutRun(error: unknown, run: RunDescription | undefined): unknown {
  if (!isTegataError(error)) {
    return error;
  }
  const bound = hintAboutRun(wordingOf(error).hint ?? [], error.code, run);
  return bound === undefined ? error : reworded(error, { hint: bound });
}

/**
 * The hint of an error, or of what would be one, about a run: see `aboutRun`.
 *
 * @returns `undefined`: as it was said
 */
export function hintAboutRun(
  said: Hint,
  code: ErrorCode | undefined,
  run: RunDescription | undefined,
): Hint | undefined {
  if (run === undefined) {
    // A command about a run without a profile would have to say all that its flags and variables say.
    const others = said.filter((clause) => !namesLogin(clause) && !namesDoctor(clause));
    const isWithout = others.length === 0 && (said.length > 0 || code === "sign_in_required");
    return isWithout || others.length < said.length ? (others.length === 0 ? [hint`${again}`] : others) : undefined;
  }
  const wanted =
    code !== "sign_in_required" || said.some((clause) => namesLogin(clause) || namesFlow(clause))
      ? said
      : [...said, said.length === 0 ? hint`${login}` : or`sign in again: ${login}`];
  const bound = wanted.map(({ link, words }) => ({
    link,
    words: words.map((part) => (isOfRun(part) ? { run, ...part } : part)),
  }));
  return wanted.some(({ words }) => words.some(isOfRun)) ? bound : undefined;
}
