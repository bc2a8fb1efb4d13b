import { discover, hint, or, type PersonFlow, setting, TegataError } from "@tegata/core";
import { aboutRun, describeRun } from "../credentials/about-run.ts";
import type { ProfileContext } from "../credentials/credentials-of-profile.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";

/** An identity provider at which people sign in, by its discovery document. */
export interface FoundProvider {
  /** As the document calls it: ID tokens and IAM must name it so, to the last slash. */
  readonly issuer: string;
  /** The flows that it offers, of those that its plugin has; `undefined`: nobody can tell. */
  readonly flows: readonly PersonFlow[] | undefined;
}

/**
 * Asks the identity provider of this run for its discovery document, no matter what is stored of it. Sends nothing of anybody.
 *
 * @throws TegataError for settings that are incomplete or bad; `usage_invalid` for a provider at which nobody signs in; `idp_*`
 */
export async function providerOf(context: ProfileContext): Promise<FoundProvider> {
  const profile = await context.profile();
  const idp = await resolveIdp(profile);
  if (idp.kind === "workload") {
    throw new TegataError("usage_invalid", `at the identity provider ${idp.name} nobody signs in`, {
      hint: [hint`name another one: ${setting("idp", "NAME")}`, or`write its settings by hand`],
    });
  }
  const { plugin, settings } = idp;
  try {
    const found = await discover(plugin.expectations(settings).issuer, context.ports);
    const provider = (await found.readAgain?.()) ?? found;
    return { issuer: provider.issuer, flows: plugin.offeredFlows?.(settings, provider) };
  } catch (error) {
    // What is tried may be in no file yet: a command in the hint has to say it all.
    throw aboutRun(error, describeRun(profile));
  }
}
