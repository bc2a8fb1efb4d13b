import { posixWord } from "@tegata/core";
import type { CommandContext } from "../../command.ts";
import { askAll, type Draft, givenAnswers, refuseBad, refuseMissing } from "./ask.ts";
import { askerOf } from "./asker.ts";
import { chooseProvider, clientKeys, keysToAsk } from "./choose-provider.ts";
import { askRegion, chooseRole, getCredentials } from "./try-role.ts";
import { chooseFlow, discover, signIn } from "./try-sign-in.ts";
import { writeAwsConfig } from "./write-aws-config.ts";
import { named, sameSection, write } from "./write-profile.ts";

/**
 * Asks for a first profile, tries it, and writes it: with flags for answers, and without a terminal by flags alone.
 *
 * @throws TegataError `settings_incomplete` naming what is missing; what went wrong, where nobody can be asked what to do
 */
export async function initProfile(context: CommandContext): Promise<void> {
  const { flags, terminal, system } = context;
  const asker = askerOf(context);
  const own = await context.ownSettings();
  const provider = await chooseProvider(asker, own, context);
  const first: Draft = { context, asker, own, provider, answers: givenAnswers(provider, context) };
  refuseBad(first);
  refuseMissing(first);
  const keys = keysToAsk(provider);
  await askAll(
    keys.filter((key) => !clientKeys.has(key)),
    first,
  );
  const found = await discover(first);
  await askAll(
    keys.filter((key) => clientKeys.has(key)),
    first,
  );
  const draft = { ...first, provider: { ...provider, section: provider.section ?? sameSection(first) } };
  const signsIn =
    flags["sign-in"] === undefined ? asker.isOnTerminal && flags["print"] !== true : flags["sign-in"] === true;
  await chooseFlow(signsIn ? found.flows : undefined, draft);
  const identity = signsIn ? await signIn(found.flows, draft) : undefined;
  const role = await chooseRole(identity, draft);
  await askRegion(role, draft);
  if (signsIn) {
    await getCredentials(identity, draft);
  }
  const wanted = await named(found.issuer, draft);
  if (flags["print"] === true) {
    await system.writeStdout(await context.settingsText(wanted));
    return;
  }
  if (!(await write(wanted, draft))) {
    terminal.say("nothing is written");
    return;
  }
  const isInAwsConfig = await writeAwsConfig(
    wanted.name,
    asker,
    // What was read before is not what is there now.
    context.withFlags({ profile: wanted.name }),
  );
  const name = posixWord(wanted.name);
  terminal.say(
    isInAwsConfig
      ? `next: aws sts get-caller-identity --profile ${name}`
      : `next: ${terminal.programName} exec ${name} -- aws sts get-caller-identity`,
  );
}
