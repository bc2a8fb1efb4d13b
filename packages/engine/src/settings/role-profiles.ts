import { type BlockEntry, profileSpelling } from "@tegata/aws-config-files";
import { flag, hint, type RoleArn, shownName, shownValue, TegataError, words } from "@tegata/core";
import type { SettingsFile } from "./settings-file.ts";
import { listOf } from "./settings-file-check.ts";

/** A role that may become a profile of the AWS config file. */
export interface RoleToName {
  readonly role: RoleArn;
  /** The identity provider whose ID token is exchanged for it. */
  readonly idp: string | undefined;
  /** What the company's list calls it. */
  readonly name: string | undefined;
  /** A profile of the settings that has it: such a role needs no other one. */
  readonly profile: string | undefined;
}

/** The roles that are to become profiles, and how these are called. */
export interface RolesByPattern {
  /** With the placeholders `{account}`, `{role}`, `{name}` and `{idp}`. */
  readonly pattern: string;
  readonly roles: readonly RoleToName[];
  /** False: there may be more, and those that are in the block already stay. */
  readonly isComplete: boolean;
}

/** A profile of the AWS config file for a role that no profile of the settings has. */
export interface RoleProfile {
  readonly name: string;
  /** A section `[idp.NAME]`. */
  readonly idp: string;
  readonly roleArn: string;
}

type KnownPlaceholder = "account" | "role" | "name" | "idp";

const placeholder = /\{([^{}]*)\}/g;
const known: readonly KnownPlaceholder[] = ["account", "role", "name", "idp"];
const example = "{account}-{role}";

/**
 * Judges a pattern by itself, before anybody is asked for roles.
 *
 * @throws TegataError `usage_invalid`
 */
export function checkRolePattern(pattern: string): void {
  const used = [...pattern.matchAll(placeholder)].map(([, name = ""]) => name);
  const unknown = used.find((name) => !known.some((each) => each === name));
  const shown = shownValue(pattern, 80);
  if (unknown !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${flag("roles")} ${shown} has the placeholder ${shownValue(`{${unknown}}`, 40)}, which means nothing`,
      { hint: `placeholders are ${known.map((each) => `{${each}}`).join(", ")}` },
    );
  }
  const wayOut = { hint: hint`write it like ${flag("roles", example)}` };
  if (!used.includes("role") && !used.includes("name")) {
    throw new TegataError(
      "usage_invalid",
      words`${flag("roles")} ${shown} has neither {role} nor {name}, and would call all roles of an account alike`,
      wayOut,
    );
  }
  if (profileSpelling(pattern.replace(placeholder, "x")) !== "plain") {
    throw new TegataError(
      "usage_invalid",
      words`${flag("roles")} ${shown} has characters that not every AWS client finds in the name of a profile: letters, digits and _ . / @ % : + - are found by all`,
      wayOut,
    );
  }
}

/**
 * The profiles for the roles that no profile of the settings has.
 *
 * @throws TegataError `usage_invalid` for a bad pattern, for two roles that it calls alike, for one that it calls as a profile of the
 *   settings, or `default`; `settings_incomplete` for a role whose identity provider is no section of the settings
 */
export function roleProfiles(
  { pattern, roles }: RolesByPattern,
  settings: Pick<SettingsFile, "idps" | "profiles">,
): readonly RoleProfile[] {
  checkRolePattern(pattern);
  const byName = new Map<string, RoleProfile>();
  for (const { role, idp, name: called, profile } of roles) {
    if (profile !== undefined) {
      continue;
    }
    if (idp === undefined || !settings.idps.has(idp)) {
      throw new TegataError(
        "settings_incomplete",
        words`the role ${shownName(role.arn)} is known from ${shownName(idp ?? "no identity provider")}, and a line in the AWS config file can only name a section [idp.NAME]`,
        { hint: "write what the identity provider needs into a section [idp.NAME]" },
      );
    }
    const values: Readonly<Record<string, string>> = {
      account: role.accountId ?? role.partition,
      role: role.roleName,
      name: called ?? role.roleName,
      idp,
    };
    const name = pattern.replace(placeholder, (_all, key: string) => inName(values[key] ?? ""));
    const other = byName.get(name);
    if (other !== undefined) {
      throw alike(name, [`${other.roleArn} (${other.idp})`, `${role.arn} (${idp})`], pattern);
    }
    if (settings.profiles.has(name)) {
      throw clash(role.arn, name, "as a profile of the settings is");
    }
    if (name === "default") {
      throw clash(role.arn, name, "which every AWS client takes where no profile is named");
    }
    byName.set(name, { name, idp, roleArn: role.arn });
  }
  return [...byName.values()];
}

/** What not every AWS client takes in the name of a profile becomes a `-`: a blank, `,` and `=` of a role's name. */
function inName(value: string): string {
  return value.replace(/[^\p{L}\p{M}\p{N}_.@+-]+/gu, "-");
}

function alike(name: string, roles: readonly string[], pattern: string): TegataError {
  const missing = known.filter((each) => !pattern.includes(`{${each}}`)).map((each) => `{${each}}`);
  return new TegataError(
    "usage_invalid",
    words`${flag("roles")} ${shownValue(pattern, 80)} calls two roles ${shownName(name)}: ${listOf(roles)}`,
    {
      hint:
        missing.length === 0
          ? hint`give one of them a profile of its own in the settings`
          : `tell them apart with ${missing.join(", ")}`,
    },
  );
}

function clash(arn: string, name: string, why: string): TegataError {
  return new TegataError(
    "usage_invalid",
    words`the role ${shownName(arn)} would be called ${shownName(name)}, ${why}`,
    {
      hint: hint`take another pattern: ${flag("roles", `role-${example}`)}`,
    },
  );
}

/** The words behind the command of the line that get the credentials of such a role, and no profile's. */
export function wordsForRole({ idp, roleArn }: RoleProfile): readonly string[] {
  return [...(idp.startsWith("-") ? [`--idp=${idp}`] : ["--idp", idp]), "--role-arn", roleArn];
}

/**
 * Those of a block, told by the words of their lines.
 *
 * @param processCommand the command that the lines start
 */
export function roleProfilesIn(entries: readonly BlockEntry[], processCommand: string): readonly RoleProfile[] {
  return entries.flatMap(({ name, process }) => {
    const line = process.slice(process.indexOf(processCommand) + 1);
    const [, idp, arn] = line.join("\n").match(/^--idp[\n=]([^\n]+)\n--role-arn\n([^\n]+)(?:\n|$)/) ?? [];
    return idp === undefined || arn === undefined ? [] : [{ name, idp, roleArn: arn }];
  });
}
