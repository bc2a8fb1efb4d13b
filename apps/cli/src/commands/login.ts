import {
  type AwsCredentials,
  command,
  flag,
  hint,
  isTegataError,
  printable,
  type RoleArn,
  type SignInPrompt,
  TegataError,
  toIsoSeconds,
  toSafeJson,
  words,
} from "@tegata/core";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";
import { choosing } from "./support/choosing.ts";
import { firstUse, sayNext } from "./support/next-step.ts";
import { asking } from "./support/prompting.ts";
import { errorObject } from "../report-error.ts";
import { forFlag, membersOf, secondsFor, stillLine } from "./support/still-signed-in.ts";
import { until } from "../terminal/until.ts";

/** A prompt as `--json` has it: the event is one that the specification has a name for. */
function eventOf(prompt: SignInPrompt): { readonly event: string; readonly members: object } {
  switch (prompt.kind) {
    case "device": {
      const { verificationUri, verificationUriComplete, userCode } = prompt;
      return { event: "device_authorization", members: { verificationUri, verificationUriComplete, userCode } };
    }
    case "browser": {
      const { authorizationUri, redirectUri } = prompt;
      return { event: "authorization_request", members: { authorizationUri, redirectUri } };
    }
  }
}

/** Signs a person in, no matter what is cached, and gets credentials where a role is named. */
export const loginCommand: Command = {
  name: "login",
  summary: "sign in with your browser, and get credentials",
  group: "person",
  argument: "profile",
  mayAskPerson: true,
  flags: {
    json: { ...jsonFlag, description: "write one JSON event a line to stdout, for programs" },
    "if-needed": {
      kind: "boolean",
      choices: undefined,
      defaultText: undefined,
      description: "do nothing if the next command will ask nobody anyway",
    },
    for: forFlag,
  },
  mainSettings: ["profile", "flow", "account", "browser"],
  examples: [
    { line: "login dev", what: "sign in, and get credentials for the profile dev" },
    { line: "login --if-needed --for 8h", what: "only if less than that is left" },
  ],
  contradictions: [
    { part: "--if-needed", excludes: ["--fresh"], hint: hint`leave ${flag("if-needed")} out: a login gets all of it` },
    { excludes: ["--prompt=never"], hint: hint`leave ${flag("prompt")} out: a login always asks a person` },
  ],
  async run(given) {
    const context = await choosing(given, ["profile"]);
    const { system, terminal, flags } = context;
    const asJson = flags["json"] === true;
    let writing: Promise<void> = Promise.resolve();
    const emit = (event: string, members: Readonly<Record<string, unknown>>) => {
      // In order: a prompt is written while nothing waits for it.
      writing = writing.then(() => system.writeStdout(`${toSafeJson({ event, ...members })}\n`));
      return writing;
    };
    try {
      if (flags["if-needed"] === true) {
        const still = await context.stillSignedIn(secondsFor(flags));
        // Without credentials, a login of a machine proves its set-up, and asks nobody.
        if (still !== undefined && still.by !== "workload") {
          await (asJson
            ? emit("still_signed_in", membersOf(still))
            : terminal.say(stillLine(still, system.clock.now())));
          return;
        }
      } else if (flags["for"] !== undefined) {
        throw new TegataError("usage_invalid", words`${flag("for")} says nothing without ${flag("if-needed")}`, {
          hint: hint`add ${flag("if-needed")}`,
        });
      }
      const { profile, issuer, subject, email, account, role, credentials } = await context.signIn(
        asking("always", context, (shown) => {
          if (asJson) {
            const { event, members } = eventOf(shown);
            emit(event, { ...members, expiresAt: toIsoSeconds(shown.expiresAt) }).catch(() => undefined);
          }
        }),
      );
      if (asJson) {
        const { arn: roleArn } = role ?? {};
        await emit("signed_in", { issuer, subject, account, profile, roleArn, expiresAt: credentials?.expiration });
        return;
      }
      const who = `signed in as ${printable(email ?? subject, 100)}`;
      if (credentials !== undefined && role !== undefined) {
        terminal.say(`${who}; ${credentialsLine(role, credentials, system.clock.now())}`);
        sayWhatComesNext(profile, given, context);
        return;
      }
      const withRole = await choosing(context, ["role"]);
      if (withRole === context) {
        terminal.say(`${who}; no role is named, so there are no AWS credentials yet`);
        sayNext([command("roles")], context);
        return;
      }
      terminal.say(who);
      const obtained = await withRole.credentials();
      terminal.say(credentialsLine(obtained.role, obtained.credentials, system.clock.now()));
    } catch (error) {
      if (asJson && isTegataError(error)) {
        await emit("error", errorObject(await context.explain(error), terminal.vocabulary)).catch(() => undefined);
      }
      throw error;
    }
  },
};

/** The profile is named where it was for this run, or where a person has chosen it. */
function sayWhatComesNext(profile: string | undefined, given: CommandContext, context: CommandContext): void {
  const isNamed = context !== given || given.words.length > 0 || given.flags["profile"] !== undefined;
  const next = profile === undefined ? undefined : firstUse(isNamed ? profile : undefined, given);
  if (next !== undefined) {
    sayNext(next, context);
  }
}

function credentialsLine(
  { roleName }: RoleArn,
  { accountId, expiration }: Pick<AwsCredentials, "accountId" | "expiration">,
  now: number,
): string {
  const ofAws = accountId === undefined ? "" : ` in ${accountId}`;
  return `credentials for ${printable(roleName, 100)}${ofAws} ${until(Date.parse(expiration), now)}`;
}
