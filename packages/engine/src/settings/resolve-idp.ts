import {
  type Clause,
  hint,
  type IdentityProvider,
  type InteractiveIdp,
  type PersonFlow,
  isTegataError,
  or,
  type Part,
  printable,
  setting as settingPart,
  shownName,
  shownPath,
  shownValue,
  TegataError,
  words,
  type Words,
  type WorkloadIdp,
} from "@tegata/core";
import * as v from "valibot";
import { impliedIdps, settingsOfIdps } from "./implied-idp.ts";
import { alsoNoFile, linesToWrite } from "./no-settings-file.ts";
import { tomlKey } from "./toml-key.ts";
import { defaultValue } from "./defaults.ts";
import { didYouMean } from "./nearest-name.ts";
import type { ResolvedIdp } from "./resolved.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { resolveWanted, settingsOfBrowserFlow, settingsOfPersons } from "./resolve-wanted.ts";
import { coreSettings, namesOf, settingDefinitions } from "./setting-definitions.ts";
import { fileValue, shownOrigin, type Setting, typedValue, valueError, judge } from "./setting-sources.ts";
import { explainIssue, type RawValue, schemaInput } from "./setting-value.ts";
import { type IdpSection, listOf } from "./settings-file-check.ts";

interface ChosenIdp {
  readonly name: string;
  readonly plugin: IdentityProvider;
  readonly section: IdpSection | undefined;
  /** False when a flag or a variable named another IdP than the profile: the profile's IdP settings are not for it. */
  readonly profileCounts: boolean;
  /** True when nothing names it: it is tried because nothing else is left. */
  readonly isGuess: boolean;
}

/**
 * The IdP and its settings: flag > `TEGATA_` variable > profile > IdP section > the program's default > the plugin's. Where nothing names
 * one, the platform that this process runs on, if it has a token; likewise where an issuer is named without a client. Of a role
 * chain, it is that of the profile which the chain begins with.
 *
 * @throws TegataError `usage_invalid`, `settings_invalid`, and `settings_incomplete` naming all that is missing;
 *   `workload_not_found` when a platform was named that this is not
 */
export async function resolveIdp(ofRun: ProfileSettings): Promise<ResolvedIdp> {
  const profile = ofRun.raw("source_profile") === undefined ? ofRun : await signInProfileOf(ofRun);
  const chosen = (await chooseIdp(profile)) ?? chooseWorkload(profile, true);
  const { name, plugin } = chosen;
  refuseForeignFlags(profile, plugin);
  await refuseUnknownKeys(profile, chosen);
  const settings = await readSettings(profile, chosen);
  if (plugin.kind === "interactive") {
    const flows = await flowsOf(profile, chosen, plugin, settings);
    if (flows !== "client-credentials") {
      const wanted = await resolveWanted((key) => rawValue(key, profile, chosen), profile.input.file);
      return { kind: "interactive", name, plugin, settings, flows, wanted };
    }
    const machine = plugin.asMachine?.(settings);
    if (machine === undefined) {
      throw new TegataError("internal", `the identity provider ${plugin.id} names a flow that it has not`);
    }
    const otherwise = settingsOfPersons.filter((key) => key !== "flow");
    await refusePersonInSameProfile(profile, chosen, otherwise);
    refuseFlagsOfPersons(profile, otherwise, machine.platform, or`take another ${settingPart("flow")}`);
    return { kind: "workload", name, identity: machine, settings };
  }
  refuseFlagsOfPersons(
    profile,
    settingsOfPersons,
    plugin.id,
    or`name another identity provider with ${settingPart("idp")}`,
  );
  const identity = await plugin.find(settings, profile.input.machine);
  if (identity === undefined) {
    throw chosen.isGuess ? noIdp(profile) : notFound(plugin);
  }
  return { kind: "workload", name, identity, settings };
}

async function signInProfileOf(profile: ProfileSettings): Promise<ProfileSettings> {
  // Loaded for role chains alone.
  const { chainOf } = await import("./resolve-chain.ts");
  const chain = await chainOf(profile);
  return chain.at(-1) ?? profile;
}

