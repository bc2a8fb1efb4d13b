import { command, type Words, words } from "@tegata/core";
import type { CommandContext } from "../../command.ts";
import { whoAmI } from "../../command-line/missing-dashes.ts";

/** On a terminal, one line that says what comes next; `--quiet` hides it. */
export function sayNext(next: string | Words, { terminal }: Pick<CommandContext, "terminal">): void {
  if (terminal.isTerminal) {
    terminal.say(words`next: ${typeof next === "string" ? [next] : next}`);
  }
}

/** Flags of a sign-in, which a later command does without. */
const ofSignIn: ReadonlySet<string> = new Set(["profile", "flow", "browser", "prompt", "idp-prompt", "quiet", "json"]);

/**
 * A first command with the credentials of a run.
 *
 * @param profile `undefined`: the one that counts without being named
 * @returns `undefined` where it would need the flags of this run once more
 */
export function firstUse(profile: string | undefined, { flags }: Pick<CommandContext, "flags">): Words | undefined {
  const named = profile === undefined ? [] : [profile];
  const isEnough = Object.keys(flags).every((name) => ofSignIn.has(name));
  return isEnough ? [command("exec", ...named, "--", ...whoAmI)] : undefined;
}
