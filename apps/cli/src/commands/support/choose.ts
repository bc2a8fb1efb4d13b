import { printable, type RoleArn, words } from "@tegata/core";
import type { KnownRole, OpenChoice, OpenProfile, OpenRole } from "@tegata/engine";
import type { CommandContext } from "../../command.ts";
import type { Choice, Questions } from "../../terminal/question.ts";
import { questionsOn } from "../../terminal/questions.ts";
import { asking } from "./prompting.ts";

/** What a person chooses from, and by what it is known next time. */
interface Candidate {
  readonly id: string;
  readonly flags: Readonly<Record<string, string>>;
}

/**
 * Lets a person choose what a run leaves open.
 *
 * @returns the run with that; `undefined` where there is nothing to choose from, or nobody to ask
 */
export async function choose(open: OpenChoice, context: CommandContext): Promise<CommandContext | undefined> {
  const questions = questionsOn(context.system, context.terminal);
  if (questions === undefined) {
    return undefined;
  }
  return open.kind === "profile" ? chooseProfile(open, questions, context) : chooseRole(open, questions, context);
}

async function chooseProfile(
  { list, profiles, roles }: OpenProfile,
  questions: Questions,
  context: CommandContext,
): Promise<CommandContext> {
  const chosen = await selectLatestFirst("Which profile?", list, questions, context, [
    ...profiles.map(({ name, role }) => ({
      value: { id: name, flags: { profile: name } },
      label: name,
      about: role === undefined ? undefined : roleAndAccount(role),
    })),
    ...roles.map(({ role, idp }) => ({
      value: { id: role.arn, flags: { idp, "role-arn": role.arn } },
      label: roleAndAccount(role),
      about: `a role of your sign-in at ${idp}`,
    })),
  ]);
  return context.withFlags(chosen.flags);
}

async function chooseRole(
  { list, idp, profile }: OpenRole,
  questions: Questions,
  context: CommandContext,
): Promise<CommandContext | undefined> {
  const { terminal } = context;
  const ofProvider = profile === undefined ? context.withFlags({ idp }) : context;
  const { roles, problems } = await ofProvider.roles({ askPerson: asking("terminal", context) });
  problems.forEach(({ message }) => terminal.warn(message));
  const candidates = rolesAt(idp, roles);
  const [only, ...others] = candidates;
  if (only === undefined) {
    return undefined;
  }
  if (others.length === 0) {
    terminal.say(words`the only role that is known: ${printable(roleAndAccount(only.role), 200)}`);
    return ofProvider.withFlags({ "role-arn": only.role.arn });
  }
  const chosen = await selectLatestFirst(
    "Which role?",
    list,
    questions,
    context,
    candidates.map(({ role, name }) => ({
      value: { id: role.arn, flags: { "role-arn": role.arn } },
      label: name ?? roleAndAccount(role),
      about: name === undefined ? undefined : roleAndAccount(role),
    })),
  );
  return ofProvider.withFlags(chosen.flags);
}

/** Each role once that an ID token of this provider is exchanged for. */
function rolesAt(idp: string, roles: readonly KnownRole[]): readonly KnownRole[] {
  const ofProvider = roles.filter((known) => known.idp === idp);
  return ofProvider.filter(({ role }, index) => ofProvider.findIndex((each) => each.role.arn === role.arn) === index);
}

/** A role as a person tells it from others: the name, and the account. */
export function roleAndAccount({ roleName, accountId }: RoleArn): string {
  return accountId === undefined ? roleName : `${roleName} in ${accountId}`;
}

async function selectLatestFirst(
  message: string,
  list: string,
  questions: Questions,
  { lastChoices, rememberChoice, terminal }: CommandContext,
  choices: readonly Choice<Candidate>[],
): Promise<Candidate> {
  const tell = (error: unknown) =>
    terminal.log(error instanceof Error ? error.message : "what was chosen is not stored");
  const latest = await lastChoices(list).catch((error: unknown): readonly string[] => {
    tell(error);
    return [];
  });
  const rank = ({ value: { id } }: Choice<Candidate>) => (latest.includes(id) ? latest.indexOf(id) : latest.length);
  const chosen = await questions.select({ message, choices: choices.toSorted((a, b) => rank(a) - rank(b)) });
  await rememberChoice(list, chosen.id).catch(tell);
  return chosen;
}
