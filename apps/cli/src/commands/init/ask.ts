import { hint, isTegataError, setting, TegataError, words } from "@tegata/core";
import { shownError } from "@tegata/engine";
import { type SettingsFile, typedValue } from "@tegata/engine/settings";
import * as v from "valibot";
import type { CommandContext } from "../../command.ts";
import { type Asker, mayBeTriedAgain, missing } from "./asker.ts";
import { keysToAsk } from "./choose-provider.ts";
import { type ChosenProvider, problemWith, trialFlags } from "./draft.ts";

/** What a first profile is made of, while it is found out. */
export interface Draft {
  readonly context: CommandContext;
  readonly asker: Asker;
  readonly own: SettingsFile;
  readonly provider: ChosenProvider;
  /** By key, as text. */
  readonly answers: Map<string, string>;
}

/** What flags and variables say of the questions that are asked. */
export function givenAnswers(provider: ChosenProvider, { flags, system }: CommandContext): Map<string, string> {
  const given = [...keysToAsk(provider), "flow", "role_arn", "region"].flatMap((key) => {
    const value = typedValue(key, { flags, env: system.env })?.value;
    return typeof value === "string" ? [[key, value] as const] : [];
  });
  return new Map(given);
}

/** What a flag or a variable says is not asked again. @throws TegataError `usage_invalid` */
export function refuseBad({ answers, provider }: Draft): void {
  for (const [key, value] of answers) {
    const problem = problemWith(value, key, provider.plugin);
    if (problem !== undefined) {
      throw new TegataError("usage_invalid", words`${setting(key)} ${problem}`, {
        hint: hint`correct ${setting(key)}`,
      });
    }
  }
}

/** All that is missing at once, where nobody is asked one after the other. */
export function refuseMissing({ asker, answers, provider }: Draft): void {
  const [first, ...others] = [...keysToAsk(provider), "role_arn"].filter((key) => !answers.has(key));
  if (asker.questions === undefined && first !== undefined && !(asker.isOnTerminal && first === "role_arn")) {
    throw missing([first, ...others]);
  }
}

export async function askAll(keys: readonly string[], draft: Draft): Promise<void> {
  for (const key of keys.filter((each) => !draft.answers.has(each))) {
    await ask(key, draft);
  }
}

/** Asks for a setting; what was there before can be taken, or changed. */
export async function ask(key: string, { asker, answers, provider }: Draft): Promise<void> {
  const { questions } = asker;
  if (questions === undefined) {
    throw missing([key]);
  }
  const answer = await questions.text({
    message: questionFor(key, provider),
    initial: answers.get(key),
    example: examplesByKey[key],
    check: (text) => (text === "" ? "an answer is needed" : problemWith(text, key, provider.plugin)),
  });
  answers.set(key, answer);
}

const questionsByKey: Readonly<Record<string, string>> = {
  client_id: "Client id of the application (a public, native client)",
  role_arn: "ARN of the role to assume",
  region: "Region",
};

/** What an answer looks like, shown while nothing is typed. */
const examplesByKey: Readonly<Record<string, string>> = {
  domain: "acme.eu.auth0.com",
  issuer: "https://sso.example.com/realms/acme",
  tenant: "8eaef023-2b34-4da1-9baa-8bc8c9d6a490",
  role_arn: "arn:aws:iam::123456789012:role/Developer",
};

function questionFor(key: string, { plugin }: ChosenProvider): string {
  const described = plugin.settings.entries[key];
  const text = questionsByKey[key] ?? (described === undefined ? undefined : v.getDescription(described)) ?? key;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

export const trialOf = ({ context, provider, answers }: Draft) =>
  context.trial(trialFlags(provider, answers, context.flags, context));

/** Shows an error in its own words. @throws it, where nobody can be asked what to do */
export async function showToTryAgain(error: unknown, { asker, context }: Draft): Promise<void> {
  if (!isTegataError(error) || asker.questions === undefined || !mayBeTriedAgain(error)) {
    throw error;
  }
  const { terminal } = context;
  terminal.status(undefined);
  const { message, hint: advice } = shownError(error, terminal.vocabulary);
  terminal.error(message, advice);
}
