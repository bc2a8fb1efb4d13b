import { holdsSecret, type SettingDefinition } from "@tegata/engine/settings";
import type { Command, FlagDefinition, SettingsTaken } from "../command.ts";

/** A flag as help and completions show it. */
export interface DescribedFlag {
  /** Without dashes. */
  readonly name: string;
  /** One letter, without its dash. */
  readonly alias: string | undefined;
  /** What it takes, its choices and its default among it; its texts are found when they are asked for. */
  readonly facts: FlagDefinition;
}

/** The settings of every run: which file, and how much is said. */
const ofRun: ReadonlySet<string> = new Set(["config", "quiet", "verbose", "error_format"]);
/** What tells a sign-in apart, besides the settings of its identity provider. */
const ofSignIn: ReadonlySet<string> = new Set(["idp", "flow", "account", "max_age", "acr_values", "token_store"]);

/** Where roles are known from, and how a person is asked there. */
const ofRoles: ReadonlySet<string> = new Set(["idp", "roles_claim", "roles_url", "prompt", "browser", "flow"]);

/** Which settings are flags of a command. */
export function settingsTakenBy({ settings, argument }: Command): SettingsTaken {
  return settings ?? (argument === "profile" || argument === "command" ? "credentials" : "run");
}

/** Whether a setting is a flag of a command; one that would mean nothing there is none. */
export function takesSetting(command: Command, setting: SettingDefinition): boolean {
  const taken = settingsTakenBy(command);
  const { name, choosesCredentials, isOfPeople } = setting;
  if (ofRun.has(name)) {
    return true;
  }
  switch (taken) {
    case "credentials":
      return true;
    case "stored":
      return name === "profile" || name === "token_store" || choosesCredentials;
    case "sign-in":
      return name === "profile" || ofSignIn.has(name) || isOfPeople;
    case "roles":
      return ofRoles.has(name);
    case "profile":
      return name === "profile";
    case "run":
      return false;
  }
}

/** Whether a setting is one of those that a command about roles takes. */
export function isOfRoles(name: string): boolean {
  return ofRoles.has(name);
}

/** The flags of a command alone. */
export function ownFlagsOf({ flags }: Command): readonly DescribedFlag[] {
  return Object.entries(flags).map(([name, facts]) => ({ name, alias: undefined, facts }));
}

/** The settings that are flags of a command. One that holds a secret is not: others can read the arguments of a program. */
export function settingFlagsOf(
  command: Command,
  settings: ReadonlyMap<string, SettingDefinition>,
): readonly DescribedFlag[] {
  return [...settings.values()]
    .filter((setting) => takesSetting(command, setting) && !holdsSecret(setting.name))
    .map((setting) => ({ name: setting.flag, alias: setting.alias, facts: setting }));
}

/** Those of them that its help names. */
export function mainFlagsOf(
  command: Command,
  settings: ReadonlyMap<string, SettingDefinition>,
): readonly DescribedFlag[] {
  const names = command.mainSettings ?? usual[settingsTakenBy(command)];
  const flags = settingFlagsOf(command, settings);
  return names.flatMap((name) => flags.find((flag) => flag.name === settings.get(name)?.flag) ?? []);
}

/** What most people set, where a command names nothing else. */
const usual: Readonly<Record<SettingsTaken, readonly string[]>> = {
  credentials: ["profile", "role_arn", "duration", "region"],
  stored: ["profile", "idp", "role_arn", "config"],
  "sign-in": ["profile", "idp", "account", "config"],
  roles: ["idp", "roles_claim", "roles_url", "config"],
  profile: ["profile", "config"],
  run: [],
};
