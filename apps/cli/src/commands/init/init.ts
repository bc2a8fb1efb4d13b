import { command, flag, hint, setting, TegataError, words } from "@tegata/core";
import type { Command, CommandContext, FlagDefinition } from "../../command.ts";
import { typedSettings } from "./typed-settings.ts";

const boolean = (description: string, defaultText?: string): FlagDefinition => ({
  kind: "boolean",
  choices: undefined,
  defaultText,
  description,
});

/** Of the flags below, those that are about a profile of the person's own. */
const ofProfile = ["replace", "aws-config", "sign-in", "plain"] as const;

/** First settings: by questions or flags, or those that a team publishes. */
export const initCommand: Command = {
  name: "init",
  summary: "write your first settings, or take those of your team",
  group: "person",
  argument: "words",
  form: "[URL#sha256=HASH] [flags]",
  settings: "credentials",
  mainSettings: ["domain", "issuer", "client_id", "role_arn"],
  examples: [
    { line: "init", what: "asks, signs you in, and writes what works" },
    { line: "init https://acme.com/tegata.toml", what: "your team's: shows whom it trusts, and asks" },
  ],
  mayAskPerson: true,
  flags: {
    print: boolean("print the lines to stdout, and write nothing"),
    yes: boolean("ask nothing: take what Enter alone would answer; of a team, only by its hash"),
    replace: boolean("put the profile in the place of one of the same name"),
    "aws-config": boolean("add the profile to ~/.aws/config as well", "ask"),
    "sign-in": boolean("sign in and get credentials before anything is written", "on a terminal"),
    plain: boolean("ask in plain lines, with a number for each answer"),
    update: boolean("fetch the team's settings again, show what is new, and ask"),
  },
  contradictions: [
    {
      part: "--print",
      excludes: ["--yes", "--replace", "--aws-config"],
      hint: "leave one out: what is printed is written nowhere",
    },
    { part: "--yes", excludes: ["--plain"], hint: "leave one out: nothing is asked" },
    {
      part: "--update",
      excludes: ofProfile.map((name) => `--${name}`),
      hint: "leave one out: a team has its own profiles",
    },
  ],
  async run(context) {
    const [link] = context.words;
    if (link === undefined && context.flags["update"] !== true) {
      const { initProfile } = await import("./init-profile.ts");
      await initProfile(context);
      return;
    }
    refuseOfProfile(context);
    const { initTeam } = await import("./team.ts");
    await initTeam(context);
  },
};

/** A team's file has its profiles itself. */
function refuseOfProfile({ flags, plugins }: CommandContext): void {
  const own = ofProfile.find((name) => flags[name] !== undefined);
  const [typed] = typedSettings(flags, plugins.idps);
  const named = typed?.[0] ?? ["profile", "idp"].find((key) => flags[key] !== undefined);
  if (own === undefined && named === undefined) {
    return;
  }
  throw new TegataError(
    "usage_invalid",
    words`${own === undefined ? setting(named ?? "") : flag(own)} says nothing about a team's settings`,
    { hint: hint`leave it out; for a profile of your own: ${command("init")}` },
  );
}
