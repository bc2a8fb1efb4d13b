import { TegataError } from "@tegata/core";
import { coreSettings, type CommandLine, readTyped } from "@tegata/engine/settings";
import type { CommandLineSettings } from "../command.ts";

/** @throws TegataError `usage_invalid` */
export function resolveCommandLine(commandLine: CommandLine): CommandLineSettings {
  const config = readTyped("config", coreSettings.config.schema, commandLine);
  const quiet = readTyped("quiet", coreSettings.quiet.schema, commandLine);
  const verbose = readTyped("verbose", coreSettings.verbose.schema, commandLine);
  if (quiet?.value === true && verbose?.value === true && quiet.origin.kind === verbose.origin.kind) {
    throw new TegataError("usage_invalid", "quiet and verbose contradict each other", { hint: "choose one" });
  }
  // A flag outdoes the variable of its opposite.
  const isQuiet = quiet?.value === true && !(verbose?.value === true && verbose.origin.kind === "flag");
  return {
    config: config?.origin.kind === "flag" ? config.value : undefined,
    fresh: readTyped("fresh", coreSettings.fresh.schema, commandLine)?.value ?? false,
    quiet: isQuiet,
    verbose: verbose?.value === true && !isQuiet,
    errorFormat: readTyped("error_format", coreSettings.error_format.schema, commandLine)?.value ?? "text",
  };
}
