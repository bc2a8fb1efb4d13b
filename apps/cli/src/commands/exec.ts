import {
  awsEnvironment,
  awsOtherSourceVariables,
  awsRivalVariables,
  awsVariables,
  command as commandPart,
  flag as flagPart,
  hint,
  or,
  printable,
  regionVariables,
  shownPath,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import type { CredentialsOfRun } from "@tegata/engine";
import { codeLoadingVariables } from "@tegata/engine/system";
import type { Command, CommandContext, FlagDefinition } from "../command.ts";
import { choosing } from "./support/choosing.ts";
import { sayWhichCredentials, wantedBy } from "./support/credentials-of-command.ts";
import { defaultProfileSource, refuseDefaultProfile } from "../exec/aws-default-profile.ts";
import type { EndpointVariables } from "../serve/credentials-endpoint.ts";
import { startEndpointProcess } from "../exec/endpoint-process.ts";
import { findExecutable, fileKind } from "../exec/find-executable.ts";
import { type EnvironmentChanges, inheritedDescriptors, inheritedWords } from "../exec/inherited.ts";
import { withoutProxy } from "../exec/no-proxy.ts";
import { serveRole } from "../serve/serve-role.ts";
import { startCommand } from "../exec/start-command.ts";

/** Set for the command, by the profile's name or else the role: scripts and prompts can show it. */
const markVariable = "TEGATA_EXEC";

const flag = (description: string): FlagDefinition => ({
  kind: "boolean",
  choices: undefined,
  defaultText: undefined,
  description,
});

/** Runs a command with AWS credentials, in this process's place where that can be. */
export const execCommand: Command = {
  name: "exec",
  summary: "run a command with AWS credentials",
  group: "person",
  argument: "command",
  mayAskPerson: true,
  flags: {
    refresh: flag("give the command an endpoint that renews its credentials for as long as it runs"),
    nested: flag("run inside another exec"),
    "all-variables": flag("pass on LD_PRELOAD, BUN_OPTIONS and others that load code into the command"),
  },
  examples: [
    { line: "exec dev -- aws s3 ls", what: "with credentials of the profile dev" },
    { line: "exec --refresh -- ./long-job", what: "for as long as it runs" },
  ],
  contradictions: [
    {
      part: "--refresh",
      excludes: ["--token-store=none"],
      hint: hint`leave ${flagPart("token-store")} out: credentials are renewed by the stored sign-in`,
    },
  ],
  async run(given) {
    const { system, childCommand, flags, terminal } = given;
    // Before anything else is opened.
    const descriptors = inheritedDescriptors();
    refuseNested(given);
    // Nobody should sign in for a command that is not there.
    const argv = inheritedWords(childCommand);
    const file = findExecutable(argv[0] ?? Buffer.alloc(0), { ...system, look: fileKind });
    const program = { file, argv, descriptors };
    const refresh = flags["refresh"] === true;
    if (refresh) {
      refuseDefaultProfile(system);
    } else if (given.commandLine.verbose) {
      sayWhatOldClientsPrefer(given);
    }
    const context = await choosing(given);
    const obtained = await context.credentials(wantedBy("terminal", context));
    sayWhichCredentials(obtained, context);
    const common = { ...withoutForeignCode(context), ...mark(obtained) };
    const replace = await system.replaceProcess?.();
    if (!refresh) {
      return startCommand(program, withKeys(obtained, common), replace, system);
    }
    const beside = replace && (await startEndpointProcess(obtained, context));
    if (beside !== undefined) {
      return startCommand(program, withEndpoint(obtained, beside, common, system), replace, system);
    }
    const endpoint = await serveRole(obtained, context, terminal);
    try {
      return await startCommand(program, withEndpoint(obtained, endpoint.variables, common, system), undefined, system);
    } finally {
      endpoint.close();
    }
  },
};

/** Version 3 of the SDK for .NET looks at these before it looks at keys in variables. */
function sayWhatOldClientsPrefer({ system, terminal }: CommandContext): void {
  const source = defaultProfileSource(system);
  const rivals = [
    ...(source === undefined ? [] : [`the default profile in ${shownPath(source.path)} (${source.key})`]),
    ...((system.env["AWS_WEB_IDENTITY_TOKEN_FILE"] ?? "") === "" ? [] : ["AWS_WEB_IDENTITY_TOKEN_FILE"]),
  ];
  for (const rival of rivals) {
    terminal.log(words`programs with the AWS SDK for .NET 3 prefer ${rival} to the keys of ${commandPart("exec")}`);
  }
}

function refuseNested({ flags, system }: CommandContext): void {
  const outer = system.env[markVariable] ?? "";
  if (outer !== "" && flags["nested"] !== true) {
    throw new TegataError(
      "usage_invalid",
      words`this is inside ${commandPart("exec")} of ${shownValue(outer, 80)} already`,
      {
        hint: [hint`leave it first`, or`add ${flagPart("nested")}`],
      },
    );
  }
}

function withKeys({ credentials, chosenRegion }: CredentialsOfRun, common: EnvironmentChanges): EnvironmentChanges {
  return {
    ...unset(awsRivalVariables),
    ...awsEnvironment(credentials, chosenRegion),
    ...common,
  };
}

function withEndpoint(
  { chosenRegion }: CredentialsOfRun,
  variables: EndpointVariables,
  common: EnvironmentChanges,
  system: CommandContext["system"],
): EnvironmentChanges {
  const isRegion: ReadonlySet<string> = new Set(regionVariables);
  return {
    ...withoutProxy(system),
    ...unset([...awsVariables, ...awsRivalVariables, ...awsOtherSourceVariables].filter((name) => !isRegion.has(name))),
    ...(chosenRegion === undefined ? {} : { AWS_REGION: chosenRegion, AWS_DEFAULT_REGION: chosenRegion }),
    ...variables,
    ...common,
  };
}

/**
 * A command with keys is the program that it is named after. Of a library that does not come along, a person is told: it may
 * have been there to protect them. What a program does by itself at another's word (`NODE_OPTIONS`) is left alone.
 */
function withoutForeignCode({ flags, system, notify: { warn }, terminal }: CommandContext): EnvironmentChanges {
  if (flags["all-variables"] === true) {
    return {};
  }
  const { ofBun, ofLoader } = codeLoadingVariables(system.env);
  for (const name of ofLoader.filter((each) => system.env[each] !== "")) {
    warn(
      words`${name} is not passed on, as it loads other code into a command that has keys; ${flagPart("all-variables")} passes it on, and behind -- so does env ${name}=…`,
    );
  }
  for (const name of ofBun) {
    terminal.log(`${name} is not passed on`);
  }
  return unset([...ofBun, ...ofLoader]);
}

/** Which profile this is: for a tegata that the command runs, for scripts and for prompts. */
function mark({ profile, role, choice, memory }: CredentialsOfRun): EnvironmentChanges {
  const canBeTold = Object.values(choice).every((value) => value?.includes("\0") !== true);
  return {
    [markVariable]: printable(profile ?? role.arn, 200),
    ...memory,
    ...(canBeTold ? choice : unset(Object.keys(choice))),
  };
}

function unset(names: readonly string[]): EnvironmentChanges {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
