import { command, flag, hint, toSafeJson } from "@tegata/core";
import type { ForgottenSignIn } from "@tegata/engine";
import { listOf } from "@tegata/engine/settings";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";

/** Forgets a sign-in and every credential that came of it; revokes the refresh token at the IdP. */
export const logoutCommand: Command = {
  name: "logout",
  summary: "delete a sign-in and its credentials, and revoke it",
  group: "person",
  argument: "profile",
  flags: {
    all: { kind: "boolean", choices: undefined, defaultText: undefined, description: "forget everything of everyone" },
    json: { ...jsonFlag, description: "write what became of each sign-in as one line of JSON, for programs" },
  },
  settings: "sign-in",
  examples: [
    { line: "logout dev", what: "the sign-in of one profile, and its credentials" },
    { line: "logout --all", what: "everything of everyone on this machine" },
  ],
  contradictions: [
    {
      part: "--all",
      excludes: ["PROFILE", "CREDENTIALS"],
      hint: [
        hint`${command("logout", "--all")} forgets everything of everyone`,
        hint`for one sign-in, leave ${flag("all")} out`,
      ],
    },
  ],
  run: (context) => (context.flags["all"] === true ? logOutOfAll(context) : logOutOfOne(context)),
};

async function logOutOfOne(context: CommandContext): Promise<void> {
  const { terminal } = context;
  const signIn = await context.forget();
  const { idp, outcome, sharedWith, problem } = signIn;
  await writeLine(signIn, context);
  warnOf(signIn, context);
  if (problem === undefined) {
    terminal.say(wordsOf(signIn, idp));
  }
  if (sharedWith.length > 0 && outcome !== "nothing") {
    terminal.say(`${listOf(sharedWith)} used this sign-in too`);
  }
  if (problem !== undefined) {
    throw problem;
  }
}

/** Says of each sign-in what became of it, and ends with the first problem. */
async function logOutOfAll(context: CommandContext): Promise<void> {
  const { terminal } = context;
  const { count, problems } = await context.forgetAll(async (signIn) => {
    await writeLine(signIn, context);
    warnOf(signIn, context);
  });
  const [problem, ...others] = problems;
  if (count === 0 && problem === undefined) {
    await writeLine({ outcome: "nothing" }, context);
  }
  for (const { message } of others) {
    terminal.warn(message);
  }
  if (problem !== undefined) {
    throw problem;
  }
  terminal.say(count === 0 ? "there was nothing to forget" : "everything is forgotten");
}

/** `profile` is the one that was named, or the first of the file; a sign-in of no profile has none. */
async function writeLine(
  {
    outcome,
    why,
    oauthError,
    profile: named,
    sharedWith: shared = [],
  }: Pick<ForgottenSignIn, "outcome"> & Partial<ForgottenSignIn>,
  { flags, system }: CommandContext,
): Promise<void> {
  if (flags["json"] === true) {
    const [profile, ...others] = [...(named === undefined ? [] : [named]), ...shared];
    const sharedWith = others.length === 0 ? undefined : others;
    await system.writeStdout(`${toSafeJson({ profile, sharedWith, outcome, why, error: oauthError })}\n`);
  }
}

function warnOf({ outcome, why, hadRefreshToken }: ForgottenSignIn, { terminal }: CommandContext): void {
  if (outcome === "not_revoked" && hadRefreshToken) {
    terminal.warn(`the refresh token is forgotten here but may still live at the provider: ${why}`);
  }
}

function wordsOf({ outcome, hadRefreshToken, hadCredentials }: ForgottenSignIn, name: string): string {
  if (outcome === "nothing") {
    return hadCredentials
      ? `no sign-in at ${name} was stored; its credentials are forgotten`
      : `there was no sign-in at ${name} to forget`;
  }
  return hadRefreshToken ? `signed out of ${name}` : `signed out of ${name}; there was no refresh token to revoke`;
}
