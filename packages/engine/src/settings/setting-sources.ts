import {
  hint,
  type IdentityProvider,
  knownRegions,
  type Machine,
  meantSetting,
  type Part,
  type PersonFlow,
  setting as settingPart,
  shownPath,
  TegataError,
  variable as variablePart,
  words,
  type Words,
} from "@tegata/core";
import { nearestName } from "./nearest-name.ts";
import * as v from "valibot";
import type { Defaults } from "./defaults.ts";
import { coreSettings, type CoreSettingName, namesOf } from "./setting-definitions.ts";
import { explainIssue, isTyped, type Origin, type RawValue, schemaInput, type TypedOrigin } from "./setting-value.ts";
import type { SettingsFile } from "./settings-file.ts";
import { shownKey } from "./toml-key.ts";

/** What was typed, and what the variables say. */
export interface CommandLine {
  /** By flag name without dashes (`role-arn`), as the parser of the command line gave them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface SettingsInput extends CommandLine {
  /** The profile that stands where `tegata <command> [profile]` has it. */
  readonly positionalProfile: string | undefined;
  readonly file: SettingsFile;
  readonly idps: readonly IdentityProvider[];
  /**
   * Finds an identity provider that is a program, by its id; undefined where there is none.
   *
   * @param mayAsk false: nobody is asked whether to trust it, no matter what the command is
   */
  readonly idpProgram?: (id: string, mayAsk: boolean) => Promise<IdentityProvider | undefined>;
  readonly machine: Machine;
  /** How a person would sign in here, the best first, when nobody says it: `flowsHere`. */
  readonly flowsHere?: () => readonly PersonFlow[];
  readonly defaults: Defaults;
  /** True: AWS's own variable chooses no profile, as it was set for the AWS client that started this program. */
  readonly ignoresAwsProfile?: boolean;
  /** True: no profile counts, no matter what names one. */
  readonly ignoresProfiles?: boolean;
}

/** A value that its schema took, and where it came from. */
export interface Setting<Value> {
  readonly value: Value;
  readonly origin: Origin;
}

/** With what the schema made the value of, for a schema around it. */
export interface JudgedSetting<Value> extends Setting<Value> {
  readonly input: unknown;
}

/** The flag's value, else the `TEGATA_` variable's. An empty variable is an unset one. */
export function typedValue(name: string, { flags, env }: CommandLine): RawValue<TypedOrigin> | undefined {
  const { flag, variable } = namesOf(name);
  const value = flags[flag];
  if (value !== undefined) {
    return { value, origin: { kind: "flag", key: name } };
  }
  return variableValue([variable], env);
}

/** The value of the first of AWS's own variables that is set. */
export function awsValue(name: CoreSettingName, env: CommandLine["env"]): RawValue | undefined {
  const setting = coreSettings[name];
  return "awsVariables" in setting ? variableValue(setting.awsVariables, env) : undefined;
}

function variableValue(names: readonly string[], env: CommandLine["env"]): RawValue<TypedOrigin> | undefined {
  const name = names.find((each) => (env[each] ?? "") !== "");
  return name === undefined ? undefined : { value: env[name], origin: { kind: "variable", name } };
}

/** The value in a section of the file. */
export function fileValue(
  section: readonly [string, string],
  values: ReadonlyMap<string, unknown>,
  name: string,
): RawValue | undefined {
  return values.has(name) ? { value: values.get(name), origin: { kind: "file", path: [...section, name] } } : undefined;
}

/**
 * A setting that only a flag or a variable can say; needs no file, so that it can be read before one is.
 *
 * @throws TegataError `usage_invalid`
 */
export function readTyped<Value>(
  name: CoreSettingName,
  schema: v.GenericSchema<unknown, Value>,
  commandLine: CommandLine,
): Setting<Value> | undefined {
  const raw = typedValue(name, commandLine);
  if (raw === undefined) {
    return undefined;
  }
  const judged = judge(raw, name, schema);
  if ("issue" in judged) {
    throw usageError(raw.origin, judged.issue, judged.meant);
  }
  return judged;
}

/** The value that a schema makes of a raw one, or what is wrong with it, worded to follow its origin. */
export function judge<Value>(
  raw: RawValue,
  name: string,
  schema: v.GenericSchema<unknown, Value>,
): JudgedSetting<Value> | { readonly issue: string; readonly meant: string | undefined } {
  const input = schemaInput(raw, schema);
  const result = v.safeParse(schema, input, { abortEarly: true });
  return result.success
    ? { value: result.output, input, origin: raw.origin }
    : { issue: explainIssue(result.issues[0], raw, name), meant: meantValue(name, raw.value) };
}

/** The region that a misspelt one is a slip of; of other settings, the message names what there is. */
function meantValue(name: string, value: unknown): string | undefined {
  return name === "region" && typeof value === "string" ? nearestName(value, knownRegions) : undefined;
}

/** Where a value came from: `--region`, `AWS_REGION`, `/home/ann/.config/tegata/tegata.toml:12: profile.dev.region`. */
export async function shownOrigin(origin: Origin, file: SettingsFile): Promise<Words> {
  if (isTyped(origin)) {
    return [typedOrigin(origin)];
  }
  return origin.kind === "file" ? [`${await file.where(origin.path)}: ${shownKey(origin.path)}`] : [origin.name];
}

function typedOrigin(origin: TypedOrigin): Part {
  return origin.kind === "flag" ? settingPart(origin.key) : variablePart(origin.name);
}

/**
 * A bad value is the command line's fault (exit status 2) when it came from a flag or a variable, and the file's (3)
 * otherwise, or that of a default which does not go together with the rest. The issue follows the origin.
 *
 * @param meant the value that the given one is a slip of
 */
export async function valueError(
  origin: Origin,
  issue: string | Words,
  file: SettingsFile,
  meant?: string,
): Promise<TegataError> {
  if (isTyped(origin)) {
    return usageError(origin, issue, meant);
  }
  const own = shownPath(file.path ?? "the settings file");
  const isOwn = origin.kind === "file" && (file.layerOf(origin.path) ?? "person") === "person";
  return new TegataError("settings_invalid", words`${await shownOrigin(origin, file)} ${issue}`, {
    // What a team or an administrator says is not for this person to correct.
    hint: isOwn ? `correct ${own}` : `set another value in ${own}`,
  });
}

function usageError(origin: TypedOrigin, issue: string | Words, meant?: string): TegataError {
  const said = typedOrigin(origin);
  const correct = origin.kind === "flag" ? hint`correct ${said}` : hint`correct or unset ${said}`;
  return new TegataError("usage_invalid", words`${said} ${issue}`, {
    hint: origin.kind === "flag" && meant !== undefined ? hint`${meantSetting(origin.key, meant)}` : correct,
  });
}
