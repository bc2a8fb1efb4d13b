import {
  checkRegionOfPartition,
  hint,
  isTegataError,
  partitionNamed,
  type PersonFlow,
  posixWord,
  printable,
  type RoleArn,
  roleArnSchema,
  setting,
  shownPath,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import { type Identity, type KnownRole, shownError, type WantedProfile } from "@tegata/engine";
import { type SettingsFile, typedValue } from "@tegata/engine/settings";
import * as v from "valibot";
import type { CommandContext } from "../../command.ts";
import type { Choice, Questions } from "../../terminal/question.ts";
import { until } from "../../terminal/until.ts";
import { asking } from "../support/prompting.ts";
import { roleAndAccount } from "../support/choose.ts";
import { type Asker, askerOf, mayBeTriedAgain, missing } from "./asker.ts";
import { chooseProvider, clientKeys, keysToAsk } from "./choose-provider.ts";
import { type ChosenProvider, firstFree, problemWith, sectionNameFor, trialFlags, wantedProfile } from "./draft.ts";
import { explainByDoctor } from "./explain.ts";
import { typedSettings } from "./typed-settings.ts";
import { sayClaims } from "./trust-claims.ts";
import { writeAwsConfig } from "./write-aws-config.ts";

/** What a first profile is made of, while it is found out. */
interface Draft {
  readonly context: CommandContext;
  readonly asker: Asker;
  readonly own: SettingsFile;
  readonly provider: ChosenProvider;
  /** By key, as text. */
  readonly answers: Map<string, string>;
}

/**
 * Asks for a first profile, tries it, and writes it: with flags for answers, and without a terminal by flags alone.
 *
 * @throws TegataError `settings_incomplete` naming what is missing; what went wrong, where nobody can be asked what to do
 */
export async function initProfile(context: CommandContext): Promise<void> {
  const { flags, terminal, system } = context;
  const asker = askerOf(context);
  const own = await context.ownSettings();
  const provider = await chooseProvider(asker, own, context);
  const first: Draft = { context, asker, own, provider, answers: givenAnswers(provider, context) };
  refuseBad(first);
  refuseMissing(first);
  const keys = keysToAsk(provider);
  await askAll(
    keys.filter((key) => !clientKeys.has(key)),
    first,
  );
  const found = await discover(first);
  await askAll(
    keys.filter((key) => clientKeys.has(key)),
    first,
  );
  const draft = { ...first, provider: { ...provider, section: provider.section ?? sameSection(first) } };
  const signsIn =
    flags["sign-in"] === undefined ? asker.isOnTerminal && flags["print"] !== true : flags["sign-in"] === true;
  await chooseFlow(signsIn ? found.flows : undefined, draft);
  const identity = signsIn ? await signIn(found.flows, draft) : undefined;
  const role = await chooseRole(identity, draft);
  await askRegion(role, draft);
  if (signsIn) {
    await getCredentials(identity, draft);
  }
  const wanted = await named(found.issuer, draft);
  if (flags["print"] === true) {
    await system.writeStdout(await context.settingsText(wanted));
    return;
  }
  if (!(await write(wanted, draft))) {
    terminal.say("nothing is written");
    return;
  }
  const isInAwsConfig = await writeAwsConfig(
    wanted.name,
    asker,
    // What was read before is not what is there now.
    context.withFlags({ profile: wanted.name }),
  );
  const name = posixWord(wanted.name);
  terminal.say(
    isInAwsConfig
      ? `next: aws sts get-caller-identity --profile ${name}`
      : `next: ${terminal.programName} exec ${name} -- aws sts get-caller-identity`,
  );
}

/** What flags and variables say of the questions that are asked. */
function givenAnswers(provider: ChosenProvider, { flags, system }: CommandContext): Map<string, string> {
  const given = [...keysToAsk(provider), "flow", "role_arn", "region"].flatMap((key) => {
    const value = typedValue(key, { flags, env: system.env })?.value;
    return typeof value === "string" ? [[key, value] as const] : [];
  });
  return new Map(given);
}

/** What a flag or a variable says is not asked again. @throws TegataError `usage_invalid` */
function refuseBad({ answers, provider }: Draft): void {
  for (const [key, value] of answers) {
    const problem = problemWith(value, key, provider.plugin);
    if (problem !== undefined) {
      throw new TegataError("usage_invalid", words`${setting(key)} ${problem}`, {
        hint: hint`correct ${setting(key)}`,
      });
    }
  }
}

/** All that is missing at once, where nobody is asked one after the other. */
function refuseMissing({ asker, answers, provider }: Draft): void {
  const [first, ...others] = [...keysToAsk(provider), "role_arn"].filter((key) => !answers.has(key));
  if (asker.questions === undefined && first !== undefined && !(asker.isOnTerminal && first === "role_arn")) {
    throw missing([first, ...others]);
  }
}

async function askAll(keys: readonly string[], draft: Draft): Promise<void> {
  for (const key of keys.filter((each) => !draft.answers.has(each))) {
    await ask(key, draft);
  }
}

/** Asks for a setting; what was there before can be taken, or changed. */
async function ask(key: string, { asker, answers, provider }: Draft): Promise<void> {
  const { questions } = asker;
  if (questions === undefined) {
    throw missing([key]);
  }
  const answer = await questions.text({
    message: questionFor(key, provider),
    initial: answers.get(key),
    check: (text) => (text === "" ? "an answer is needed" : problemWith(text, key, provider.plugin)),
  });
  answers.set(key, answer);
}

const questionsByKey: Readonly<Record<string, string>> = {
  client_id: "Client id of the application (a public, native client)",
  role_arn: "ARN of the role to assume",
  region: "Region",
};

function questionFor(key: string, { plugin }: ChosenProvider): string {
  const described = plugin.settings.entries[key];
  const text = questionsByKey[key] ?? (described === undefined ? undefined : v.getDescription(described)) ?? key;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const trialOf = ({ context, provider, answers }: Draft) =>
  context.trial(trialFlags(provider, answers, context.flags, context));

/** Asks the provider who it is, and the person again where it does not answer. */
async function discover(
  draft: Draft,
): Promise<{ readonly issuer: string; readonly flows: readonly PersonFlow[] | undefined }> {
  const { context, provider, answers } = draft;
  const { terminal } = context;
  for (;;) {
    // The client is asked for once it is clear where; no request here names it.
    const unknown = new Map(
      [...clientKeys].filter((key) => keysToAsk(provider).includes(key)).map((key) => [key, "unknown"]),
    );
    const flags = trialFlags(provider, new Map([...unknown, ...answers]), context.flags, context);
    try {
      const { issuer, flows } = await context.trial(flags).provider();
      terminal.say(
        `found ${printable(issuer, 300)}${flows === undefined ? "" : `, which offers ${flowsInWords(flows)}`}`,
      );
      return { issuer, flows };
    } catch (error) {
      await showToTryAgain(error, draft);
      const keys = keysToAsk(provider).filter((key) => !clientKeys.has(key));
      if (keys.length === 0) {
        await tryAgainOrStop(error, draft);
      }
      for (const key of keys) {
        await ask(key, draft);
      }
    }
  }
}

function flowsInWords(flows: readonly PersonFlow[]): string {
  const both = flows.map((flow) => (flow === "device" ? "sign-in with a code" : "sign-in in a browser here"));
  return both.length === 0 ? "no flow that is known here" : both.join(" and ");
}

async function chooseFlow(flows: readonly PersonFlow[] | undefined, draft: Draft): Promise<void> {
  const { answers, asker, provider } = draft;
  if (answers.has("flow") || provider.section?.values.has("flow") === true) {
    return;
  }
  answers.set(
    "flow",
    flows === undefined || flows.length < 2 ? "auto" : await asker.select("How do you sign in?", flowChoices()),
  );
}

function flowChoices(): readonly [Choice<string>, ...Choice<string>[]] {
  return [
    { value: "auto", label: "in a browser if one can be opened, else with a code", about: "auto" },
    { value: "browser", label: "always in a browser on this machine", about: "browser" },
    { value: "device", label: "always with a code, in any browser", about: "device" },
  ];
}

/** Shows an error in its own words. @throws it, where nobody can be asked what to do */
async function showToTryAgain(error: unknown, { asker, context }: Draft): Promise<void> {
  if (!isTegataError(error) || asker.questions === undefined || !mayBeTriedAgain(error)) {
    throw error;
  }
  const { terminal } = context;
  terminal.status(undefined);
  const { message, hint: advice } = shownError(error, terminal.vocabulary);
  terminal.error(message, advice);
}

async function tryAgainOrStop(error: unknown, { asker }: Draft): Promise<void> {
  const again = await asker.select("What now?", [
    { value: true, label: "try again" },
    { value: false, label: "stop", about: "nothing is written" },
  ]);
  if (!again) {
    throw error;
  }
}

/** Signs the person in, and asks what to change where that fails. */
async function signIn(flows: readonly PersonFlow[] | undefined, draft: Draft): Promise<Identity> {
  const { context, asker, provider } = draft;
  const { terminal } = context;
  for (;;) {
    try {
      const trial = trialOf(draft);
      const identity = await trial.identity(asking("always", trial));
      terminal.say(`signed in as ${printable(identity.email ?? identity.subject, 100)}`);
      sayClaims(identity, context);
      return identity;
    } catch (error) {
      await showToTryAgain(error, draft);
      const isGrant = isTegataError(error) && error.code === "idp_grant_disabled";
      const isClient = isTegataError(error) && error.code === "idp_client_rejected";
      const keys = keysToAsk(provider);
      const choices: Choice<string>[] = [
        ...keys.filter((key) => clientKeys.has(key)).map((key) => ({ value: key, label: `change ${key}` })),
        ...((flows ?? []).length > 1 ? [{ value: "flow", label: "sign in another way" }] : []),
        ...keys.filter((key) => !clientKeys.has(key)).map((key) => ({ value: key, label: `change ${key}` })),
      ];
      const first = choices.filter(({ value }) => (isGrant && value === "flow") || (isClient && clientKeys.has(value)));
      const others = choices.filter((choice) => !first.includes(choice));
      const again: Choice<string> = { value: "", label: "try again" };
      const stop: Choice<string> = { value: "stop", label: "stop", about: "nothing is written" };
      const [best, ...rest] = [...first, again, ...others, stop];
      const what = await asker.select("What now?", [best, ...rest]);
      if (what === "stop") {
        throw error;
      }
      if (what === "flow") {
        const tried = draft.answers.get("flow");
        const [other, ...more] = flowChoices().filter(({ value }) => value !== tried && value !== "auto");
        draft.answers.set("flow", await asker.select("How do you sign in?", [other ?? flowChoices()[0], ...more]));
      } else if (what !== "") {
        await ask(what, draft);
        if (!clientKeys.has(what)) {
          await discover(draft);
        }
      }
    }
  }
}

/** The role: given, one of those that are known for this person, or typed. */
async function chooseRole(identity: Identity | undefined, draft: Draft): Promise<RoleArn> {
  const { answers, asker } = draft;
  if (!answers.has("role_arn")) {
    const known = identity === undefined ? [] : await rolesOf(draft);
    const chosen = known.length === 0 ? undefined : await asker.select("Which role?", roleChoices(known));
    if (chosen === undefined) {
      await ask("role_arn", draft);
    } else {
      answers.set("role_arn", chosen);
    }
  }
  return v.parse(roleArnSchema, answers.get("role_arn"));
}

function roleChoices(
  known: readonly KnownRole[],
): readonly [Choice<string | undefined>, ...Choice<string | undefined>[]] {
  const [first, ...others] = known.map(({ role, name }) => ({
    value: role.arn,
    label: name ?? roleAndAccount(role),
    about: name === undefined ? undefined : roleAndAccount(role),
  }));
  const typed = { value: undefined, label: "another one", about: "by its ARN" };
  return first === undefined ? [typed] : [first, ...others, typed];
}

async function rolesOf(draft: Draft): Promise<readonly KnownRole[]> {
  const { terminal } = draft.context;
  const { roles, problems } = await trialOf(draft).roles();
  problems.forEach(({ message }) => terminal.warn(message));
  return roles;
}

async function askRegion(role: RoleArn, draft: Draft): Promise<void> {
  const { answers, asker, context } = draft;
  const { env } = context.system;
  const offered =
    [env["AWS_REGION"], env["AWS_DEFAULT_REGION"]].find((region) => (region ?? "") !== "") ??
    partitionNamed(role.partition)?.defaultRegion ??
    "us-east-1";
  const problem = (region: string) =>
    problemWith(region, "region", draft.provider.plugin) ?? checkRegionOfPartition(role, region);
  if (!answers.has("region")) {
    const region =
      asker.questions === undefined
        ? offered
        : await asker.questions.text({ message: "Region", initial: offered, check: problem });
    answers.set("region", region);
  }
  const wrong = problem(answers.get("region") ?? "");
  if (wrong !== undefined) {
    throw new TegataError("usage_invalid", words`${setting("region")} ${wrong.replace(/^region /, "")}`, {
      hint: hint`correct ${setting("region")}`,
    });
  }
}

/** Gets credentials for the role, and asks what to change where that fails. */
async function getCredentials(identity: Identity | undefined, draft: Draft): Promise<void> {
  const { context, asker, answers } = draft;
  const { terminal, system } = context;
  for (;;) {
    try {
      const trial = trialOf(draft);
      const { role, credentials } = await trial.credentials({ askPerson: asking("always", trial), fresh: true });
      const ends = until(Date.parse(credentials.expiration), system.clock.now());
      terminal.say(`credentials for ${printable(roleAndAccount(role), 200)} ${ends}`);
      return;
    } catch (error) {
      await showToTryAgain(error, draft);
      await explainByDoctor(error, trialOf(draft), context);
      const what = await asker.select("What now?", [
        { value: "again", label: "try again", about: "once the role is what it should be" },
        { value: "role_arn", label: "change the role" },
        { value: "region", label: "change the region" },
        { value: "write", label: "write the settings all the same" },
        { value: "stop", label: "stop", about: "nothing is written" },
      ]);
      if (what === "stop") {
        throw error;
      }
      if (what === "write") {
        return;
      }
      if (what === "role_arn") {
        answers.delete("role_arn");
        await chooseRole(identity, draft);
      } else if (what === "region") {
        await ask("region", draft);
      }
    }
  }
}

/** The names of the sections. */
async function named(issuer: string, draft: Draft): Promise<WantedProfile> {
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
  const idp = sectionNameFor(
    issuer,
    provider.plugin,
    new Set([...own.idps.keys(), ...plugins.idps.map(({ id }) => id)]),
  );
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
function sameSection({ own, provider, answers }: Draft): ChosenProvider["section"] {
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
async function write(wanted: WantedProfile, { context, asker }: Draft): Promise<boolean> {
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
