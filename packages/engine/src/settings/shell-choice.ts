import { resolve } from "node:path";
import {
  choiceVariable,
  configVariable,
  decodeVariables,
  encodeVariables,
  memoryVariable,
  profileVariable,
} from "@tegata/core";
import type { System } from "../system/system.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { coreSettings, namesOf, type SettingDefinition, settingDefinitions } from "./setting-definitions.ts";
import { typedValue } from "./setting-sources.ts";
import { isSecretSetting } from "./setting-value.ts";

/** Behind the flag of a setting that a variable said: one that says it later wins. */
const byVariable = "?";

const ofOneRun: ReadonlySet<string> = new Set(["profile", "prompt", "fresh", "quiet", "verbose", "error_format"]);

/**
 * The settings that make another run ask for the same, beside the profile. A plugin's secrets are not among them: they go
 * into no message and no further variable.
 */
export function settingsOfRun({ idps }: ProfileSettings["input"]): readonly SettingDefinition[] {
  return [...settingDefinitions(idps).values()].filter(
    ({ name, idpSchemas }) => !ofOneRun.has(name) && !(idpSchemas.size > 0 && isSecretSetting(name)),
  );
}

/**
 * Variables for a shell or a command that gets credentials: a tegata that runs there later, and names no profile, acts on
 * the same profile with the same settings. `undefined`: to be unset, as it is from an earlier run.
 *
 * @param namedFile the settings file, where somebody has named it
 */
export function choiceOf(
  { name, input }: ProfileSettings,
  namedFile: string | undefined,
  { env, currentFolder }: Pick<System, "env" | "currentFolder">,
): Readonly<Record<string, string | undefined>> {
  const folder = currentFolder();
  const config = namedFile === undefined || folder === undefined ? namedFile : resolve(folder, namedFile);
  const chosen = new Map<string, string>(config === undefined ? [] : [["config", config]]);
  for (const setting of settingsOfRun(input)) {
    const typed = setting.name === "config" ? undefined : typedValue(setting.name, input);
    if (typed !== undefined) {
      chosen.set(`${setting.flag}${typed.origin.kind === "flag" ? "" : byVariable}`, String(typed.value));
    }
  }
  const values = {
    ...(name === undefined ? {} : { [profileVariable]: name }),
    ...(config === undefined ? {} : { [configVariable]: config }),
  };
  if (chosen.size > 0) {
    return { ...values, [choiceVariable]: encodeVariables(new Map([["profile", name ?? ""], ...chosen])) };
  }
  return (env[choiceVariable] ?? "") === "" ? values : { ...values, [choiceVariable]: undefined };
}

/**
 * The flags that a shell's credentials were asked for with, for a run that names no profile. None where the shell is for
 * another profile by now.
 */
export function flagsOfShell(env: System["env"]): Readonly<Record<string, string>> {
  const { profile, config: _, ...chosen } = Object.fromEntries(decodeVariables(env[choiceVariable] ?? ""));
  if (profile !== (env[profileVariable] ?? "")) {
    return {};
  }
  const flags: Record<string, string> = {};
  for (const [key, value] of Object.entries(chosen)) {
    const isWeak = key.endsWith(byVariable);
    const flag = isWeak ? key.slice(0, -byVariable.length) : key;
    if (!isWeak || (env[variableOf(flag)] ?? "") === "") {
      flags[flag] = value;
    }
  }
  return flags;
}

/** Of a plugin's setting as well, which nobody has described here yet. */
function variableOf(flag: string): string {
  const name = Object.keys(coreSettings).find((each) => namesOf(each).flag === flag) ?? flag.replaceAll("-", "_");
  return namesOf(name).variable;
}

/**
 * The variables without the settings file that `use`, `env` or `exec` has named in them: a line in `~/.aws/config` that
 * names a profile means one of its own settings file, whichever the shell is for.
 */
export function withoutFileOfShell(env: System["env"]): System["env"] {
  return isFileOfShell(env)
    ? { ...env, [configVariable]: decodeVariables(env[memoryVariable] ?? "").get(configVariable) }
    : env;
}

/** What a command remembers of a settings file that a person has named, where its `choiceOf` names another one. */
export function memoryOf(env: System["env"]): Readonly<Record<string, string>> {
  const config = env[configVariable] ?? "";
  const memory = decodeVariables(env[memoryVariable] ?? "");
  return config === "" || isFileOfShell(env)
    ? {}
    : { [memoryVariable]: encodeVariables(new Map([...memory, [configVariable, config]])) };
}

function isFileOfShell(env: System["env"]): boolean {
  const config = env[configVariable] ?? "";
  return config !== "" && config === decodeVariables(env[choiceVariable] ?? "").get("config");
}