/** How a person would sign in, by the setting `flow`, or that nobody does; `undefined`: nobody has set it. */
async function flowsOf(
  profile: ProfileSettings,
  chosen: ChosenIdp,
  plugin: InteractiveIdp,
  settings: ResolvedIdp["settings"],
): Promise<readonly PersonFlow[] | "client-credentials" | undefined> {
  const { input } = profile;
  const raw = rawValue("flow", profile, chosen);
  const known = plugin.flows?.(settings) ?? ["device"];
  const own = plugin.browserSettings ?? [];
  const [needsBrowser] = [...own, ...settingsOfBrowserFlow].flatMap((name) => {
    const given = rawValue(name, profile, chosen);
    return given === undefined ? [] : [{ name, origin: given.origin }];
  });
  const isOther =
    raw?.value === "device" ||
    (raw?.value === "client-credentials" && needsBrowser !== undefined && own.includes(needsBrowser.name));
  if (needsBrowser !== undefined && (isOther || !known.includes("browser"))) {
    const grant = raw?.value === "device" ? "device grant" : "client credentials grant";
    const issue = known.includes("browser")
      ? words`needs ${settingPart("flow", "browser")}: the ${grant} cannot ask for it`
      : `needs the flow browser, which the identity provider ${plugin.id} does not have`;
    throw await valueError(needsBrowser.origin, issue, input.file);
  }
  if (raw === undefined) {
    return needsBrowser === undefined ? undefined : ["browser"];
  }
  const judged = judge(raw, "flow", coreSettings.flow.schema);
  if ("issue" in judged) {
    throw await valueError(raw.origin, judged.issue, input.file);
  }
  const { value: flow } = judged;
  if (flow === "auto") {
    const here = input.flowsHere?.() ?? ["device", "browser"];
    return needsBrowser === undefined ? here : here.filter((each) => each === "browser");
  }
  if (!known.includes(flow)) {
    const issue = `${shownValue(flow)} is no way to sign in at the identity provider ${plugin.id} (it has ${listOf(known)})`;
    throw await valueError(raw.origin, issue, input.file);
  }
  return flow === "client-credentials" ? flow : [flow];
}

/**
 * A profile that says at once that nobody signs in, and who does, contradicts itself. A section of an identity provider may have
 * both: people and machines share it, and a flag, a variable or a profile chooses the flow.
 */
async function refusePersonInSameProfile(
  profile: ProfileSettings,
  chosen: ChosenIdp,
  names: readonly string[],
): Promise<void> {
  const flow = profileValue("flow", profile);
  // By its origin: a flag or a variable is heard first.
  if (flow === undefined || rawValue("flow", profile, chosen)?.origin.kind !== "file" || !chosen.profileCounts) {
    return;
  }
  const [other] = names.flatMap((name) => profileValue(name, profile) ?? []);
  if (other !== undefined) {
    const issue = 'is for a person who signs in, and with flow = "client-credentials" in the same section nobody does';
    throw await valueError(other.origin, issue, profile.input.file);
  }
}

