import { command, hint, roleArnSchema, shellNamed, shells, shownValue, TegataError, words } from "@tegata/core";
import type { SettingDefinition } from "@tegata/engine/settings";
import * as v from "valibot";
import type { Command, CommandContext } from "../command.ts";
import { ownFlagsOf, settingFlagsOf } from "../command-line/described-flags.ts";
import { type Candidate, candidateLines, candidateShells, typedLine } from "../shell/candidate-lines.ts";
import { completionScript, completionShells } from "../shell/completion-scripts.ts";
import { summaryOf } from "../terminal/vocabulary.ts";
import { aboutPages, helpCommand } from "./help.ts";
import { aboutPluginWords, pluginsCommand } from "./plugins.ts";
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

/**
 * What the completion scripts call: `tegata __complete SHELL -- <words so far>`, the last one being typed. A line for each word
 * that can stand next, as the script of that shell reads it.
 */
export const completeCommand: Command = {
  name: "__complete",
  summary: "the words that can stand next",
  group: "setup",
  argument: "words",
  flags: {},
  hidden: true,
  async run(context) {
    const [asked, ...given] = context.words;
    const shell = candidateShells.find((name) => name === asked);
    if (shell === undefined) {
      throw new TegataError("usage_invalid", words`there are no completions for the shell ${shownValue(asked, 40)}`, {
        hint: hint`${command("completion", "bash")}`,
      });
    }
    const line = typedLine(given, shell);
    await context.system.writeStdout(candidateLines(await candidatesFor(line.words, context), line, shell));
  },
};

async function candidatesFor(typed: readonly string[], context: CommandContext): Promise<readonly Candidate[]> {
  const visible = context.commands.filter(({ hidden }) => hidden !== true);
  const chosen = visible.find(({ name }) => name === typed[0]);
  const { programName } = context.terminal;
  if (typed.length < 2 || chosen === undefined) {
    return [
      ...visible.map((each) => ({ word: each.name, description: summaryOf(each, programName) })),
      { word: "--help", description: "what there is" },
      { word: "--version", description: "the version" },
    ];
  }
  // What stands behind is another program's.
  if (typed.slice(0, -1).includes("--")) {
    return [];
  }
  const settings = [...context.settings.values()];
  const { flag, before } = flagOfValue(typed);
  const setting = settings.find((each) => flag === each.flag || flag === each.alias);
  const { kind, choices } = chosen.flags[flag] ?? setting ?? {};
  if (kind !== undefined && kind !== "boolean") {
    const named = { profile: profileCandidates, idp: idpCandidates }[setting?.flag ?? ""];
    const values = named === undefined ? valueCandidates(flag, choices ?? [], setting) : await named(context);
    return values.map((value) => ({ ...value, word: `${before}${value.word}` }));
  }
  if ((typed.at(-1) ?? "").startsWith("-")) {
    const flags = [...ownFlagsOf(chosen), ...settingFlagsOf(chosen, context.settings)];
    const offered = flags.map(({ name, facts }) => ({ word: `--${name}`, description: facts.description }));
    return [...offered, { word: "--help", description: "what it does, and its flags" }];
  }
  return chosen.argument === "profile" || chosen.argument === "command"
    ? profileCandidates(context)
    : typed.length === 2
      ? firstWordCandidates(chosen, context)
      : chosen === pluginsCommand
        ? pluginProgramCandidates(context)
        : [];
}

function valueCandidates(
  flag: string,
  choices: readonly string[],
  setting: SettingDefinition | undefined,
): readonly Candidate[] {
  return choices.map((word) => ({
    word,
    description: flag === "shell" ? aboutShell(word) : setting?.meanings?.[word],
  }));
}

/** Whose programs they are, where the name of the shell does not say it. */
function aboutShell(word: string): string | undefined {
  const name = shellNamed(word);
  return name === undefined ? undefined : `for ${shells[name].programs.join(", ")}`;
}

/** What can stand behind the command's name. */
async function firstWordCandidates(
  { name, argument, firstWords = [] }: Command,
  { commands, terminal }: CommandContext,
): Promise<readonly Candidate[]> {
  if (argument === "shell") {
    return firstWords.map((word) => ({ word, description: aboutShell(word) }));
  }
  const about = await aboutFirstWords(name);
  const others = name === helpCommand.name ? commands.filter(({ hidden }) => hidden !== true) : [];
  return [
    ...firstWords.map((word) => ({ word, description: about.get(word) })),
    ...others.map((each) => ({ word: each.name, description: summaryOf(each, terminal.programName) })),
  ];
}

async function aboutFirstWords(name: string): Promise<ReadonlyMap<string, string>> {
  switch (name) {
    case helpCommand.name:
      return new Map(Object.entries(aboutPages));
    case pluginsCommand.name:
      return new Map(Object.entries(aboutPluginWords));
    case "setup": {
      const { setupTargets } = await import("@tegata/setup");
      return new Map(setupTargets.map(({ id, summary }) => [id, summary]));
    }
    default:
      return new Map();
  }
}

function wordsAlone(list: readonly string[]): readonly Candidate[] {
  return list.map((word) => ({ word }));
}

/** No program is run for it. */
async function pluginProgramCandidates({ programs }: CommandContext): Promise<readonly Candidate[]> {
  return wordsAlone([...new Set((await (await programs()).list()).map(({ id }) => id))]);
}

/**
 * The flag whose value is being typed, without its dashes, and what stands before the value in the same word; an empty
 * flag where it is none. `--idp acme`, `--idp=acme`, and the three words that bash makes of the latter.
 */
function flagOfValue(typed: readonly string[]): { readonly flag: string; readonly before: string } {
  const [, before = "", inline] = /^(--([^=]+)=)/.exec(typed.at(-1) ?? "") ?? [];
  if (inline !== undefined) {
    return { flag: inline, before };
  }
  const [beforeThat, previous] = typed.at(-1) === "=" ? [undefined, typed.at(-2)] : typed.slice(-3, -1);
  const [, flag = ""] = /^--?(.+)/.exec((previous === "=" ? beforeThat : (previous ?? beforeThat)) ?? "") ?? [];
  return { flag, before: "" };
}

/** Each with its role and account, as far as the file says them. */
async function profileCandidates({ settingsFile }: CommandContext): Promise<readonly Candidate[]> {
  const { profiles } = await settingsFile();
  return [...profiles].map(([name, section]) => {
    const role = v.safeParse(roleArnSchema, section.get("role_arn"));
    return {
      word: name,
      description: role.success
        ? [role.output.roleName, ...(role.output.accountId === undefined ? [] : ["in", role.output.accountId])].join(
            " ",
          )
        : undefined,
    };
  });
}

async function idpCandidates({ settingsFile, plugins }: CommandContext): Promise<readonly Candidate[]> {
  const { idps } = await settingsFile();
  const sections = [...idps].map(([word, { type }]) => ({ word, description: type }));
  const others = plugins.idps.filter(({ id }) => !idps.has(id));
  return [...sections, ...others.map(({ id, summary }) => ({ word: id, description: summary }))];
}
