import { flag, hint, isTegataError, printable, type SignInPrompt, toIsoSeconds, toSafeJson } from "@tegata/core";
import { jsonFlag, type Command } from "../command.ts";
import { asking } from "./support/prompting.ts";
import { errorObject } from "../report-error.ts";
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
  flags: { json: { ...jsonFlag, description: "write one JSON event a line to stdout, for programs" } },
  contradictions: [
    { excludes: ["--prompt=never"], hint: hint`leave ${flag("prompt")} out: a login always asks a person` },
  ],
  async run(context) {
    const { system, terminal, flags } = context;
    const asJson = flags["json"] === true;
    let writing: Promise<void> = Promise.resolve();
    const emit = (event: string, members: Readonly<Record<string, unknown>>) => {
      // In order: a prompt is written while nothing waits for it.
      writing = writing.then(() => system.writeStdout(`${toSafeJson({ event, ...members })}\n`));
      return writing;
    };
    try {
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
      if (credentials === undefined || role === undefined) {
        terminal.say(`${who}; no role is named, so there are no AWS credentials yet`);
        return;
      }
      const ofAws = credentials.accountId === undefined ? "" : ` in ${credentials.accountId}`;
      const ends = until(Date.parse(credentials.expiration), system.clock.now());
      terminal.say(`${who}; credentials for ${printable(role.roleName, 100)}${ofAws} ${ends}`);
    } catch (error) {
      if (asJson && isTegataError(error)) {
        await emit("error", errorObject(await context.explain(error), terminal.vocabulary)).catch(() => undefined);
      }
      throw error;
    }
  },
};
