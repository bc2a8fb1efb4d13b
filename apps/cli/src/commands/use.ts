import { command as commandPart, type Format, shellOfExecutable, TegataError, words } from "@tegata/core";
import type { Command, CommandContext, FlagDefinition } from "../command.ts";
import { hookLoader, hookShells } from "../shell/hook-scripts.ts";
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
      return command.run({ ...context, flags: { ...context.flags, unset: context.flags["off"] === true } });
    },
  };
}

async function hookIsMissing({ system, entry, terminal }: CommandContext): Promise<TegataError> {
  // Where no shell is the parent itself, the one that a person logs in with has the start-up file.
  const shells = [entry?.shell, system.env["SHELL"]].map((program) => shellOfExecutable(program ?? ""));
  const candidates = [...shells, await system.machine.callingShell()];
  const shell = candidates.find((name) => name !== undefined && hookShells.includes(name)) ?? "bash";
  return new TegataError(
    "usage_invalid",
    words`${commandPart("use")} needs a function in the shell, which is not loaded here`,
    {
      hint: `load it, best in the start-up file of ${shell}: ${hookLoader(shell, terminal.programName)}`,
    },
  );
}
