import {
  hint,
  type IdentityProvider,
  or,
  type Part,
  printable,
  setting as settingPart,
  shownName,
  shownPath,
  TegataError,
  words,
  type Words,
} from "@tegata/core";
import * as v from "valibot";
import { alsoNoFile } from "./no-settings-file.ts";
import { tomlKey } from "./toml-key.ts";
import { defaultValue } from "./defaults.ts";
import type { ResolvedIdp } from "./resolved.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { fileValue, typedValue, valueError } from "./setting-sources.ts";
import { explainIssue, type RawValue, schemaInput } from "./setting-value.ts";
import type { IdpSection } from "./settings-file-check.ts";

export interface ChosenIdp {
  readonly name: string;
  readonly plugin: IdentityProvider;
  readonly section: IdpSection | undefined;
  /** False when a flag or a variable named another IdP than the profile: the profile's IdP settings are not for it. */
  readonly profileCounts: boolean;
  /** True when nothing names it: it is tried because nothing else is left. */
  readonly isGuess: boolean;
}

export async function readSettings(profile: ProfileSettings, chosen: ChosenIdp): Promise<ResolvedIdp["settings"]> {
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

export function rawValue(key: string, profile: ProfileSettings, chosen: ChosenIdp): RawValue | undefined {
  return (
    typedValue(key, profile.input) ??
    (chosen.profileCounts ? profileValue(key, profile) : undefined) ??
    (chosen.section === undefined ? undefined : fileValue(["idp", chosen.name], chosen.section.values, key)) ??
    defaultValue(key, profile.input.defaults)
  );
}

export function profileValue(key: string, { name, section }: ProfileSettings): RawValue | undefined {
  return name === undefined ? undefined : fileValue(["profile", name], section, key);
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
