import { command, flag, hint, type IdentityProvider, or, setting, shownValue, TegataError, words } from "@tegata/core";
import type { ConfiguredIdp } from "@tegata/engine";
import { holdsSecret, judge, nearestName, schemaInput, typedValue } from "@tegata/engine/settings";
import {
  ciFlags,
  type CiFlag,
  type CiPlatform,
  ciPlatforms,
  type ProviderClient,
  type IamSide,
  groupClaimOf,
  iamSideOf,
  plainText,
  setupTargets,
  type SetupTarget,
} from "@tegata/setup";
import * as v from "valibot";
import type { CommandContext } from "../../command.ts";
import type { Row } from "../../terminal/two-columns.ts";
import { writeSections } from "../../terminal/write-pages.ts";
import { iamFlags, jobFlags, setupFlags } from "./setup-flags.ts";

/** @throws TegataError `usage_invalid` for what cannot be set up so; as `configured` does */
export async function printSetup(context: CommandContext): Promise<void> {
  const target = targetOf(context);
  if (target === undefined) {
    await listTargets(context);
    return;
  }
  const text =
    target.side === "iam"
      ? target.render(await iamSide(context))
      : target.render(await providerClient(target, context));
  await context.system.writeStdout(text);
}

/** The one that is named; `undefined`: what there is was asked for. */
function targetOf({ words: typed, flags }: CommandContext): SetupTarget | undefined {
  const [name, extra] = typed;
  if (extra !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${command("setup")} prints one target, and ${shownValue(extra, 80)} is a second word`,
      {
        hint: hint`name a profile with ${flag("profile", "NAME")}`,
      },
    );
  }
  const known = setupTargets.map(({ id }) => id);
  if (name === undefined) {
    const own = Object.keys(setupFlags).find((each) => flags[each] !== undefined);
    if (own !== undefined) {
      throw new TegataError("usage_invalid", words`what to print is not said, beside ${flag(own)}`, {
        hint: hint`name a target: ${command("setup", "terraform")} (${known.join(", ")})`,
      });
    }
    return undefined;
  }
  const found = setupTargets.find(({ id }) => id === name);
  if (found === undefined) {
    const nearest = nearestName(name, known);
    throw new TegataError(
      "usage_invalid",
      words`${command("setup")} has no target ${shownValue(name, 80)} (known: ${known.join(", ")})`,
      {
        hint: nearest === undefined ? hint`${command("setup")} lists what each is` : hint`${command("setup", nearest)}`,
      },
    );
  }
  return found;
}

async function listTargets(context: CommandContext): Promise<void> {
  await writeSections(
    [
      { heading: "IAM: a provider, a role and whom it trusts", rows: rowsOf("iam") },
      { heading: "the identity provider: a client for people to sign in with", rows: rowsOf("provider") },
    ],
    context,
  );
}

function rowsOf(side: SetupTarget["side"]): readonly Row[] {
  return setupTargets
    .filter((each) => each.side === side)
    .map(({ id, summary }) => ({ label: `  ${id}`, words: summary }));
}

async function iamSide(context: CommandContext): Promise<IamSide> {
  const { flags } = context;
  const { role, durationSeconds, sourceProfile, idp } = await context.configured();
  if (sourceProfile !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`the role of this profile is assumed by that of the profile ${shownValue(sourceProfile, 80)}: no ID token gets to it`,
      {
        hint: hint`set up that one: ${command("setup", context.words[0] ?? "terraform", "--profile", sourceProfile)}`,
      },
    );
  }
  return iamSideOf({
    callers:
      flags["ci"] === undefined
        ? await people(context, idp)
        : { kind: "jobs", platform: platformOf(flags["ci"]), given: jobOf(context), target: context.words[0] },
    role,
    durationSeconds,
    policyArns: listOf("policy-arn", context),
    accounts: listOf("aws-account", context),
    hasExistingProvider: flags["existing-provider"] === true,
    ...tokenOf(listOf("token-has", context)),
  });
}

function platformOf(name: unknown): CiPlatform {
  const found = ciPlatforms.find(({ id }) => id === name);
  if (found === undefined) {
    throw new TegataError("internal", "a platform of setup is in one list and not in the other");
  }
  return found;
}

/** What was said of a job. A variable such as `TEGATA_ISSUER` is for signing in, and says nothing of one. */
function jobOf(context: CommandContext): Readonly<Partial<Record<CiFlag, string>>> {
  return Object.fromEntries(
    ciFlags.flatMap((name) => {
      const value = textOf(name, context);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

async function people(context: CommandContext, configuredIdp: () => Promise<ConfiguredIdp | undefined>) {
  const { flags } = context;
  const ofJob = jobFlags.find((name) => flags[name] !== undefined);
  if (ofJob !== undefined) {
    throw new TegataError("usage_invalid", words`${flag(ofJob)} says which job, but no platform is named`, {
      hint: hint`name it: ${flag("ci", "github")} (${ciPlatforms.map(({ id }) => id).join(", ")})`,
    });
  }
  const idp = await configuredIdp();
  if (idp === undefined) {
    throw new TegataError("usage_invalid", "whose tokens the role is to trust is not said", {
      hint: [
        hint`name an identity provider with ${setting("issuer", "https://sso.example.com/realms/staff")}`,
        or`a profile that has one with ${flag("profile", "NAME")}`,
        or`a platform for jobs with ${flag("ci", "github")}`,
      ],
    });
  }
  if (idp.plugin.kind === "workload") {
    throw new TegataError(
      "usage_invalid",
      words`${idp.plugin.id} is for jobs, pods and machines, whose platform is not named`,
      {
        hint: hint`name it: ${flag("ci", idp.plugin.id.split("/")[1] ?? "github")}`,
      },
    );
  }
  refuseIncomplete(idp);
  const { issuer } = idp.plugin.expectations({ client_id: "", ...idp.settings });
  const clientId = idp.settings["client_id"];
  return {
    kind: "people",
    issuer,
    clientId: typeof clientId === "string" ? clientId : undefined,
    people: {
      persons: listOf("person", context),
      groups: groupClaimOf(listOf("group", context)),
      everyone: flags["everyone"] === true,
    },
  } as const;
}

/** A client is not there yet when the provider is set up first; the issuer must be known. */
function refuseIncomplete({ plugin, settings }: ConfiguredIdp): void {
  const missing = Object.entries(plugin.settings.entries)
    .filter(([key, schema]) => key !== "client_id" && !holdsSecret(key) && !v.is(schema, undefined))
    .find(([key]) => settings[key] === undefined);
  if (missing !== undefined) {
    const [key] = missing;
    throw new TegataError("usage_invalid", words`the issuer of ${plugin.id} is not known without ${setting(key)}`, {
      hint: hint`pass ${setting(key, key.toUpperCase())}`,
    });
  }
}

/** What the trust policy has to allow besides, because the tokens ask for it. */
function tokenOf(parts: readonly string[]): { readonly hasTags: boolean; readonly hasSourceIdentity: boolean } {
  const unknown = parts.find((part) => part !== "tags" && part !== "source-identity");
  if (unknown !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${flag("token-has")} ${shownValue(unknown, 80)} is nothing that AWS reads in a token`,
      {
        hint: hint`write ${flag("token-has", "tags")} or ${flag("token-has", "source-identity")}`,
      },
    );
  }
  return { hasTags: parts.includes("tags"), hasSourceIdentity: parts.includes("source-identity") };
}

