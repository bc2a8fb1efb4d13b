import { hint, type IdentityProvider, or, reworded, type TegataError } from "@tegata/core";
import * as v from "valibot";
import type { SettingsContent } from "./settings-file-check.ts";

/** What somebody trusts who takes a team's settings. Each list is sorted, and has nothing twice. */
export interface TeamTrust {
  /** Where people sign in. */
  readonly issuers: readonly string[];
  /** As which client. */
  readonly clients: readonly string[];
  /** AWS accounts of the roles. */
  readonly accounts: readonly string[];
  /** Other hosts that tokens or requests go to: endpoints, and where roles are looked up. */
  readonly hosts: readonly string[];
}

/** Keys of which the value is one more host to trust. */
const hostKey = /_(endpoint|url|host)$/;

/** What a team's file says of whom to trust. */
export function trustOf({ idps, profiles }: SettingsContent, plugins: readonly IdentityProvider[]): TeamTrust {
  const issuers = new Set<string>();
  const clients = new Set<string>();
  const accounts = new Set<string>();
  const hosts = new Set<string>();
  for (const { type, values } of idps.values()) {
    issuers.add(asSentTo(issuerOf(type, values, plugins)));
  }
  for (const values of [...profiles.values(), ...[...idps.values()].map((section) => section.values)]) {
    const text = (key: string) => {
      const value = values.get(key);
      return typeof value === "string" ? value : undefined;
    };
    const account = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(text("role_arn") ?? "")?.[1];
    add(accounts, account);
    add(clients, text("client_id"));
    for (const key of values.keys()) {
      const value = hostKey.test(key) ? text(key) : undefined;
      add(hosts, value !== undefined && URL.canParse(value) ? new URL(value).host : value);
    }
  }
  for (const values of profiles.values()) {
    const own = ["issuer", "domain", "tenant"].map((key) => values.get(key));
    own.forEach((value) => add(issuers, typeof value === "string" ? asSentTo(value) : undefined));
  }
  return { issuers: sorted(issuers), clients: sorted(clients), accounts: sorted(accounts), hosts: sorted(hosts) };
}

function issuerOf(type: string, values: ReadonlyMap<string, unknown>, plugins: readonly IdentityProvider[]): string {
  const plugin = plugins.find(({ id }) => id === type);
  if (plugin?.kind === "interactive") {
    const own = Object.keys(plugin.settings.entries);
    const settings = v.safeParse(plugin.settings, Object.fromEntries([...values].filter(([key]) => own.includes(key))));
    if (settings.success) {
      return plugin.expectations(settings.output).issuer;
    }
  }
  const named = ["issuer", "domain", "tenant"].map((key) => values.get(key)).find((value) => typeof value === "string");
  return named ?? type;
}

/** With the host as requests have it: a letter of another script that looks like a Latin one must not look like it here. */
function asSentTo(issuer: string): string {
  if (/^https?:/i.test(issuer)) {
    const href = URL.canParse(issuer) ? new URL(issuer).href : issuer;
    return issuer.endsWith("/") ? href : href.replace(/\/$/, "");
  }
  const url = `https://${issuer}`;
  return URL.canParse(url) && new URL(url).href === `https://${new URL(url).host}/` ? new URL(url).host : issuer;
}

function add(found: Set<string>, value: string | undefined): void {
  if (value !== undefined) {
    found.add(value);
  }
}

function sorted(found: ReadonlySet<string>): readonly string[] {
  return [...found].sort();
}

/** What another file says of whom to trust that one does not, by what it is: for consent that is asked for again. */
export function newTrust(before: TeamTrust, after: TeamTrust): Partial<TeamTrust> {
  const entries = (["issuers", "clients", "accounts", "hosts"] as const).flatMap((what) => {
    const added = after[what].filter((each) => !before[what].includes(each));
    return added.length === 0 ? [] : [[what, added] as const];
  });
  return Object.fromEntries(entries);
}

/** An error in a file that is not on this machine: nobody here can correct it. */
export function aboutPublished(error: TegataError): TegataError {
  return reworded(error, {
    hint: [hint`tell those who publish the file`, or`update this program, if the file is for a newer one`],
  });
}
