import type { Format } from "@tegata/core";
import type { Command } from "../command.ts";
import { awsConfigCommand } from "./aws-config.ts";
import { completeCommand, completionCommand } from "./completion.ts";
import { consoleCommand } from "./console.ts";
import { doctorCommand } from "./doctor/doctor.ts";
import { execCommand } from "./exec.ts";
import { formatCommand } from "./format.ts";
import { helpCommand } from "./help.ts";
import { hookCommand } from "./hook.ts";
import { initCommand } from "./init/init.ts";
import { loginCommand } from "./login.ts";
import { logoutCommand } from "./logout.ts";
import { pluginsCommand } from "./plugins.ts";
import { profilesCommand } from "./profiles.ts";
import { rolesCommand } from "./roles.ts";
import { setupCommand } from "./setup.ts";
import { settingsCommand } from "./settings.ts";
import { statusCommand } from "./status.ts";
import { useCommand } from "./use.ts";
import { versionCommand } from "./version.ts";
import { whoamiCommand } from "./whoami.ts";
import { endpointCommand } from "../exec/endpoint-process.ts";

/** Every command of a program with these formats, in the order of `--help`. */
export function commandsOf(formats: readonly Format[]): readonly Command[] {
  const consoleUrl = formats.find(({ backs }) => backs === "console");
  const statements = formats.find(({ backs }) => backs === "use");
  return [
    initCommand,
    loginCommand,
    execCommand,
    ...(statements === undefined ? [] : [useCommand(statements)]),
    ...(consoleUrl === undefined ? [] : [consoleCommand(consoleUrl)]),
    statusCommand,
    whoamiCommand,
    doctorCommand,
    rolesCommand,
    logoutCommand,
    ...formats.map(formatCommand),
    profilesCommand,
    setupCommand,
    awsConfigCommand,
    settingsCommand,
    pluginsCommand,
    ...(statements === undefined ? [] : [hookCommand]),
    completionCommand,
    helpCommand,
    versionCommand,
    completeCommand,
    endpointCommand,
  ];
}
