import { printable, roleArnSchema, shownPath, shownValue } from "@tegata/core";
import type { WantedProfile } from "@tegata/engine";
import * as v from "valibot";
import type { Questions } from "../../terminal/question.ts";
import type { Draft } from "./ask.ts";
import { keysToAsk } from "./choose-provider.ts";
import { type ChosenProvider, firstFree, sectionNameFor, wantedProfile } from "./draft.ts";
import { typedSettings } from "./typed-settings.ts";

/** The names of the sections. */
export async function named(issuer: string, draft: Draft): Promise<WantedProfile> {
  const { context, asker, own, provider, answers } = draft;
  const { flags, plugins } = context;
  const role = v.parse(roleArnSchema, answers.get("role_arn"));
  const given = flags["profile"];
  const base = role.roleName
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replace(/^-+/, "");
  const offered = typeof given === "string" ? given : base === "" ? "dev" : base;
  const { questions } = asker;
  let profile = offered;
  let replaces = flags["replace"] === true;
  if (questions !== undefined && typeof given !== "string") {
    profile = await questions.text({ message: "Name of the profile", initial: offered, check: problemWithName });
  }
  if (questions !== undefined && flags["print"] !== true && !replaces) {
    ({ profile, replaces } = await freeName(profile, questions, draft));
  }
  const idp = sectionNameFor(issuer, new Set([...own.idps.keys(), ...plugins.idps.map(({ id }) => id)]));
  const settings = new Map<string, unknown>([...answers, ...typedSettings(flags, plugins.idps), ...answers]);
  return wantedProfile(provider, settings, { profile, idp, replaces });
}

/** A name that no profile has, or that of one that is to be replaced. */
async function freeName(
  offered: string,
  questions: Questions,
  { asker, own, context }: Draft,
): Promise<{ readonly profile: string; readonly replaces: boolean }> {
  let profile = offered;
  while (own.profiles.has(profile)) {
    context.terminal.warn(`${shownPath(own.path ?? "the settings file")} has a profile ${shownValue(profile)} already`);
    const replaces = await asker.select("What now?", [
      { value: false, label: "give this one another name" },
      { value: true, label: "replace that one" },
    ]);
    if (replaces) {
      return { profile, replaces };
    }
    const free = firstFree(profile, new Set(own.profiles.keys()));
    profile = await questions.text({ message: "Name of the profile", initial: free, check: problemWithName });
  }
  return { profile, replaces: false };
}

/** A section that says the same already: two would be one more to keep up. */
export function sameSection({ own, provider, answers }: Draft): ChosenProvider["section"] {
  const keys = keysToAsk(provider);
  const found = [...own.idps].find(
    ([, { type, values }]) => type === provider.plugin.id && keys.every((key) => values.get(key) === answers.get(key)),
  );
  return found && { name: found[0], values: found[1].values };
}

function problemWithName(name: string): string | undefined {
  if (name === "") {
    return "a name is needed";
  }
  return /^[\w][\w.@+-]{0,63}$/.test(name)
    ? undefined
    : "letters, digits and _.@+- only, 64 at most: AWS clients read such names alike";
}

/** Shows what is to be written, and writes it. @returns false where the person does not want it */
export async function write(wanted: WantedProfile, { context, asker }: Draft): Promise<boolean> {
  const { terminal } = context;
  const change = await context.planSettings(wanted);
  const shown = shownPath(change.path);
  if (asker.questions !== undefined && change.before === undefined) {
    terminal.say(`${shown} will say:`);
    terminal.block(change.after.replaceAll(/^(?=.)/gm, "  "));
  } else if (asker.questions !== undefined) {
    const { differenceOf, shownDifference } = await import("../../terminal/difference.ts");
    const before = { name: change.path, text: change.before ?? "" };
    terminal.block(
      shownDifference(await differenceOf(before, { name: change.path, text: change.after }), terminal.paint),
    );
  }
  if (!(await asker.confirm("Write it?"))) {
    return false;
  }
  await context.changeSettings(change);
  terminal.say(`${shown} has the profile ${printable(wanted.name, 100)} now`);
  return true;
}
