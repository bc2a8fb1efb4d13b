import { TegataError } from "@tegata/core";
import type { Command, CommandContext } from "../command.ts";
import { completionScript, completionShells } from "../completion/scripts.ts";
import { settingDefinitions } from "../settings/setting-definitions.ts";

/** Prints what a shell's start-up file evaluates. */
export const completionCommand: Command = {
  name: "completion",
  summary: `completions for a shell: ${completionShells.join(", ")}`,
  argument: "shell",
  flags: {},
  async run({ words, outside }) {
    const [shell] = words;
    if (shell === undefined) {
      throw new TegataError("usage_invalid", "no shell is named", {
        hint: `name one of ${completionShells.join(", ")}: tegata completion bash`,
      });
    }
    const script = completionScript(shell);
    if (script === undefined) {
      throw new TegataError("usage_invalid", `there are no completions for the shell "${shell}"`, {
        hint: `choose one of ${completionShells.join(", ")}: tegata completion bash`,
      });
    }
    await outside.writeStdout(script);
  },
};

/** What the completion scripts call: `tegata __complete -- <words so far>`, the last one being typed. */
export const completeCommand: Command = {
  name: "__complete",
  summary: "the words that can stand next",
  argument: "words",
  flags: {},
  hidden: true,
  async run(context) {
    const candidates = await candidatesFor(context.words, context);
    await context.outside.writeStdout(candidates.map((word) => `${word}\n`).join(""));
  },
};

async function candidatesFor(words: readonly string[], context: CommandContext): Promise<readonly string[]> {
  const visible = context.commands.filter(({ hidden }) => hidden !== true);
  const command = visible.find(({ name }) => name === words[0]);
  if (words.length < 2 || command === undefined) {
    return [...visible.map(({ name }) => name), "--help", "--version"];
  }
  const settings = [...settingDefinitions(context.plugins.idps).values()];
  const factsOf = (flag: string) => command.flags[flag] ?? settings.find((setting) => setting.flag === flag);
  const previous = words.at(-2) ?? "";
  const flag = previous.startsWith("--") ? previous.slice(2) : undefined;
  const facts = flag === undefined ? undefined : factsOf(flag);
  if (facts !== undefined && facts.kind !== "boolean") {
    return flag === "profile" ? profileNames(context) : flag === "idp" ? idpNames(context) : (facts.choices ?? []);
  }
  if ((words.at(-1) ?? "").startsWith("-")) {
    return [...Object.keys(command.flags), ...settings.map((setting) => setting.flag), "help"].map(
      (name) => `--${name}`,
    );
  }
  return command.argument === "profile" ? profileNames(context) : command.argument === "shell" ? completionShells : [];
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
