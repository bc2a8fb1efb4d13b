import { flag as flagPart, hint } from "@tegata/core";
import type { Command, Contradiction } from "../command.ts";
import { setupFlags, setupTargetNames } from "./setup/setup-flags.ts";

const contradictions: readonly Contradiction[] = [
  {
    part: "--ci",
    excludes: ["--person", "--group", "--group-claim", "--group-tag", "--everyone", "--client-id", "--client-name"],
    hint: hint`print two roles: one with ${flagPart("ci")}, one without`,
  },
  { part: "--group-claim", excludes: ["--group-tag"], hint: "the groups are in one of them" },
  {
    excludes: ["--account"],
    hint: hint`an account of AWS is ${flagPart("aws-account", "123456789012")}, a person ${flagPart("person", "ann@example.com")}`,
  },
  { part: "--role-name", excludes: ["--role-arn"], hint: "name the role once" },
];

/** Prints what sets up IAM, or an identity provider. Applies nothing. */
export const setupCommand: Command = {
  name: "setup",
  summary: "print what sets up IAM, or a client at the identity provider; applies nothing",
  group: "setup",
  argument: "words",
  form: "[TARGET] [flags]",
  firstWords: setupTargetNames,
  flags: setupFlags,
  settings: "credentials",
  mainSettings: ["role_arn", "issuer", "client_id", "duration"],
  examples: [
    { line: "setup terraform --everyone", what: "IAM for the people of the profile's identity provider" },
    { line: "setup aws-cli --ci github --repository acme/site --ref main", what: "IAM for the jobs of a branch" },
  ],
  contradictions,
  async run(context) {
    const { printSetup } = await import("./setup/print-setup.ts");
    await printSetup(context);
  },
};
