import { flag, lengthOfTimeSchema, printable, TegataError, words } from "@tegata/core";
import type { StillSignedIn } from "@tegata/engine";
import * as v from "valibot";
import type { FlagDefinition } from "../../command.ts";
import { until } from "../../terminal/until.ts";

/** `--for`: how long a sign-in has to last. */
export const forFlag: FlagDefinition = {
  kind: "text",
  choices: undefined,
  defaultText: "until the next command",
  description: "for how long that must hold: 30m, 8h or seconds",
};

/** @throws TegataError `usage_invalid` */
export function secondsFor(flags: Readonly<Record<string, unknown>>): number | undefined {
  const given = flags["for"];
  if (given === undefined) {
    return undefined;
  }
  const judged = v.safeParse(lengthOfTimeSchema, given);
  if (!judged.success) {
    throw new TegataError("usage_invalid", words`${flag("for")}: ${judged.issues[0].message}`);
  }
  return judged.output;
}

/** For programs. */
export function membersOf({ issuer, subject, account, profile, role, by, expiresAt }: StillSignedIn) {
  return { issuer, subject, account, profile, roleArn: role?.arn, by, expiresAt };
}

/** For people. */
export function stillLine({ subject, account, role, by, expiresAt }: StillSignedIn, now: number): string {
  if (by === "workload") {
    return "nobody has to sign in: this machine has a token of its own";
  }
  const who = `still signed in as ${printable(account ?? subject ?? "", 100)}`;
  const ends = expiresAt === undefined ? "" : ` ${until(Date.parse(expiresAt), now)}`;
  if (by === "credentials" && role !== undefined) {
    return `${who}; credentials for ${printable(role.roleName, 100)}${ends}`;
  }
  return `${who}${ends}: the next command asks nobody`;
}
