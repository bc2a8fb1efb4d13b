import { command as commandPart, type Format, shellOfExecutable, shells, TegataError, words } from "@tegata/core";
import type { Command, CommandContext, FlagDefinition } from "../command.ts";
import { hookLoader, hookShells, powershellCommand } from "../shell/hook-scripts.ts";
import { whoAmI } from "../command-line/missing-dashes.ts";
import { sayNext } from "./support/next-step.ts";
import { formatCommand, unsetContradiction } from "./format.ts";

const offFlag: FlagDefinition = {
  kind: "boolean",
  choices: undefined,
  defaultText: undefined,
  description: "remove the variables; this needs no sign-in",
};

/**
 * `tegata use`, as the function of `tegata hook` calls it: prints what the format `env` prints, for the shell that the
 * function names. No program can set the variables of the shell that started it, so without the function it is an error.
 */
export function useCommand(env: Format): Command {
  const { summary: _, flags: envFlags, ...command } = formatCommand(env);
  const { unset: _unset, ...flags } = envFlags;
  return {
    ...command,
    name: "use",
    summary: words`set AWS credentials in this shell; needs ${commandPart("hook")}`,
    note: (programName) => {
      const name = powershellCommand(programName);
      return `In PowerShell, type ${name} dev and ${name} -Off instead; it takes the same flags.`;
    },
    group: "person",
    flags: { ...flags, off: offFlag },
    examples: [
      { line: "use dev", what: "this shell has the credentials of dev" },
      { line: "use --off", what: "and now no more" },
    ],
    contradictions: [unsetContradiction(env, "--off", "use")],
    async run(context) {
      if (context.flags["shell"] === undefined) {
        throw await hookIsMissing(context);
      }
      const isOff = context.flags["off"] === true;
      await command.run({ ...context, flags: { ...context.flags, unset: isOff } });
      if (!isOff) {
        sayNext(whoAmI.join(" "), context);
      }
    },
  };
}

async function hookIsMissing({ system, entry, terminal, words: typed, flags }: CommandContext): Promise<TegataError> {
  const nearest = shellOfExecutable(entry?.shell ?? "") ?? (await system.machine.callingShell());
  // Where no shell is found, the one that a person logs in with has the start-up file.
  const candidates = [nearest, shellOfExecutable(system.env["SHELL"] ?? "")];
  const shell = candidates.find((name) => name !== undefined && hookShells.includes(name)) ?? "bash";
  const load = `load it, best in the start-up file of ${shell}: ${hookLoader(shell, terminal.programName)}`;
  const missing = words`${commandPart("use")} needs a function in the shell, which is not loaded here`;
  if (shell !== "powershell") {
    return new TegataError("usage_invalid", missing, { hint: load });
  }
  const name = powershellCommand(terminal.programName);
  const { word } = shells.powershell.dialect;
  const profile = [typed[0] ?? flags["profile"]].filter((each) => typeof each === "string");
  const line = [name, ...(flags["off"] === true ? ["-Off"] : profile.map(word))];
  return new TegataError(
    "usage_invalid",
    words`${commandPart("use")} cannot set a PowerShell; the function ${name} can`,
    { hint: `${line.join(" ")} (where it is not known, ${load})` },
  );
}
