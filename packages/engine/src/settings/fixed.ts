import { hint, or, shownPath, shownValue, TegataError, words, type Words } from "@tegata/core";
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import type { System } from "../system/system.ts";
import { type FixedSettings, fixedSchema, nothingFixed } from "./fixed-settings.ts";
import { layerWords } from "./layer.ts";
import { shownOrigin } from "./setting-sources.ts";
import { isTyped, type RawValue } from "./setting-value.ts";
import type { SettingsFile } from "./settings-file.ts";
import { readSettingsText } from "./settings-text.ts";
import { listOf } from "./settings-file-check.ts";

/** Settings of a profile that `[fixed]` of the machine's file can decide. */
type FixedName = "flow" | "token_store";

/**
 * A setting with what the administrator has fixed of it: that wins over all, and nobody's other word is passed over in silence.
 *
 * @param said the strongest word on it; a default of the program is nobody's
 * @throws TegataError `usage_invalid` or `settings_invalid`, by where another value came from
 */
export async function withFixed(
  name: FixedName,
  said: RawValue | undefined,
  file: SettingsFile,
): Promise<RawValue | undefined> {
  const value = file.fixed[name];
  if (value === undefined) {
    return said;
  }
  const path = ["fixed", name];
  if (said !== undefined && said.origin.kind !== "default" && said.value !== value) {
    const is = words`${await shownOrigin(said.origin, file)} is ${shownValue(said.value)}`;
    const fixed = `the administrator of this machine has fixed ${shownValue(value)} (${await file.where(path)}: fixed.${name})`;
    throw new TegataError(isTyped(said.origin) ? "usage_invalid" : "settings_invalid", words`${is}, but ${fixed}`, {
      hint: [leaveOut(said, file), or`ask the administrator`],
    });
  }
  return { value, origin: { kind: "file", path } };
}

function leaveOut({ origin }: RawValue, file: SettingsFile) {
  switch (origin.kind) {
    case "flag":
      return hint`leave it out`;
    case "variable":
      return hint`unset it`;
    case "file":
      return hint`take it out of ${shownPath(file.fileOf(origin.path) ?? "")}`;
    case "default":
      return hint`leave it out`;
  }
}

/**
 * Refuses an issuer that is none of those that the administrator allows, before anything is sent to it. It counts for every issuer:
 * of a section, a flag, a domain, the token of a job, a client that signs in by itself.
 *
 * @throws TegataError `settings_invalid`
 */
export async function refuseIssuer(issuer: string, file: SettingsFile): Promise<void> {
  const { issuers } = file.fixed;
  if (issuers !== undefined && !issuers.some((each) => sameIssuer(each, issuer))) {
    throw notFixed(
      `the issuer ${shownValue(issuer, 500)} is not one of those that the administrator of this machine allows`,
      await fixedAt("issuers", file),
      words`sign in at one of them: ${listOf(issuers)}`,
    );
  }
}

/** With and without one slash at its end an issuer finds the same discovery document. */
function sameIssuer(one: string, other: string): boolean {
  return URL.canParse(other) && new URL(one).href.replace(/\/$/, "") === new URL(other).href.replace(/\/$/, "");
}

/**
 * Where it is fixed how a sign-in goes, or that it is a person's of some domain, a token from elsewhere is no way around it: that of a
 * job or a pod, or of a client that signs in by itself.
 *
 * @param isByFlow true for a client that signs in by itself, which is a flow: that one is judged elsewhere
 * @throws TegataError `settings_invalid`
 */
export async function refuseForeignToken(platform: string, isByFlow: boolean, file: SettingsFile): Promise<void> {
  const { flow, account_domains: domains } = file.fixed;
  const name = domains !== undefined ? "account_domains" : flow !== undefined && !isByFlow ? "flow" : undefined;
  if (name !== undefined) {
    const fixed =
      name === "flow" ? "comes by no flow, and the one" : "has no e-mail address, and the domain of a person's";
    throw notFixed(
      `a token of ${platform} ${fixed} is fixed by the administrator of this machine`,
      await fixedAt(name, file),
      words`name an identity provider at which a person signs in`,
    );
  }
}

async function fixedAt(name: keyof FixedSettings, file: SettingsFile): Promise<string> {
  return `${await file.where(["fixed", name])}: fixed.${name}`;
}

function notFixed(problem: string, where: string, advice: Words): TegataError {
  return new TegataError("settings_invalid", `${problem} (${where})`, {
    hint: [hint`${advice}`, or`ask the administrator`],
  });
}

/**
 * Refuses to start a plugin that is a program, where the administrator has turned those off. It is asked before each start, and needs
 * no settings but the machine's: they may be what is about to be read.
 *
 * @throws TegataError `plugin_untrusted`; as `readSettingsText` does, and `settings_syntax` or `settings_invalid` where the machine's
 *   file cannot be understood: what it fixes is not known then
 */
export async function refusePluginPrograms(
  program: { readonly name: string; readonly path: string },
  system: Pick<System, "machineFile" | "platform" | "uid">,
): Promise<void> {
  const { machineFile } = system;
  if (machineFile === undefined) {
    return;
  }
  const { plugin_programs: arePrograms } = await readFixed(machineFile, system);
  if (arePrograms === false) {
    throw new TegataError(
      "plugin_untrusted",
      `${program.name} is not started: the administrator of this machine has turned plugins off that are programs (${shownPath(machineFile.path)}: fixed.plugin_programs)`,
      { hint: "use a plugin that comes with the program, or ask the administrator" },
    );
  }
}

async function readFixed(
  { path, owner }: NonNullable<System["machineFile"]>,
  host: Pick<System, "platform" | "uid">,
): Promise<FixedSettings> {
  const read = await readSettingsText(path, host, { layer: "machine", administrator: owner });
  if (read === undefined) {
    return nothingFixed;
  }
  try {
    const document = v.parse(v.object({ fixed: v.optional(fixedSchema) }), parse(read.text));
    return document.fixed ?? nothingFixed;
  } catch (error) {
    const code = error instanceof TomlError ? "settings_syntax" : "settings_invalid";
    throw new TegataError(code, `${layerWords("machine")} ${shownPath(path)} cannot be understood`, {
      hint: "tell the administrator of this machine",
      cause: error,
    });
  }
}
