import {
  hint,
  type IdentityProvider,
  or,
  setting as settingPart,
  TegataError,
  words,
  type WorkloadIdp,
} from "@tegata/core";
import { type ChosenIdp, readSettings, rawValue } from "./idp-settings.ts";
import { chooseIdp, chooseWorkload, noIdp, tokenSetting } from "./choose-idp.ts";
import { flowsOf, refuseDemandsOnPersons } from "./choose-flow.ts";
import { refuseIssuer, refuseForeignToken } from "./fixed.ts";
import { refuseForeignEndpoints } from "./foreign-endpoint.ts";
import { didYouMean } from "./nearest-name.ts";
import type { ResolvedIdp } from "./resolved.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { settingsOfRoles } from "./resolve-known-roles.ts";
import { resolveWanted, settingsOfPersons } from "./resolve-wanted.ts";
import { settingDefinitions } from "./setting-definitions.ts";
import { valueError } from "./setting-sources.ts";
import { listOf } from "./settings-file-check.ts";

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
  await refuseForeignEndpoints(ofRun, profile, chosen);
  const settings = await readSettings(profile, chosen);
  if (plugin.kind === "interactive") {
    await refuseIssuer(plugin.expectations(settings).issuer, profile.input.file);
    const flows = await flowsOf(profile, chosen, plugin, settings);
    if (flows !== "client-credentials") {
      const { file } = profile.input;
      const wanted = await resolveWanted((key) => rawValue(key, profile, chosen), file);
      return { kind: "interactive", name, plugin, settings, flows, wanted, fixedFlow: file.fixed.flow };
    }
    const machine = plugin.asMachine?.(settings);
    if (machine === undefined) {
      throw new TegataError("internal", `the identity provider ${plugin.id} names a flow that it has not`);
    }
    await refuseDemandsOnPersons(profile, chosen, machine.platform, or`take another ${settingPart("flow")}`);
    await refuseForeignToken(machine.platform, true, profile.input.file);
    const { issuer } = plugin.expectations(settings);
    return {
      kind: "workload",
      name,
      identity: machine,
      issuer,
      settings,
      allowedIssuers: profile.input.file.fixed.issuers,
    };
  }
  await refuseDemandsOnPersons(
    profile,
    chosen,
    plugin.id,
    or`name another identity provider with ${settingPart("idp")}`,
  );
  const identity = await plugin.find(settings, profile.input.machine);
  if (identity === undefined) {
    throw chosen.isGuess ? noIdp(profile) : notFound(plugin);
  }
  await refuseForeignToken(identity.platform, false, profile.input.file);
  return { kind: "workload", name, identity, settings, allowedIssuers: profile.input.file.fixed.issuers };
}

async function signInProfileOf(profile: ProfileSettings): Promise<ProfileSettings> {
  // Loaded for role chains alone.
  const { chainOf } = await import("./resolve-chain.ts");
  const chain = await chainOf(profile);
  return chain.at(-1) ?? profile;
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
  const known = [...Object.keys(plugin.settings.entries), ...settingsOfPersons, ...settingsOfRoles];
  const unknown = [...(section?.values.keys() ?? [])].find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const issue = `is no setting of the identity provider ${plugin.id}${didYouMean(unknown, known)}`;
    throw await valueError({ kind: "file", path: ["idp", name, unknown] }, issue, input.file);
  }
}
