import {
  type FormatOutput,
  command as commandPart,
  flag as flagPart,
  type Format,
  hint,
  type Machine,
  type RenderedOutput,
  TegataError,
  toRenderedOutput,
  type UnsetContext,
  words,
} from "@tegata/core";
import * as v from "valibot";
import type { CredentialsOfRun } from "@tegata/engine";
import { judge, describeSchema, namesOf, typedValue } from "@tegata/engine/settings";
import type { Command, CommandContext, Contradiction, FlagDefinition } from "../command.ts";
import { choosing } from "./support/choosing.ts";
import { sayWhichCredentials, wantedBy } from "./support/credentials-of-command.ts";
import { observe } from "../answer-cache/observed-machine.ts";
import { storeEntry } from "../answer-cache/store-entry.ts";
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
    group: format.group ?? "output",
    argument: "profile",
    mayAskPerson: format.asksPerson === "terminal",
    ...(format.asksPerson === "never" ? { mainSettings: ["profile", "prompt", "hint", "duration"] } : {}),
    examples: format.examples ?? [
      { line: format.id, what: "of the profile that counts here" },
      { line: `${format.id} dev`, what: "of the profile dev" },
    ],
    flags: { ...optionFlags(format), ...(format.renderUnset === undefined ? {} : { unset: unsetFlag }) },
    ...(format.renderUnset === undefined ? {} : { contradictions: [unsetContradiction(format, "--unset", format.id)] }),
    ...(format.renderFailure === undefined
      ? {}
      : { outputOnFailure: async (typed, machine) => (await format.renderFailure?.(typed, machine)) ?? "" }),
    async run(context) {
      if (context.flags["unset"] === true && format.renderUnset !== undefined) {
        // Broken settings are no reason to leave credentials in a shell.
        const name = format.repeatable === true ? undefined : (await context.profile()).name;
        const { machine } = context.system;
        await give(
          await format.renderUnset(readOptions(format, context), unsetContext(name, machine, context)),
          context,
        );
        return;
      }
      const render = () => renderFormat(format, context);
      const { output, obtained, isCacheable } = await (format.asksPerson === "never"
        ? recordingUnseenFailure(context, render)
        : render());
      const { stdout, repeatable = true } = await give(output, context);
      if (format.repeatable === true && repeatable && isCacheable) {
        await storeEntry(stdout, obtained, context);
      }
    },
  };
}

/**
 * Nothing is got when output is taken back, so no setting that says what to get is of use.
 *
 * @param flag takes the answer back
 * @param command what takes the flag: `env`
 */
export function unsetContradiction(format: Format, flag: string, command: string): Contradiction {
  const others = Object.keys(format.options.entries).filter((name) => !(format.unsetOptions ?? [name]).includes(name));
  // A shell or a file holds the output of one profile, and which one does not matter.
  const isOfAnyProfile = format.repeatable === true;
  return {
    part: flag,
    excludes: [
      ...(isOfAnyProfile ? ["PROFILE"] : []),
      "CREDENTIALS",
      "--fresh",
      ...others.map((name) => `--${namesOf(name).flag}`),
    ],
    ...(isOfAnyProfile ? { hint: hint`${commandPart(command, flag)}` } : {}),
  };
}

async function give(output: FormatOutput, { system }: CommandContext): Promise<RenderedOutput> {
  const rendered = toRenderedOutput(output);
  await system.writeStdout(rendered.bytes ?? rendered.stdout);
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
      const described = describeSchema(schema);
      const flag: FlagDefinition = {
        kind: described.kind,
        // Found when help or a message asks for them, as `describeSchema` has it.
        get choices() {
          return described.choices;
        },
        get defaultText() {
          return described.defaultText;
        },
        get description() {
          return described.description ?? `an option of ${format.id}`;
        },
      };
      return [namesOf(name).flag, flag];
    }),
  );
}

/** Credentials of the chosen profile, as the format prints them. */
export async function renderFormat(
  format: Format,
  given: CommandContext,
): Promise<{ readonly output: FormatOutput; readonly obtained: CredentialsOfRun; readonly isCacheable: boolean }> {
  const context = format.asksPerson === "terminal" ? await choosing(given) : given;
  const { ports, entry, system } = context;
  const observed = observe(system.machine);
  const options = readOptions(format, context);
  if (format.checkPlatform !== undefined) {
    await format.checkPlatform(options, unsetContext((await context.profile()).name, observed.machine, context));
  }
  // Rendering can take a request (`console-url`) or a program.
  const { obtained, value: output } = await context.withCredentials(wantedBy(format.asksPerson, context), (each) =>
    format.render(each.credentials, options, {
      ...unsetContext(each.profile, observed.machine, context),
      region: each.chosenRegion,
      defaultRegion: each.region,
      federationEndpoint: each.federationEndpoint,
      choice: each.choice,
      ports,
    }),
  );
  // A shell that loads the output has these credentials from now on.
  if (format.backs === "use") {
    sayWhichCredentials(obtained, context);
  }
  // Which job of a runner this is, or which pod, is no part of the key of the answer cache.
  const isCacheable = obtained.idpKind === "interactive" && !obtained.ignoresAwsProfile && observed.isCoveredBy(entry);
  return { output, obtained, isCacheable };
}

function readOptions(format: Format, { flags, system }: CommandContext): v.InferOutput<Format["options"]> {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(format.options.entries)) {
    const raw = typedValue(name, { flags, env: system.env });
    if (raw === undefined) {
      if (!v.is(schema, undefined)) {
        throw new TegataError("usage_invalid", words`${commandPart(format.id)} needs ${flagPart(namesOf(name).flag)}`, {
          hint: hint`${commandPart(format.id, "--help")}`,
        });
      }
      continue;
    }
    const judged = judge(raw, name, schema);
    if ("issue" in judged) {
      const origin = raw.origin.kind === "flag" ? flagPart(namesOf(name).flag) : raw.origin.name;
      throw new TegataError("usage_invalid", words`${origin} ${judged.issue}`, {
        hint: hint`${commandPart(format.id, "--help")}`,
      });
    }
    values[name] = judged.input;
  }
  return v.parse(format.options, values);
}