/** A variable may be meant for another profile, and is let be. */
function refuseFlagsOfPersons(
  { input }: ProfileSettings,
  names: readonly string[],
  who: string,
  otherwise: Clause,
): void {
  const given = names.find((name) => input.flags[namesOf(name).flag] !== undefined);
  if (given !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${settingPart(given)} is for a person who signs in, and ${who} asks nobody`,
      { hint: [hint`leave it out`, otherwise] },
    );
  }
}

/** By which a person names the token of a workload; none where nobody can. */
function tokenSetting({ settings }: WorkloadIdp): readonly Part[] {
  const named = ["token_file", "token_variable", "token_command"].find((name) => name in settings.entries);
  return named === undefined ? [] : [settingPart(named, named === "token_variable" ? "NAME" : "FILE")];
}

function notFound(plugin: WorkloadIdp): TegataError {
  const { id, summary } = plugin;
  const token = tokenSetting(plugin).map((part) => or`name it: ${part}`);
  return new TegataError("workload_not_found", `there is no token here for the identity provider ${id} (${summary})`, {
    hint: [
      hint`run it where that token is`,
      ...token,
      or`name another identity provider: ${settingPart("idp", "NAME")}`,
    ],
  });
}

async function readSettings(profile: ProfileSettings, chosen: ChosenIdp): Promise<ResolvedIdp["settings"]> {
  const { plugin } = chosen;
  const raws = new Map<string, RawValue>();
  const values: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(plugin.settings.entries)) {
    const raw = rawValue(key, profile, chosen);
    if (raw !== undefined) {
      raws.set(key, raw);
      values[key] = schemaInput(raw, schema);
    }
  }
  const result = v.safeParse(plugin.settings, values, { abortPipeEarly: true });
  if (result.success) {
    return result.output;
  }
  throw await explainIssues(result.issues, raws, profile, chosen);
}

async function chooseIdp(profile: ProfileSettings): Promise<ChosenIdp | undefined> {
  const { file, idps } = profile.input;
  const said = await profile.read("idp", coreSettings.idp.schema);
  // A setting of another one says more than the program's default.
  const implied = said === undefined || said.origin.kind === "default" ? await impliedIdp(profile) : undefined;
  if (implied?.isOfWorkloads === true && !namesClient(profile) && (await isWorkloadHere(profile))) {
    return chooseWorkload(profile, false);
  }
  const named = implied ?? said;
  if (named === undefined) {
    return undefined;
  }
  const section = file.idps.get(named.value);
  const type = section?.type ?? named.value;
  const plugin = idps.find(({ id }) => id === type) ?? (await findProgram(type, profile));
  if (plugin === undefined) {
    const known = [...new Set([...file.idps.keys(), ...idps.map(({ id }) => id)])];
    const issue = `${shownValue(named.value, 80)} is neither a section [idp.NAME] nor a plugin${didYouMean(named.value, known)}`;
    throw await valueError(named.origin, `${issue} (known: ${listOf(known)})`, file);
  }
  const ofProfile = profile.section.get("idp");
  const profileCounts = ofProfile === undefined || ofProfile === named.value;
  return { name: named.value, plugin, section, profileCounts, isGuess: false };
}

async function findProgram(id: string, profile: ProfileSettings): Promise<IdentityProvider | undefined> {
  const prompt = await profile.read("prompt", coreSettings.prompt.schema);
  return profile.input.idpProgram?.(id, prompt?.value !== "never");
}

/** The first workload IdP: the one that looks everywhere. */
function workloadOf({ input }: ProfileSettings): WorkloadIdp | undefined {
  return input.idps.find((idp) => idp.kind === "workload");
}

function chooseWorkload(profile: ProfileSettings, isGuess: boolean): ChosenIdp {
  const plugin = workloadOf(profile);
  if (plugin === undefined) {
    throw noIdp(profile);
  }
  return { name: plugin.id, plugin, section: undefined, profileCounts: true, isGuess };
}

/** A person's sign-in has a client; the token of a job has none. */
function namesClient(profile: ProfileSettings): boolean {
  const { input } = profile;
  const raw = typedValue("client_id", input) ?? profileValue("client_id", profile);
  return raw !== undefined || defaultValue("client_id", input.defaults) !== undefined;
}

/** True in a job, a pod or a machine with a token, and in one that lacks it: what is missing there says more. */
async function isWorkloadHere(profile: ProfileSettings): Promise<boolean> {
  const plugin = workloadOf(profile);
  if (plugin === undefined) {
    return false;
  }
  try {
    const settings = await readSettings(profile, chooseWorkload(profile, false));
    return (await plugin.find(settings, profile.input.machine)) !== undefined;
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    return true;
  }
}

interface Implied extends Setting<string> {
  /** True where the setting may as well be one of a job, a pod or a machine. */
  readonly isOfWorkloads: boolean;
}

async function impliedIdp(profile: ProfileSettings): Promise<Implied | undefined> {
  const { input } = profile;
  const workload = workloadOf(profile);
  const implied = impliedIdps(input.idps).flatMap(({ plugin, setting }): Implied[] => {
    const raw = typedValue(setting, input) ?? profileValue(setting, profile);
    const isOfWorkloads = workload !== undefined && setting in workload.settings.entries;
    return raw === undefined ? [] : [{ value: plugin.id, origin: raw.origin, isOfWorkloads }];
  });
  // A flag says it louder than a variable that happens to be set.
  const flags = implied.filter(({ origin }) => origin.kind === "flag");
  const [first, second] = flags.length > 0 ? flags : implied;
  if (first !== undefined && second !== undefined) {
    const saysFirst = await shownOrigin(first.origin, input.file);
    const saysSecond = await shownOrigin(second.origin, input.file);
    throw new TegataError(
      "usage_invalid",
      words`${saysFirst} means the identity provider ${first.value}, ${saysSecond} means ${second.value}`,
      { hint: hint`choose with ${settingPart("idp", first.value)} or ${settingPart("idp", second.value)}` },
    );
  }
  return first;
}

function noIdp(profile: ProfileSettings): TegataError {
  const { name, input } = profile;
  const sections = [...input.file.idps.keys()].map(tomlKey);
  const example = sections[0] ?? input.idps[0]?.id ?? "NAME";
  const wanted = sections.length > 0 ? words`${settingPart("idp", example)}` : settingsOfIdps(input.idps);
  const profiles = [...input.file.profiles.keys()];
  if (name === undefined && profiles.length > 0) {
    return new TegataError("settings_incomplete", "neither a profile nor an identity provider is named", {
      hint: [hint`name a profile (${listOf(profiles)})`, or`pass ${wanted}`],
    });
  }
  const file = input.file.exists ? [] : [or`${linesToWrite(input)}`];
  const ofWorkload = workloadOf(profile);
  const workload =
    sections.length > 0 || ofWorkload === undefined
      ? []
      : [
          hint`for the token of a job or a pod, ${settingPart("idp", ofWorkload.id)}${tokenSetting(ofWorkload).flatMap((part) => [" ", part])}`,
        ];
  const key = name === undefined ? workload : [or`set idp = "${example}" in [profile.${tomlKey(name)}]`];
  return new TegataError("settings_incomplete", `no identity provider is named${alsoNoFile(input.file)}`, {
    hint: [hint`pass ${wanted}`, ...file, ...key],
  });
}

function rawValue(key: string, profile: ProfileSettings, chosen: ChosenIdp): RawValue | undefined {
  return (
    typedValue(key, profile.input) ??
    (chosen.profileCounts ? profileValue(key, profile) : undefined) ??
    (chosen.section === undefined ? undefined : fileValue(["idp", chosen.name], chosen.section.values, key)) ??
    defaultValue(key, profile.input.defaults)
  );
}

function profileValue(key: string, { name, section }: ProfileSettings): RawValue | undefined {
  return name === undefined ? undefined : fileValue(["profile", name], section, key);
}

/** A flag for another plugin is a mistake; a variable may be meant for another profile, and is let be. */
function refuseForeignFlags({ input }: ProfileSettings, plugin: IdentityProvider): void {
  const idps = input.idps.includes(plugin) ? input.idps : [...input.idps.filter(({ id }) => id !== plugin.id), plugin];
  for (const { name, flag, idpSchemas } of settingDefinitions(idps).values()) {
    if (input.flags[flag] !== undefined && idpSchemas.size > 0 && !idpSchemas.has(plugin.id)) {
      const own = Object.keys(plugin.settings.entries);
      throw new TegataError(
        "usage_invalid",
        words`${settingPart(name)} is not a setting of the identity provider ${plugin.id}`,
        {
          hint: [hint`leave it out (${plugin.id} has ${listOf(own)})`, or`name another: ${settingPart("idp", "NAME")}`],
          details: { setting: name },
        },
      );
    }
  }
}

/** The keys of a program's section could not be judged while nobody knew what they mean. */
async function refuseUnknownKeys({ input }: ProfileSettings, { name, plugin, section }: ChosenIdp): Promise<void> {
  const known = [...Object.keys(plugin.settings.entries), ...settingsOfPersons];
  const unknown = [...(section?.values.keys() ?? [])].find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const issue = `is no setting of the identity provider ${plugin.id}${didYouMean(unknown, known)}`;
    throw await valueError({ kind: "file", path: ["idp", name, unknown] }, issue, input.file);
  }
}

async function explainIssues(
  issues: readonly v.BaseIssue<unknown>[],
  raws: ReadonlyMap<string, RawValue>,
  { input }: ProfileSettings,
  chosen: ChosenIdp,
): Promise<TegataError> {
  const missing: string[] = [];
  for (const issue of issues) {
    const step = issue.path?.[0]?.key;
    const key = typeof step === "string" ? step : "";
    const raw = raws.get(key);
    if (raw !== undefined) {
      // The first bad value will do: those of the file have all been judged when it was read.
      return valueError(raw.origin, explainIssue(issue, raw, key), input.file);
    }
    if (key === "") {
      return new TegataError(
        "settings_invalid",
        `the settings of ${shownName(chosen.name)} do not fit together: ${printable(issue.message)}`,
        {
          hint: `check the settings of the identity provider ${chosen.plugin.id}`,
        },
      );
    }
    missing.push(key);
  }
  const named = chosen.name === chosen.plugin.id ? chosen.name : `${shownName(chosen.name)} (${chosen.plugin.id})`;
  const section =
    chosen.section === undefined
      ? `a section [idp.NAME] with type = "${chosen.plugin.id}"`
      : `[idp.${tomlKey(chosen.name)}]`;
  const where =
    input.file.path === undefined
      ? []
      : [or`set ${missing.join(" and ")} in ${section} of ${shownPath(input.file.path)}`];
  return new TegataError(
    "settings_incomplete",
    words`the identity provider ${named} lacks ${withAnd(missing.map((key) => settingPart(key)))}${alsoNoFile(input.file)}`,
    {
      hint: [hint`pass ${withAnd(missing.map((key) => settingPart(key, key.toUpperCase())))}`, ...where],
      details: { missing: missing.join(" ") },
    },
  );
}

function withAnd(parts: readonly Part[]): Words {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [" and ", part]));
}
