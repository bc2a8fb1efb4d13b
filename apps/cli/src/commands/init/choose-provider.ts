import { hint, type InteractiveIdp, setting, shownValue, TegataError, words } from "@tegata/core";
import { listOf, requiredSettings, type SettingsFile, typedValue } from "@tegata/engine/settings";
import type { CommandContext } from "../../command.ts";
import type { Choice } from "../../terminal/question.ts";
import { type Asker, missing } from "./asker.ts";
import type { ChosenProvider } from "./draft.ts";

/** What names the client: asked for once it is clear at which provider. */
export const clientKeys: ReadonlySet<string> = new Set(["client_id", "client_secret"]);

/** What the provider cannot do without, and no section says. */
export function keysToAsk({ plugin, section }: ChosenProvider): readonly string[] {
  return requiredSettings(plugin).filter((key) => section?.values.has(key) !== true);
}

/**
 * The identity provider: named, meant by one of its settings, or chosen.
 *
 * @throws TegataError `usage_invalid` for one that there is not, or at which nobody signs in; `settings_incomplete`
 */
export async function chooseProvider(
  asker: Asker,
  own: SettingsFile,
  context: CommandContext,
): Promise<ChosenProvider> {
  const { plugins, flags, system } = context;
  const interactive = plugins.idps.filter((idp): idp is InteractiveIdp => idp.kind === "interactive");
  const typed = (key: string) => typedValue(key, { flags, env: system.env })?.value;
  const named = typed("idp");
  if (typeof named === "string") {
    return providerNamed(named, own, context);
  }
  const implied = interactive.find(({ impliedBy }) => impliedBy !== undefined && typed(impliedBy) !== undefined);
  if (implied !== undefined) {
    return { plugin: implied, section: undefined };
  }
  if (asker.questions === undefined) {
    throw missing(["idp"]);
  }
  const sections = [...own.idps].flatMap(([name, { type, values }]): Choice<ChosenProvider>[] => {
    const plugin = interactive.find(({ id }) => id === type);
    return plugin === undefined
      ? []
      : [{ value: { plugin, section: { name, values } }, label: name, about: "it is in your settings already" }];
  });
  const others = interactive.map((plugin) => ({
    value: { plugin, section: undefined },
    label: plugin.summary,
    about: plugin.id,
  }));
  const [first, ...rest] = [...sections, ...others];
  if (first === undefined) {
    throw new TegataError("internal", "there is no identity provider at which people sign in");
  }
  return asker.select("Where do you sign in?", [first, ...rest]);
}

async function providerNamed(name: string, own: SettingsFile, context: CommandContext): Promise<ChosenProvider> {
  const { plugins } = context;
  const section = own.idps.get(name);
  const id = section?.type ?? name;
  const plugin = plugins.idps.find((idp) => idp.id === id) ?? (await (await context.programs()).idp(id, true));
  if (plugin === undefined) {
    const known = [
      ...own.idps.keys(),
      ...plugins.idps.filter(({ kind }) => kind === "interactive").map((idp) => idp.id),
    ];
    throw new TegataError(
      "usage_invalid",
      words`${setting("idp")} ${shownValue(name, 80)} is neither a section of the settings file nor a plugin`,
      {
        hint: hint`name one of ${listOf(known)}`,
      },
    );
  }
  if (plugin.kind !== "interactive") {
    throw new TegataError(
      "usage_invalid",
      words`${setting("idp")} ${shownValue(name, 80)} is for jobs and pods: nobody signs in there`,
      {
        hint: hint`pass its settings as flags, without a settings file`,
      },
    );
  }
  return { plugin, section: section === undefined ? undefined : { name, values: section.values } };
}
