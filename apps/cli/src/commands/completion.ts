import type { Command, CommandContext } from "../command.ts";
import { ownFlagsOf, settingFlagsOf } from "../command-line/described-flags.ts";
import { completionScript, completionShells } from "../shell/completion-scripts.ts";
import { pluginsCommand } from "./plugins.ts";
import { shellScriptCommand } from "./support/shell-script-command.ts";

/** Prints what makes Tab complete the arguments. */
export const completionCommand = shellScriptCommand({
  name: "completion",
  summary: "print completions with Tab, for a start-up file",
  shells: completionShells,
  scriptFor: completionScript,
  examples: [
    { line: "completion bash", what: "for source <(…) in ~/.bashrc" },
    { line: "completion fish", what: "for | source in config.fish" },
  ],
  lacking: "there are no completions for the shell",
});

/** What the completion scripts call: `tegata __complete -- <words so far>`, the last one being typed. */
export const completeCommand: Command = {
  name: "__complete",
  summary: "the words that can stand next",
  group: "setup",
  argument: "words",
  flags: {},
  hidden: true,
  async run(context) {
    const candidates = await candidatesFor(context.words, context);
    await context.system.writeStdout(candidates.map((word) => `${word}\n`).join(""));
  },
};

async function candidatesFor(words: readonly string[], context: CommandContext): Promise<readonly string[]> {
  const visible = context.commands.filter(({ hidden }) => hidden !== true);
  const command = visible.find(({ name }) => name === words[0]);
  if (words.length < 2 || command === undefined) {
    return [...visible.map(({ name }) => name), "--help", "--version"];
  }
  // What stands behind is another program's.
  if (words.slice(0, -1).includes("--")) {
    return [];
  }
  const settings = [...context.settings.values()];
  const { flag, before } = flagOfValue(words);
  const facts = settings.find((setting) => flag === setting.flag || flag === setting.alias);
  const { kind, choices } = command.flags[flag] ?? facts ?? {};
  if (kind !== undefined && kind !== "boolean") {
    const named = { profile: profileNames, idp: idpNames }[facts?.flag ?? ""];
    const values = named === undefined ? (choices ?? []) : await named(context);
    return values.map((value) => `${before}${value}`);
  }
  if ((words.at(-1) ?? "").startsWith("-")) {
    const flags = [...ownFlagsOf(command), ...settingFlagsOf(command, context.settings)];
    return [...flags.map(({ name }) => name), "help"].map((name) => `--${name}`);
  }
  return command.argument === "profile" || command.argument === "command"
    ? profileNames(context)
    : words.length === 2
      ? (command.firstWords ?? [])
      : command === pluginsCommand
        ? pluginProgramNames(context)
        : [];
}

/** No program is run for it. */
async function pluginProgramNames({ programs }: CommandContext): Promise<readonly string[]> {
  return [...new Set((await (await programs()).list()).map(({ id }) => id))].filter(isOneWord);
}

/**
 * The flag whose value is being typed, without its dashes, and what stands before the value in the same word; an empty
 * flag where it is none. `--idp acme`, `--idp=acme`, and the three words that bash makes of the latter.
 */
function flagOfValue(words: readonly string[]): { readonly flag: string; readonly before: string } {
  const [, before = "", inline] = /^(--([^=]+)=)/.exec(words.at(-1) ?? "") ?? [];
  if (inline !== undefined) {
    return { flag: inline, before };
  }
  const [beforeThat, previous] = words.at(-1) === "=" ? [undefined, words.at(-2)] : words.slice(-3, -1);
  const [, flag = ""] = /^--?(.+)/.exec((previous === "=" ? beforeThat : (previous ?? beforeThat)) ?? "") ?? [];
  return { flag, before: "" };
}

async function profileNames({ settingsFile }: CommandContext): Promise<readonly string[]> {
  const { profiles } = await settingsFile();
  return [...profiles.keys()].filter(isOneWord);
}

async function idpNames({ settingsFile, plugins }: CommandContext): Promise<readonly string[]> {
  const { idps } = await settingsFile();
  return [...new Set([...idps.keys(), ...plugins.idps.map(({ id }) => id)])].filter(isOneWord);
}

/** A candidate that a shell would take apart or expand is no help. */
function isOneWord(name: string): boolean {
  return /^[\w.@%+:/-]+$/.test(name);
}
