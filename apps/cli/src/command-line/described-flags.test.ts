import { failure } from "@tegata/testkit";
import { settingDefinitions } from "@tegata/engine/settings";
import { shownError } from "@tegata/engine";
import { describe, expect, it } from "vitest";
import { commandsOf } from "../commands/commands.ts";
import { defaultPlugins } from "../program/run.ts";
import { vocabularyOf } from "../terminal/vocabulary.ts";
import { parseCommandLine } from "./command-line.ts";
import { settingFlagsOf } from "./described-flags.ts";

const grammar = {
  commands: commandsOf(defaultPlugins.formats),
  settings: settingDefinitions(defaultPlugins.idps),
  version: "0.0.0",
  programName: "tegata",
};
const vocabulary = vocabularyOf({ programName: "tegata", args: [], env: {} });
const flagsOf = (name: string) =>
  grammar.commands
    .filter((command) => command.name === name)
    .flatMap((command) => settingFlagsOf(command, grammar.settings).map((flag) => flag.name));

describe("the settings that are flags of a command", () => {
  it("are all of them where credentials are got, but those that hold a secret", () => {
    const all = [...grammar.settings.values()].map(({ flag }) => flag);
    for (const name of ["login", "exec", "use", "console", "env", "credential-process", "github-env"]) {
      expect(flagsOf(name)).toEqual(all.filter((flag) => flag !== "client-secret"));
    }
  });

  it("are for status those that say which credentials are stored, and where", () => {
    const flags = flagsOf("status");
    expect(flags).toEqual(expect.arrayContaining(["profile", "role-arn", "issuer", "token-store", "spire-agent-path"]));
    expect(flags.filter((flag) => ["fresh", "prompt", "browser", "hint", "idp-prompt"].includes(flag))).toEqual([]);
  });

  it("are for logout those of a sign-in of a person", () => {
    const flags = flagsOf("logout");
    expect(flags).toEqual(expect.arrayContaining(["profile", "idp", "account", "issuer", "client-id", "token-store"]));
    const others = new Set(["role-arn", "duration", "region", "spire-agent-path", "token-file", "fresh", "prompt"]);
    expect(flags.filter((flag) => others.has(flag))).toEqual([]);
  });

  it.each(["hook", "completion", "plugins", "version", "help"])("are for %s those of every run", (name) => {
    expect(flagsOf(name)).toEqual(["config", "quiet", "verbose", "error-format"]);
  });
});

describe("a setting that means nothing to a command", () => {
  it.each([
    [
      "logout dev --spire-agent-path /opt/agent",
      "tegata logout has no use for --spire-agent-path",
      "tegata logout dev",
    ],
    ["logout --all --duration=1h", "tegata logout has no use for --duration", "tegata logout --all"],
    ["status --fresh dev", "tegata status has no use for --fresh", "tegata status dev"],
    ["status --no-browser", "tegata status has no use for --browser", "tegata status"],
    ["profiles --role-arn x --region y", "tegata profiles has no use for --role-arn", "tegata profiles"],
    ["hook -p dev bash", "tegata hook has no use for --profile", "tegata hook bash"],
    ["--idp acme plugins --json", "tegata plugins has no use for --idp", "tegata plugins --json"],
  ])("is refused as a flag: %s", async (line, message, hint) => {
    const error = await failure(parseCommandLine(line.split(" "), grammar), "usage_invalid");
    expect(shownError(error, vocabulary)).toMatchObject({ message, hint });
  });

  it("is not suggested for a flag that is misspelt", async () => {
    const error = await failure(parseCommandLine(["hook", "bash", "--regoin", "x"], grammar), "usage_invalid");
    expect(shownError(error, vocabulary)).toMatchObject({
      message: "tegata hook has no flag --regoin",
      hint: "tegata hook --help",
    });
  });
});