async function providerClient(
  target: Extract<SetupTarget, { side: "provider" }>,
  context: CommandContext,
): Promise<ProviderClient> {
  const { flags, plugins, terminal } = context;
  const foreign = iamFlags.find((name) => flags[name] !== undefined);
  if (foreign !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${flag(foreign)} is about IAM, and ${target.id} sets up the identity provider`,
      {
        hint: [hint`leave it out`, or`print the other side: ${command("setup", "terraform")}`],
      },
    );
  }
  const plugin = plugins.idps.find(({ id }) => id === target.idp);
  if (plugin?.kind !== "interactive") {
    throw new TegataError("usage_invalid", words`this program has no identity provider ${target.idp}`, {
      hint: hint`${command("plugins")} lists those that it has`,
    });
  }
  const settings = await settingsFor(plugin, target, context);
  return {
    name: plainText("client-name", textOf("client-name", context) ?? "tegata"),
    redirectUris: plugin.redirectUris?.(settings) ?? [],
    settings,
    groups: groupClaimOf(listOf("group", context)),
    programName: terminal.programName,
  };
}

/** Those of the run if they are of this identity provider; else what was typed for it. */
async function settingsFor(
  plugin: IdentityProvider,
  target: SetupTarget,
  context: CommandContext,
): Promise<Readonly<Record<string, unknown>>> {
  const { system, flags } = context;
  const idp = await (await context.configured()).idp();
  if (idp?.plugin.id === plugin.id) {
    return idp.settings;
  }
  if (idp !== undefined && flags["idp"] !== undefined) {
    const other = setupTargets.find((each) => each.side === "provider" && each.idp === idp.plugin.id)?.id;
    throw new TegataError(
      "usage_invalid",
      words`${target.id} is for ${plugin.id}, and ${setting("idp")} names ${idp.plugin.id}`,
      {
        hint: other === undefined ? hint`leave ${setting("idp")} out` : hint`${command("setup", other)}`,
      },
    );
  }
  const settings: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(plugin.settings.entries)) {
    const raw = typedValue(key, { flags, env: system.env });
    const judged = raw === undefined ? undefined : judge(raw, key, schema);
    if (judged !== undefined && "issue" in judged) {
      throw new TegataError("usage_invalid", words`${setting(key)} ${judged.issue}`, { hint: hint`correct it` });
    }
    settings[key] = judged?.value;
  }
  return settings;
}

function textOf(name: string, { flags }: CommandContext): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

function listOf(name: string, context: CommandContext): readonly string[] {
  const value = textOf(name, context);
  const schema = v.array(v.string());
  return value === undefined
    ? []
    : v.parse(schema, schemaInput({ value, origin: { kind: "flag", key: name } }, schema));
}
