import {
  allClaimsOf,
  claimNamed,
  hint,
  isSignInRequired,
  isTegataError,
  readRolesDocument,
  type RoleArn,
  roleArnSchema,
  rolesClaim,
  type RolesDocument,
  rolesInClaim,
  setting,
  shownName,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import * as v from "valibot";
import { aboutRun, describeRun } from "../credentials/about-run.ts";
import type { ProfileContext } from "../credentials/credentials-of-profile.ts";
import { idTokenOf } from "../credentials/id-token-of.ts";
import { warningOfUnstored } from "../credentials/unstored.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { type ListsOfRoles, resolveListsOfRoles } from "../settings/resolve-known-roles.ts";
import { type ProfileSettings, resolveProfile } from "../settings/resolve-profile.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import type { ProfileSection } from "../settings/settings-file-check.ts";
import { type AskPerson, choosePrompt } from "./credentials.ts";

/** A role that a person may take, as far as somebody says so. AWS has the last word, by the role's trust policy. */
export interface KnownRole {
  readonly role: RoleArn;
  /** Who says so: a claim of the ID token, the company's list, or the settings file alone. */
  readonly origin: "claim" | "url" | "settings";
  /** A profile of the settings file that has this role; `undefined`: none. */
  readonly profile: string | undefined;
  /** What the company's list calls it. */
  readonly name: string | undefined;
  /**
   * The identity provider whose ID token is exchanged for it: a section, or a plugin's id. `undefined`: another role assumes it, or
   * the settings file does not say.
   */
  readonly idp: string | undefined;
}

/** The roles that are known, and what could not be found out. */
export interface KnownRoles {
  readonly roles: readonly KnownRole[];
  /** Why there may be more: a list that cannot be read, entries that are no roles. */
  readonly problems: readonly TegataError[];
  /** False where a list could not be read, or nobody is signed in at one of the identity providers: their roles are not here. */
  readonly isComplete: boolean;
}

/** How roles are looked for. */
export interface RolesWanted {
  /** Left out: nobody is asked. */
  readonly askPerson?: AskPerson;
}

/**
 * The roles that the person of this run may take: those of the ID token, then those of the company's list, then those of the settings
 * file. A role for which there are several profiles is there once for each.
 *
 * Where neither a profile nor an identity provider is named, it is about every section `[idp]`: with one of them a person is asked
 * to sign in, where that may be; of several, those count at which somebody is signed in.
 *
 * @throws TegataError for settings that are incomplete or bad; `sign_in_required` where only a person could help and nobody may be
 *   asked; as the sign-in throws them
 */
export async function rolesOf(wanted: RolesWanted, context: ProfileContext): Promise<KnownRoles> {
  const profile = await context.profile();
  const { file } = profile.input;
  const providers = await providersOf(profile);
  const found =
    providers.length === 1
      ? await Promise.all(providers.map((each) => rolesAt(each, wanted.askPerson, context)))
      : await Promise.all(providers.map((each) => rolesOfSignedIn(each, context)));
  const listed = found.flatMap(({ roles }) => roles);
  const ofListed = new Set(listed.map((known) => known.profile));
  const own = [...file.profiles].flatMap(([name, section]): KnownRole[] => {
    const role = roleOf(section.get("role_arn"));
    const idp = section.has("source_profile") ? undefined : idpOf(section);
    return role === undefined || ofListed.has(name)
      ? []
      : [{ role, origin: "settings", profile: name, name: undefined, idp }];
  });
  return {
    roles: [...listed, ...own],
    problems: found.flatMap(({ problems }) => problems),
    isComplete: found.every(({ isComplete }) => isComplete),
  };
}

/** What a run is about where its profile names no identity provider and no flag does: one for each section. */
async function providersOf(profile: ProfileSettings): Promise<readonly ProfileSettings[]> {
  const names = [...profile.input.file.idps.keys()];
  const isNamed = profile.name !== undefined || profile.raw("idp") !== undefined || names.length === 0;
  return isNamed
    ? [profile]
    : Promise.all(names.map((idp) => resolveProfile({ ...profile.input, flags: { ...profile.input.flags, idp } })));
}

/** At one of several identity providers nobody is asked to sign in: which one would it be? */
async function rolesOfSignedIn(profile: ProfileSettings, context: ProfileContext): Promise<KnownRoles> {
  try {
    return await rolesAt(profile, undefined, context);
  } catch (error) {
    if (!isTegataError(error) || error.code === "interrupted") {
      throw error;
    }
    const named = profile.raw("idp")?.value;
    const idp = typeof named === "string" ? named : "";
    const unknown = isSignInRequired(error)
      ? new TegataError(
          "sign_in_required",
          words`nobody is signed in at ${shownName(idp)}, whose roles are unknown so far`,
          {
            hint: hint`choose it with ${setting("idp", idp)}`,
          },
        )
      : error;
    return { roles: [], problems: [unknown], isComplete: false };
  }
}

async function rolesAt(
  profile: ProfileSettings,
  askPerson: AskPerson | undefined,
  context: ProfileContext,
): Promise<KnownRoles> {
  const idp = await resolveIdp(profile);
  // A bad value is found before a person is asked.
  const lists = await resolveListsOfRoles(profile);
  const run = idp.kind === "workload" ? undefined : describeRun(profile);
  const prompt = askPerson === undefined ? undefined : await choosePrompt(askPerson, profile);
  const { promptPerson, context: kept } = await warningOfUnstored(
    prompt,
    context,
    askPerson?.warn ?? (() => undefined),
  );
  const idToken = await idTokenOf(idp, promptPerson, kept).catch((error: unknown) => {
    throw aboutRun(error, run);
  });
  const { profiles } = profile.input.file;
  return knownRoles({ claims: allClaimsOf(idToken.jwt), lists, idp: idp.name, profiles }, context);
}

interface RoleSources {
  /** Of an ID token. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly lists: ListsOfRoles;
  readonly idp: string;
  readonly profiles: SettingsFile["profiles"];
}

async function knownRoles(
  { claims, lists, idp, profiles }: RoleSources,
  context: Pick<ProfileContext, "ports">,
): Promise<KnownRoles> {
  const problems: TegataError[] = [];
  const ofAws = rolesInClaim(claims[rolesClaim]);
  const ofClaim = lists.claim === undefined ? [] : rolesInClaim(claimNamed(claims, lists.claim));
  const inClaims = [...new Set([...ofAws, ...ofClaim])].map((text) => ({ text, role: roleOf(text) }));
  const invalid = inClaims.filter(({ role }) => role === undefined);
  if (invalid[0] !== undefined) {
    const count = invalid.length === 1 ? "one entry" : `${invalid.length} entries`;
    const example = `${count} of its list of roles is no ARN of a role: ${shownValue(invalid[0].text, 100)}`;
    problems.push(new TegataError("id_token_invalid", `in the ID token of ${shownName(idp)}, ${example}`));
  }
  const document = lists.url === undefined ? undefined : await documentAt(lists.url, claims, problems, context);
  const listed: readonly Pick<KnownRole, "role" | "origin">[] = [
    ...inClaims.flatMap(({ role }) => (role === undefined ? [] : [{ role, origin: "claim" as const }])),
    ...(document?.roles ?? []).map(({ role }) => ({ role, origin: "url" as const })),
  ];
  const names = new Map(document?.roles.map(({ role, name }) => [role.arn, name]));
  const owners = profilesByRole(profiles, idp);
  const seen = new Set<string>();
  const roles = listed.flatMap(({ role, origin }): KnownRole[] => {
    // AWS refuses what its own claim does not list, no matter who else does.
    const isRefused = claims[rolesClaim] !== undefined && !ofAws.includes(role.arn);
    if (isRefused || seen.has(role.arn)) {
      return [];
    }
    seen.add(role.arn);
    const known = { role, origin, name: names.get(role.arn), idp };
    return (owners.get(role.arn) ?? [undefined]).map((profile) => ({ ...known, profile }));
  });
  return { roles, problems, isComplete: lists.url === undefined || document !== undefined };
}

/** The company's list, where it can be read: what the token and the settings say is of use without it. */
async function documentAt(
  url: string,
  claims: RoleSources["claims"],
  problems: TegataError[],
  { ports }: Pick<ProfileContext, "ports">,
): Promise<RolesDocument | undefined> {
  try {
    const document = await readRolesDocument(url, claims, ports);
    const { invalid } = document;
    if (invalid !== undefined) {
      const count = invalid.count === 1 ? "one entry" : `${invalid.count} entries`;
      problems.push(
        new TegataError(
          "idp_invalid_response",
          `${count} of the list of roles at ${new URL(url).host}: ${invalid.first}`,
        ),
      );
    }
    return document;
  } catch (error) {
    if (!isTegataError(error) || error.code === "interrupted") {
      throw error;
    }
    problems.push(error);
    return undefined;
  }
}

/** By ARN, the profiles whose role the token of that identity provider is exchanged for. */
function profilesByRole(profiles: SettingsFile["profiles"], idp: string): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const [name, section] of profiles) {
    const role = section.get("role_arn");
    if (typeof role === "string" && !section.has("source_profile") && [undefined, idp].includes(idpOf(section))) {
      owners.set(role, [...(owners.get(role) ?? []), name]);
    }
  }
  return owners;
}

function idpOf(section: ProfileSection): string | undefined {
  const idp = section.get("idp");
  return typeof idp === "string" ? idp : undefined;
}

function roleOf(text: unknown): RoleArn | undefined {
  const judged = v.safeParse(roleArnSchema, text);
  return judged.success ? judged.output : undefined;
}
