import { meantSetting, hint, isTegataError, TegataError } from "@tegata/core";
import { settingDefinitions } from "@tegata/engine/settings";
import { describe, expect, it } from "vitest";
import { commandsOf } from "../commands/commands.ts";
import { defaultPlugins } from "../program/run.ts";
import { lineForSetting } from "./command-line.ts";
import { withMeantLine } from "./meant-line.ts";

const commands = commandsOf(defaultPlugins.formats);
const grammar = { commands, settings: settingDefinitions(defaultPlugins.idps), version: "0.0.0", programName: "acme" };

/** The hint of an error about a slip in this line. */
async function hintFor(args: readonly string[], key: string, meant: string, isTerminal: boolean) {
  const command = commands.find(({ name }) => name === args[0]);
  if (command === undefined) {
    throw new TypeError("no such command");
  }
  const slip = new TegataError("usage_invalid", "a slip", { hint: hint`${meantSetting(key, meant)}` });
  const lineFor = (name: string, value: string) =>
    lineForSetting(args, command, name, value, { ...grammar, isTerminal });
  const explained = await withMeantLine(slip, lineFor);
  return isTegataError(explained) ? explained.hint : undefined;
}

describe("the hint of a slip", () => {
  it.each([
    [["json", "dve", "--duration", "1h"], "profile", "dev", "acme json dev --duration 1h"],
    [["json", "--profile=dve"], "profile", "dev", "acme json --profile=dev"],
    [["env", "dev", "--region", "eu-centrl-1"], "region", "eu-central-1", "acme env dev --region eu-central-1"],
    [["env", "dev", "--region=eu-centrl-1"], "region", "eu-central-1", "acme env dev --region=eu-central-1"],
  ])("is the whole line with what was meant: %j", async (args, key, meant, line) => {
    expect(await hintFor(args, key, meant, false)).toBe(line);
  });

  it("repeats the command behind the dashes on the terminal that it was typed at", async () => {
    const args = ["exec", "dve", "--", "mysql", "-pa b"];
    expect(await hintFor(args, "profile", "dev", true)).toBe("acme exec dev -- mysql '-pa b'");
  });

  it("repeats it nowhere else: what stands there may be a secret, and a log keeps it", async () => {
    expect(await hintFor(["exec", "dve", "--", "mysql", "-psecret"], "profile", "dev", false)).toBe("profile dev");
  });

  it("leaves what the other command was given: a flag of the same name is not this program's", async () => {
    const args = ["exec", "dev", "--", "aws", "--region", "eu-centrl-1"];
    expect(await hintFor(args, "region", "eu-central-1", true)).toBe("region eu-central-1");
  });

  it("stays as it is where nothing of it was typed", async () => {
    expect(await hintFor(["json", "dev"], "region", "eu-central-1", true)).toBe("region eu-central-1");
  });
});
