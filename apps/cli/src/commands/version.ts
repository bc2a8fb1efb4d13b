import type { Command } from "../command.ts";
import { writeSections } from "../terminal/write-pages.ts";

/** The version, and with `--verbose` what it runs on: what a report of a bug has to say. */
export const versionCommand: Command = {
  name: "version",
  summary: "print the version",
  group: "help",
  argument: "none",
  flags: {},
  mainSettings: ["verbose"],
  examples: [
    { line: "version", what: "the version alone" },
    { line: "version --verbose", what: "what to tell with a bug report" },
  ],
  async run(context) {
    const { system, version, terminal, commandLine } = context;
    if (!commandLine.verbose) {
      await system.writeStdout(`${version}\n`);
      return;
    }
    const { runtime, platform } = system;
    const rows = [
      { label: "  runtime", words: runtime.name },
      { label: "  platform", words: `${platform} ${runtime.architecture}` },
    ];
    await writeSections([{ heading: `${terminal.programName} ${version}`, rows }], context);
  },
};
