import { withoutSecrets } from "@tegata/aws-config-files";
import { command, isTegataError, shownPath, words } from "@tegata/core";
import { shownError } from "@tegata/engine";
import type { CommandContext } from "../../command.ts";
import { startedProgram } from "../support/started-program.ts";
import type { Asker } from "./asker.ts";

const wanted = { kind: "written", force: false } as const;

/**
 * Writes the profiles into the config file of the AWS CLI, once a person has seen the difference. The settings are written by then: what goes
 * wrong here is said, and is no reason to fail.
 *
 * @param settings a run that reads the settings as they are now
 * @returns whether AWS clients find the profile by its name
 */
export async function writeAwsConfig(profile: string, asker: Asker, settings: CommandContext): Promise<boolean> {
  const { terminal, flags, system } = settings;
  if (flags["aws-config"] === false || (flags["aws-config"] === undefined && !asker.isOnTerminal)) {
    return false;
  }
  const program = startedProgram(terminal.programName, system);
  try {
    const planned = await settings.planAwsConfig(wanted, program);
    planned.warnings.forEach(terminal.warn);
    const shown = shownPath(planned.path);
    if (planned.after !== (planned.before ?? "")) {
      if (asker.questions !== undefined) {
        const { differenceOf, shownDifference } = await import("../../terminal/difference.ts");
        const before = {
          name: planned.before === undefined ? "/dev/null" : planned.path,
          text: withoutSecrets(planned.before ?? ""),
        };
        const after = { name: planned.path, text: withoutSecrets(planned.after) };
        terminal.block(shownDifference(await differenceOf(before, after), terminal.paint));
      }
      if (!(await asker.confirm("Write it, so that aws finds the profile?"))) {
        terminal.say(words`later: ${command("aws-config", "--write")}`);
        return false;
      }
      await settings.changeAwsConfig(wanted, program, planned);
      terminal.say(`${shown} has the profile now`);
    }
    return planned.profiles.includes(profile);
  } catch (error) {
    if (!isTegataError(error) || error.code === "interrupted") {
      throw error;
    }
    const { message, hint } = shownError(error, terminal.vocabulary);
    terminal.warn(message);
    terminal.say(hint === undefined ? words`later: ${command("aws-config", "--write")}` : `hint: ${hint}`);
    return false;
  }
}
