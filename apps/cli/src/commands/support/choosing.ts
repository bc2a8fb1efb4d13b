import { typedValue } from "@tegata/engine/settings";
import type { OpenChoice } from "@tegata/engine";
import type { CommandContext } from "../../command.ts";

/**
 * The run, once a person has chosen what it leaves open: one of several profiles, or a role. The same run where nothing is open or
 * nobody can be asked: then it says what is missing.
 *
 * @param kinds what may be asked for
 * @throws TegataError as questions and sign-in throw them
 */
export async function choosing(
  context: CommandContext,
  kinds: readonly OpenChoice["kind"][] = ["profile", "role"],
): Promise<CommandContext> {
  const { system, terminal, flags, commandLine } = context;
  const prompt = typedValue("prompt", { flags, env: system.env })?.value;
  const isForProgram = flags["json"] === true || commandLine.errorFormat === "json";
  if (system.openKeyboard === undefined || !terminal.isTerminal || isForProgram || prompt === "never") {
    return context;
  }
  const open = await context.openChoice();
  if (open === undefined || !kinds.includes(open.kind)) {
    return context;
  }
  const { choose } = await import("./choose.ts");
  const chosen = await choose(open, context);
  // A profile that was chosen may leave its role open.
  return chosen === undefined ? context : open.kind === "profile" ? choosing(chosen, kinds) : chosen;
}
