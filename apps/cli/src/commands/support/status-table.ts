import { printable, shownName } from "@tegata/core";
import type { ProfileStatus, ShownError, SignInStatus } from "@tegata/engine";
import { inTable } from "../../terminal/table.ts";
import { shortly, timeOf, until } from "../../terminal/until.ts";
import { roleCells } from "./role-cells.ts";

/** What is known of a profile, as it is shown. */
export interface ShownStatus extends Omit<ProfileStatus, "problem" | "lastFailure"> {
  readonly problem: string | undefined;
  readonly lastFailure: (Pick<ShownError, "code" | "message" | "hint"> & { readonly at: string }) | undefined;
}

/** Names in front of what is said of several profiles; more than that are counted. */
const maxNames = 3;

const columns = [
  { heading: "  PROFILE", least: 12 },
  { heading: "ACCOUNT" },
  { heading: "ROLE", least: 8 },
  { heading: "CREDENTIALS" },
  { heading: "SIGN-IN", least: 12 },
];

/** All profiles at a glance: a line for each. What there is more to say stands in {@link notesOf}. */
export function statusTable(
  profiles: readonly ShownStatus[],
  now: number,
  options: { readonly width: number | undefined; readonly programName: string },
): readonly string[] {
  const ofSignIn = oncePer((signIn: SignInStatus) => signInCell(signIn, now));
  const rows = profiles.flatMap((status) =>
    status.profile === undefined ? [] : [cellsOf(status, status.profile, now, ofSignIn)],
  );
  return rows.length === 0 ? [] : inTable(columns, rows, options);
}

function cellsOf(
  status: ShownStatus,
  profile: string,
  now: number,
  ofSignIn: (signIn: SignInStatus) => string,
): readonly string[] {
  const { roleArn, credentials, signIn } = status;
  const [account, role] = roleCells(roleArn);
  const left = credentials === undefined ? undefined : Date.parse(credentials.expiresAt) - now;
  const lasts = left === undefined ? "none" : left > 0 ? shortly(left) : "expired";
  return [
    `${status.default === true ? "*" : " "} ${shownName(profile, 200)}`,
    account,
    role,
    roleArn === undefined ? "" : lasts,
    signIn === undefined ? noSignInCell(status) : ofSignIn(signIn),
  ];
}

function noSignInCell({ idp, idpKind, problem }: ShownStatus): string {
  const none = idp === undefined ? "" : idpKind === "workload" ? "not needed" : "none";
  return problem === undefined ? none : "(see below)";
}

/** Hundreds of profiles share one sign-in. */
function oncePer<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

function signInCell(signIn: SignInStatus, now: number): string {
  const who = nameOf(signIn);
  if (signIn.hasRefreshToken && signIn.notRenewed === undefined) {
    return who;
  }
  const ends = signIn.idTokenExpiresAt === undefined ? 0 : Date.parse(signIn.idTokenExpiresAt);
  return ends > now ? `${who} until ${timeOf(ends, now)}` : `${who}, ended`;
}

function nameOf({ email, subject }: SignInStatus): string {
  return printable(email ?? subject, 200);
}

/**
 * What the table has no room for: a line for each sign-in, problem, failure, and for credentials of no profile.
 *
 * @param takeBack what a person types to take back the profile of this shell; undefined where nothing was set in it
 */
export function notesOf(
  profiles: readonly ShownStatus[],
  now: number,
  takeBack: string | undefined,
): readonly string[] {
  const ofSignIn = oncePer((signIn: SignInStatus) => `sign-in: ${signInLine(signIn, now)}`);
  const chosen = profiles.find(({ chosenBy }) => chosenBy !== undefined);
  return [
    ...(chosen?.profile === undefined
      ? []
      : [
          `${shownName(chosen.profile, 200)} is chosen by ${chosen.chosenBy}${takeBack === undefined ? "" : `; ${takeBack} takes it back`}`,
        ]),
    ...ofSeveral(profiles, ({ signIn }) => signIn && ofSignIn(signIn)),
    ...ofSeveral(profiles, ({ problem }) => problem && `problem: ${problem}`),
    ...ofSeveral(profiles, ({ lastFailure }) => lastFailure && `last failure: ${failureLines(lastFailure)}`),
    ...orphanLines(profiles, now),
  ];
}

/** A line for what is the same of several profiles, and their names in front of it. */
function ofSeveral(
  profiles: readonly ShownStatus[],
  say: (status: ShownStatus) => string | undefined,
): readonly string[] {
  const named = new Map<string, string[]>();
  for (const status of profiles) {
    const text = say(status);
    if (text !== undefined) {
      const names = named.get(text) ?? [];
      names.push(status.profile === undefined ? "without a profile" : shownName(status.profile, 200));
      named.set(text, names);
    }
  }
  return [...named].map(([text, names]) => `${listed(names)}: ${text}`);
}

function listed(names: readonly string[]): string {
  const first = names.slice(0, names.length > maxNames + 1 ? maxNames : maxNames + 1);
  const more = names.length - first.length;
  return more === 0 ? first.join(", ") : `${first.join(", ")} and ${more} more`;
}

/** Credentials that were got without a profile, with other settings, or for a profile that is gone: they open the same doors. */
function orphanLines(profiles: readonly ShownStatus[], now: number): readonly string[] {
  const orphans = profiles.flatMap(({ profile, roleArn, credentials }) =>
    profile === undefined && roleArn !== undefined && credentials !== undefined
      ? [{ roleArn, ends: Date.parse(credentials.expiresAt) }]
      : [],
  );
  if (orphans.length === 0) {
    return [];
  }
  const roles = [...new Set(orphans.map(({ roleArn }) => roleArn))].map((arn) => {
    const [account, role] = roleCells(arn);
    return account === "" ? role : `${role} in ${account}`;
  });
  const ends = until(Math.max(...orphans.map((each) => each.ends)), now);
  return [`credentials of no profile, or with other settings: ${listed(roles)}, ${ends}`];
}

/** Some messages have several lines, and what was read from a file is shown as any text from outside. */
export function failureLines({ at, message, hint }: NonNullable<ShownStatus["lastFailure"]>): string {
  return [`${at}: ${message}`, ...(hint === undefined ? [] : [hint])]
    .flatMap((text) => text.split("\n"))
    .map((line) => printable(line, 1000))
    .join("\n");
}

/** All that is known of a sign-in. */
export function signInLine(signIn: SignInStatus, now: number): string {
  const { email, subject, issuer, idTokenExpiresAt, hasRefreshToken, notRenewed, storedIn } = signIn;
  const who = email === undefined ? printable(subject) : `${nameOf(signIn)} (${printable(subject)})`;
  const idToken = idTokenExpiresAt === undefined ? "no ID token" : `ID token ${ending(idTokenExpiresAt, now)}`;
  const where = storedIn === "keyring" ? "encrypted by the keyring" : "in a file";
  const renewal = hasRefreshToken ? "renewed by refresh token" : "no refresh token";
  const refresh = notRenewed === undefined ? renewal : `not renewed (${printable(notRenewed, 1000)})`;
  return `${who} at ${printable(issuer)}, ${idToken}, ${refresh}, ${where}`;
}

/** `until 14:32 (in 4 hours)`, `ended`. */
export function ending(instant: string, now: number): string {
  const epoch = Date.parse(instant);
  return epoch > now ? until(epoch, now) : "ended";
}
