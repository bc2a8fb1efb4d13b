import {
  type Answer,
  type Format,
  type Machine,
  type RenderedAnswer,
  signInRequired,
  TegataError,
  toRenderedAnswer,
  type UnsetContext,
} from "@tegata/core";
import * as v from "valibot";
import {
  explainIssue,
  describeSchema,
  isStillSignedIn,
  maxBeginnings,
  namesOf,
  type ObtainedCredentials,
  schemaInput,
  typedValue,
} from "@tegata/engine";
import type { Command, CommandContext, Contradiction, FlagDefinition } from "../command.ts";
import { credentialsOfProfile, type ProfileCredentials, sayWhatIsGiven } from "./support/credentials-of-command.ts";
import { observe } from "../answer-cache/observed-machine.ts";
import { rememberAnswer } from "../answer-cache/remember-answer.ts";
import { recordingUnseenFailure } from "./support/record-unseen-failure.ts";

const unsetFlag: FlagDefinition = {
  kind: "boolean",
  choices: undefined,
  defaultText: undefined,
  description: "undo the output; this needs no sign-in",
};

/** A format plugin as a command of its own name. */
export function formatCommand(format: Format): Command {
  return {
    name: format.id,
    summary: format.summary,
    group: format.group ?? "answer",
    argument: "profile",
    mayAskPerson: format.asksPerson === "terminal",
    flags: { ...optionFlags(format), ...(format.renderUnset === undefined ? {} : { unset: unsetFlag }) },
    ...(format.renderUnset === undefined
      ? {}
      : { contradictions: [unsetContradiction(format, "--unset", `tegata ${format.id}`)] }),
    ...(format.renderFailure === undefined
      ? {}
      : { answerToFailure: async (typed, machine) => (await format.renderFailure?.(typed, machine)) ?? "" }),
    async run(context) {
      if (context.flags["unset"] === true && format.renderUnset !== undefined) {
        // Broken settings are no reason to leave credentials in a shell.
        const name = format.repeatable === true ? undefined : (await context.profile()).name;
        const { machine } = context.outside;
        await give(
          await format.renderUnset(readOptions(format, context), unsetContext(name, machine, context)),
          context,
        );
        return;
      }
      const render = () => renderFormat(format, context);
      const { answer, obtained, isKeepable } = await (format.asksPerson === "never"
        ? recordingUnseenFailure(context, render)
        : render());
      const { stdout, repeatable = true } = await give(answer, context);
      if (format.repeatable === true && repeatable && isKeepable) {
        await rememberAnswer(stdout, obtained, context);
      }
    },
  };
}

/**
 * Nothing is got when an answer is taken back, so nothing can be said of what to get.
 *
 * @param flag takes the answer back
 * @param command what takes the flag: `tegata env`
 */
export function unsetContradiction(format: Format, flag: string, command: string): Contradiction {
  const others = Object.keys(format.options.entries).filter((name) => !(format.unsetOptions ?? [name]).includes(name));
  // One answer in a shell or a file, of whichever profile it is.
  const isOfAnyProfile = format.repeatable === true;
  return {
    part: flag,
    excludes: [
      ...(isOfAnyProfile ? ["PROFILE"] : []),
      "CREDENTIALS",
      "--fresh",
      ...others.map((name) => `--${namesOf(name).flag}`),
    ],
    ...(isOfAnyProfile ? { hint: `${command} ${flag}` } : {}),
  };
}

async function give(answer: Answer, { outside }: CommandContext): Promise<RenderedAnswer> {
  const rendered = toRenderedAnswer(answer);
  await outside.writeStdout(rendered.bytes ?? rendered.stdout);
  await rendered.afterwards?.();
  return rendered;
}

function unsetContext(profile: string | undefined, machine: Machine, { terminal }: CommandContext): UnsetContext {
  const tell = terminal.isTerminal ? terminal.say : terminal.log;
  return { profile, machine, tell };
}

/** A format's options as flags. */
export function optionFlags(format: Format): Readonly<Record<string, FlagDefinition>> {
  return Object.fromEntries(
    Object.entries(format.options.entries).map(([name, schema]) => {
      const facts = describeSchema(schema);
      return [namesOf(name).flag, { ...facts, description: facts.description ?? `an option of ${format.id}` }];
    }),
  );
}

/**
 * Renders credentials, and does so again with others where the sign-in that they come from has ended meanwhile: rendering can
 * take a request (`console-url`) or a program.
 *
 * @throws TegataError `sign_in_required` as well, where nobody is signed in any more
 */
async function whileItCounts(
  render: (chosen: ProfileCredentials) => Answer | Promise<Answer>,
  asksPerson: Format["asksPerson"],
  context: CommandContext,
): Promise<{ readonly chosen: ProfileCredentials; readonly answer: Answer }> {
  for (let beginning = 1; beginning <= maxBeginnings; beginning += 1) {
    const chosen = await credentialsOfProfile(asksPerson, context);
    const answer = await render(chosen);
    const { key, record } = chosen.obtained;
    if (chosen.idp.kind === "workload" || (await isStillSignedIn(key, record, context))) {
      return { chosen, answer };
    }
    context.ports.log("the sign-in has ended since the answer was begun: it begins again");
  }
  throw signInRequired();
}

/** Credentials of the chosen profile, as the format prints them. */
export async function renderFormat(
  format: Format,
  context: CommandContext,
): Promise<{ readonly answer: Answer; readonly obtained: ObtainedCredentials; readonly isKeepable: boolean }> {
  const { ports, kept, outside } = context;
  const observed = observe(outside.machine);
  const options = readOptions(format, context);
  if (format.checkPlatform !== undefined) {
    await format.checkPlatform(options, unsetContext((await context.profile()).name, observed.machine, context));
  }
  const { chosen, answer } = await whileItCounts(
    (profileCredentials) => {
      const { profile, role, chosenRegion: region, choice, obtained } = profileCredentials;
      const { region: defaultRegion, federationEndpoint } = role;
      return format.render(obtained.record.credentials, options, {
        ...unsetContext(profile.name, observed.machine, context),
        region,
        defaultRegion,
        federationEndpoint,
        choice,
        ports,
      });
    },
    format.asksPerson,
    context,
  );
  const { profile, idp, obtained } = chosen;
  const hasWarned = profile.unknownAwsProfile !== undefined;
  // Which job of a runner this is, or which pod, is no part of the question that kept answers are found by.
  // A shell that loads the answer has these credentials from now on.
  if (format.id === "env") {
    sayWhatIsGiven(chosen, context);
  }
  const isKeepable = idp.kind === "interactive" && !hasWarned && observed.isCoveredBy(kept);
  return { answer, obtained, isKeepable };
}

function readOptions(format: Format, { flags, outside }: CommandContext): v.InferOutput<Format["options"]> {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(format.options.entries)) {
    const raw = typedValue(name, { flags, env: outside.env });
    if (raw === undefined) {
      if (!v.is(schema, undefined)) {
        throw new TegataError("usage_invalid", `tegata ${format.id} needs --${namesOf(name).flag}`, {
          hint: `tegata ${format.id} --help`,
        });
      }
      continue;
    }
    const judged = v.safeParse(schema, schemaInput(raw, schema), { abortEarly: true });
    if (!judged.success) {
      throw new TegataError("usage_invalid", `${raw.origin.name} ${explainIssue(judged.issues[0], raw, name)}`, {
        hint: `tegata ${format.id} --help`,
      });
    }
    values[name] = schemaInput(raw, schema);
  }
  return v.parse(format.options, values);
}
