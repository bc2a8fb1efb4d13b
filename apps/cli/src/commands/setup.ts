import { flag as flagPart, hint } from "@tegata/core";
import type { Command, Contradiction } from "../command.ts";
import { setupFlags, setupTargetNames } from "./setup/setup-flags.ts";

const contradictions: readonly Contradiction[] = [
  {
    part: "--ci",
    excludes: ["--person", "--group", "--everyone", "--client-id", "--client-name"],
    hint: hint`print two roles: one with ${flagPart("ci")}, one without`,
  },
  {
    excludes: ["--account"],
    hint: hint`an account of AWS is ${flagPart("aws-account", "123456789012")}, a person ${flagPart("person", "ann@example.com")}`,
  },
];

/** Prints what sets up IAM, or an identity provider. Applies nothing. */
export const setupCommand: Command = {
  name: "setup",
  summary: "print what sets up IAM, or a client at the provider",
  group: "setup",
  argument: "words",
  form: "[TARGET] [flags]",
  firstWords: setupTargetNames,
  flags: setupFlags,
  settings: "credentials",
  mainSettings: [],
  examples: [
    { line: "setup", what: "lists the targets" },
    { line: "setup terraform --person ann@example.com", what: "one person" },
  ],
  contradictions,
  async run(context) {
    const { printSetup } = await import("./setup/print-setup.ts");
    await printSetup(context);
  },
};
