import { allClaimsOf, type RoleArn, roleArnSchema, rolesClaim, rolesInClaim } from "@tegata/core";
import * as v from "valibot";
import { sessionKeyOf } from "../credentials/cache-key.ts";
import type { ProfileContext } from "../credentials/credentials-of-profile.ts";
import { chooseIdp } from "../settings/choose-idp.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { resolveTokenStore } from "../settings/resolve-token-store.ts";
import { type ProfileSettings, resolveProfile } from "../settings/resolve-profile.ts";

/** What a run leaves open, so that a person can be asked. */
export type OpenChoice = OpenProfile | OpenRole;

/** No profile is named, and there are several. */
export interface OpenProfile {
  readonly kind: "profile";
  /** Which list it is, for `LastChoices`. */
  readonly list: string;
  /** In the order of the settings file. */
  readonly profiles: readonly { readonly name: string; readonly role: RoleArn | undefined }[];
  /** Roles of stored sign-ins that no profile has, by AWS's own claim. */
  readonly roles: readonly { readonly role: RoleArn; readonly idp: string }[];
}

/** An identity provider is named at which a person signs in, and no role. */
export interface OpenRole {
  readonly kind: "role";
  readonly list: string;
  /** The identity provider: a section, or a plugin's id. */
  readonly idp: string;
  /** `undefined`: without a profile. */
  readonly profile: string | undefined;
}

/**
 * What this run leaves open: which of several profiles, or which role. Sends nothing and asks nobody; where settings are bad, nothing is
 * open, as the run itself says what is wrong with them.
 */
export async function openChoiceOf(context: ProfileContext): Promise<OpenChoice | undefined> {
  const profile = await context.profile().catch(() => undefined);
  if (profile === undefined || profile.raw("role_arn") !== undefined || profile.raw("source_profile") !== undefined) {
    return undefined;
  }
  const { name, unknownAwsProfile, input } = profile;
  const { profiles, idps } = input.file;
  const isIdpNamed = await chooseIdp(profile).then(
    (chosen) => chosen !== undefined,
    () => true,
  );
  if (name === undefined && unknownAwsProfile !== undefined) {
    return undefined;
  }
  if (name === undefined && profiles.size > 1 && !isIdpNamed) {
    return {
      kind: "profile",
      list: "profiles",
      profiles: [...profiles].map(([each, section]) => ({ name: each, role: roleOf(section.get("role_arn")) })),
      roles: await rolesOfStoredSignIns(profile, context),
    };
  }
  const [onlyIdp, ...otherIdps] = idps.keys();
  const isOnly = !isIdpNamed && profiles.size === 0 && onlyIdp !== undefined && otherIdps.length === 0;
  if ((await resolveTokenStore(profile)) === "none") {
    // The person would have to sign in for the list, and again for the credentials.
    return undefined;
  }
  const idp = await resolveIdp(isOnly ? await withIdp(profile, onlyIdp) : profile).catch(() => undefined);
  return idp?.kind === "interactive"
    ? { kind: "role", list: `roles for ${name ?? `the provider ${idp.name}`}`, idp: idp.name, profile: name }
    : undefined;
}

async function withIdp({ input }: ProfileSettings, idp: string): Promise<ProfileSettings> {
  return resolveProfile({ ...input, flags: { ...input.flags, idp } });
}

/** By AWS's own claim of stored ID tokens. Nobody verifies them here: the roles are shown, and AWS has the last word. */
async function rolesOfStoredSignIns(profile: ProfileSettings, context: ProfileContext): Promise<OpenProfile["roles"]> {
  const { profiles, idps } = profile.input.file;
  const ofProfiles = new Set([...profiles.values()].map((section) => section.get("role_arn")));
  const found: { readonly role: RoleArn; readonly idp: string }[] = [];
  for (const name of idps.keys()) {
    const idp = await resolveIdp(await withIdp(profile, name)).catch(() => undefined);
    const idToken = idp?.kind === "interactive" ? await storedIdToken(await sessionKeyOf(idp), context) : undefined;
    const listed = idToken === undefined ? [] : rolesInClaim(allClaimsOf(idToken)[rolesClaim]);
    for (const role of listed.flatMap((text) => roleOf(text) ?? [])) {
      if (!ofProfiles.has(role.arn)) {
        found.push({ role, idp: name });
      }
    }
  }
  return found;
}

async function storedIdToken(sessionKey: string, { sessions }: ProfileContext): Promise<string | undefined> {
  if ((await sessions.isThere(sessionKey)) !== true) {
    return undefined;
  }
  const loaded = await sessions.load(sessionKey).catch(() => undefined);
  return loaded?.kind === "found" ? loaded.record.idToken : undefined;
}

function roleOf(text: unknown): RoleArn | undefined {
  const judged = v.safeParse(roleArnSchema, text);
  return judged.success ? judged.output : undefined;
}
