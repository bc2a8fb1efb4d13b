import { withoutSecrets } from "@tegata/aws-config-files";
import { command, flag, hint, posixWord, shownPath, TegataError, words } from "@tegata/core";
import type { AwsConfigChange, RolesByPattern, WantedBlock } from "@tegata/engine";
import { listOf } from "@tegata/engine/settings";
import type { Command, CommandContext, FlagDefinition } from "../command.ts";
import { paintOn } from "../terminal/terminal.ts";
import { isOfRoles } from "../command-line/described-flags.ts";
import { asking } from "./support/prompting.ts";
import { startedProgram } from "./support/started-program.ts";

const boolean = (description: string): FlagDefinition => ({
  kind: "boolean",
  choices: undefined,
  defaultText: undefined,
  description,
});

/** As `diff` ends where there is a difference. */
const different = 1;

/** The profiles of the settings, as a block in `~/.aws/config`. */
export const awsConfigCommand: Command = {
  name: "aws-config",
  summary: "write the profiles of the settings into ~/.aws/config",
  group: "setup",
  argument: "none",
  form: "[--diff | --write | --remove]",
  flags: {
    diff: boolean("print what a write would change, and end with 1 if that is anything"),
    write: boolean("write them, in a block of their own; what is outside of it stays byte for byte"),
    remove: boolean("take that block away"),
    yes: boolean("do not ask"),
    force: boolean("write although profiles of the same name stand elsewhere, which keep what they have"),
    roles: {
      kind: "text",
      choices: undefined,
      defaultText: undefined,
      description: "the roles that you may take as profiles too, called so: '{account}-{role}'",
    },
  },
  settings: "roles",
  mayAskPerson: true,
  ignoresProfiles: true,
  examples: [
    { line: "aws-config --write", what: "aws, Terraform and SDKs find every profile" },
    { line: "aws-config --write --roles '{account}-{role}'", what: "and every role that you may take" },
  ],
  contradictions: [
    { part: "--write", excludes: ["--diff", "--remove"], hint: "choose one" },
    { part: "--diff", excludes: ["--remove", "--yes"], hint: "choose one" },
    { part: "--remove", excludes: ["--roles"], hint: hint`leave ${flag("roles")} out: the block goes as a whole` },
    { part: "--remove", excludes: ["--force"], hint: hint`leave ${flag("force")} out: the block goes as a whole` },
  ],
  async run(context) {
    const { flags, terminal, system } = context;
    const program = startedProgram(terminal.programName, system);
    const force = flags["force"] === true;
    refuseIdleSettings(context);
    if (flags["remove"] === true) {
      await change({ kind: "removed" }, context);
    } else if (flags["write"] === true) {
      await change({ kind: "written", force, roles: await wantedRoles(context) }, context);
    } else if (flags["diff"] === true) {
      return showDifference({ kind: "written", force, roles: await wantedRoles(context) }, context);
    } else {
      refuseIdle(context);
      const { text, warnings } = await context.awsConfigBlock(program, await wantedRoles(context));
      warnings.forEach(terminal.warn);
      await system.writeStdout(text);
    }
    return 0;
  },
};

/** Asks a person to sign in where that is needed, as `roles` does. */
async function wantedRoles(context: CommandContext): Promise<RolesByPattern | undefined> {
  const { flags, terminal } = context;
  const pattern = flags["roles"];
  if (typeof pattern !== "string") {
    return undefined;
  }
  await context.checkRolePattern(pattern);
  const { roles, problems, isComplete } = await context.roles({ askPerson: asking("terminal", context) });
  problems.forEach(({ message }) => terminal.warn(message));
  return { pattern, roles, isComplete };
}

/** Settings about roles say nothing where none are asked for. */
function refuseIdleSettings({ flags, settings }: CommandContext): void {
  const idle = [...settings.values()].find((each) => isOfRoles(each.name) && flags[each.flag] !== undefined);
  if (idle !== undefined && flags["roles"] === undefined) {
    throw new TegataError("usage_invalid", words`${flag(idle.flag)} says which roles become profiles, and none do`, {
      hint: hint`${flag("roles", "{account}-{role}")} takes it`,
    });
  }
}

function refuseIdle({ flags }: CommandContext): void {
  const idle = ["yes", "force"].find((name) => flags[name] === true);
  if (idle !== undefined) {
    throw new TegataError("usage_invalid", words`${flag(idle)} says how a file is written, and none is`, {
      hint: hint`${command("aws-config", "--write")} takes it`,
    });
  }
}

async function showDifference(wanted: WantedBlock, context: CommandContext): Promise<number> {
  const { system, terminal } = context;
  const planned = await context.planAwsConfig(wanted, startedProgram(terminal.programName, system));
  planned.warnings.forEach(terminal.warn);
  const { paintedDifference } = await import("../terminal/difference.ts");
  const lines = await linesOf(planned);
  await system.writeStdout(paintedDifference(lines, paintOn({ isTerminal: system.stdoutIsTerminal }, system)));
  return lines.length === 0 ? 0 : different;
}

/** On a terminal a person sees the difference, and says yes to it. */
async function change(wanted: WantedBlock, context: CommandContext): Promise<void> {
  const { system, terminal, flags } = context;
  const program = startedProgram(terminal.programName, system);
  const planned = await context.planAwsConfig(wanted, program);
  planned.warnings.forEach(terminal.warn);
  const shownFile = shownPath(planned.path);
  if (planned.after === (planned.before ?? "")) {
    terminal.say(
      wanted.kind === "removed"
        ? words`${shownFile} has no block of ${terminal.programName}`
        : planned.profiles.length === 0
          ? `there is no profile to write into ${shownFile}`
          : `${shownFile} is up to date`,
    );
    return;
  }
  const { questionsOn } = await import("../terminal/questions.ts");
  const questions = flags["yes"] === true ? undefined : questionsOn(system, terminal);
  if (questions !== undefined) {
    const { shownDifference } = await import("../terminal/difference.ts");
    terminal.block(shownDifference(await linesOf(planned), terminal.paint));
    if (!(await questions.confirm({ message: `Write ${shownFile}?`, initial: false }))) {
      terminal.say(`${shownFile} stays as it is`);
      return;
    }
  }
  const backup = await context.changeAwsConfig(wanted, program, questions === undefined ? undefined : planned);
  const [first] = planned.profiles;
  terminal.say(
    first === undefined
      ? `the block is out of ${shownFile}`
      : `${shownFile} has ${planned.profiles.length === 1 ? "the profile" : "the profiles"} ${listOf(planned.profiles)}`,
  );
  if (backup !== undefined) {
    terminal.say(`as it was before: ${shownPath(backup)}`);
  }
  if (first !== undefined) {
    terminal.say(`next: aws sts get-caller-identity --profile ${posixWord(first)}`);
  }
}

async function linesOf({ path, before, after }: AwsConfigChange): Promise<readonly string[]> {
  const { differenceOf } = await import("../terminal/difference.ts");
  return differenceOf(
    { name: before === undefined ? "/dev/null" : path, text: withoutSecrets(before ?? "") },
    { name: path, text: withoutSecrets(after) },
  );
}
