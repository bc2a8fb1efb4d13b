import {
  awsEnvironment,
  awsRivalVariables,
  awsVariables,
  defineFormat,
  flag,
  type FormatContext,
  formerValues,
  regionVariables,
  remembering,
  type ShellDialect,
  shellNamed,
  shells,
  shellWords,
  shownValue,
  type UnsetContext,
  type Variables,
  words,
} from "@tegata/core";
import * as v from "valibot";
import { guessShell } from "./guessed-shell.ts";

const shellSchema = v.picklist(
  shellWords,
  (issue) => `${shownValue(issue.input, 40)} is not a shell that is known here (${shellWords.join(", ")})`,
);

/**
 * Statements that set AWS credentials in a shell, for `eval "$(tegata env)"`.
 *
 * @throws TegataError `output_failed` for a value that no variable can hold, or that the shell cannot be told
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 */
export const formatEnv = defineFormat({
  id: "env",
  summary: "print statements that set AWS credentials in a shell",
  examples: [
    { line: "env dev --shell fish", what: "statements for fish" },
    { line: "env --unset", what: "statements that remove them" },
  ],
  options: v.strictObject({
    shell: v.optional(v.pipe(shellSchema, v.description("the shell that loads the statements"))),
  }),
  backs: "use",
  asksPerson: "terminal",
  repeatable: true,
  async render(credentials, { shell }, context) {
    const { choice, machine, region } = context;
    const dialect = await dialectFor(shell, context);
    const values = Object.entries(awsEnvironment(credentials, region));
    return dialect.render(
      remembering(
        [
          ...awsRivalVariables.map((name): Variables[number] => [name, undefined]),
          ...values.map(([name, value]): Variables[number] => [name, value]),
          ...choiceVariables(choice, dialect),
        ],
        machine,
      ),
    );
  },
  async renderUnset({ shell }, context) {
    const dialect = await dialectFor(shell, context);
    const isRegion: ReadonlySet<string> = new Set(regionVariables);
    const ours = awsVariables.filter((name) => !isRegion.has(name)).map((name): Variables[number] => [name, undefined]);
    const former = formerValues(context.machine).map(([name, value]): Variables[number] => [
      name,
      value !== undefined && canBeTold(value, dialect) ? value : undefined,
    ]);
    return dialect.render([...ours, ...former]);
  },
  async renderFailure(typed, machine) {
    const named = shellNamed(typed("shell") ?? "");
    return shells[named ?? (await guessShell(machine)).shell].dialect.failure;
  },
});

/** A choice of which the shell cannot be told a part is unset: the rest of it, or an earlier one, would be another one. */
function choiceVariables(choice: FormatContext["choice"], dialect: ShellDialect): Variables {
  const entries = Object.entries(choice);
  const isTold = entries.every(([, value]) => value === undefined || canBeTold(value, dialect));
  return entries.map(([name, value]) => [name, isTold ? value : undefined]);
}

function canBeTold(value: string, dialect: ShellDialect): boolean {
  try {
    dialect.render([["NAME", value]]);
    return !value.includes("\0");
  } catch {
    return false;
  }
}

async function dialectFor(typed: string | undefined, { machine, tell }: UnsetContext): Promise<ShellDialect> {
  const named = shellNamed(typed ?? "");
  if (named !== undefined) {
    return shells[named].dialect;
  }
  const guessed = await guessShell(machine);
  if (guessed.because !== undefined) {
    tell(words`these statements are for ${guessed.shell}${guessed.because}; ${flag("shell")} names another`);
  }
  return shells[guessed.shell].dialect;
}
