import {
  type CallerIdentity,
  type IdentityField,
  signInRequired,
  sourceIdentityInToken,
  type Step,
  type Steps,
  tagsInToken,
  TegataError,
  type TokenClaims,
} from "@tegata/core";
import * as v from "valibot";
import { aboutRun, describeRun } from "../credentials/about-run.ts";
import { credentialsKeyOf, sessionKeyOf } from "../credentials/cache-key.ts";
import { refuseUnknownAwsProfile, warnOfAwsProfile } from "../credentials/credentials-of-profile.ts";
import { beginningsOf } from "../credentials/run-steps.ts";
import { folderRequired } from "../credentials/unstored.ts";
import { keyringRequired } from "../session/keyring-required.ts";
import { currentGeneration, isOfGeneration } from "../session/stored-sign-in.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import { type CredentialsRecord, isAlive } from "../storage/credentials-cache.ts";
import { credentialsOf } from "./credentials.ts";
import { readToken, sessionNameOf, type TokenAtHandContext } from "./token-at-hand.ts";

/** One role on the way to the credentials that are wanted. */
export interface RoleLink {
  readonly roleArn: string;
  /** `undefined`: it depends on a token that is not there. */
  readonly roleSessionName: string | undefined;
  /** Of credentials that are stored and live; all `undefined` where there are none. */
  readonly assumedRoleArn: string | undefined;
  readonly account: string | undefined;
  /** ISO 8601, in UTC. */
  readonly expiresAt: string | undefined;
}

/** Who the next command is for AWS. Nothing of it is secret: no token, no key. */
export interface WhoAmI {
  /** `undefined`: the run is without a profile. */
  readonly profile: string | undefined;
  readonly idp: string;
  /** `workload`: nobody signs in. */
  readonly idpKind: ResolvedIdp["kind"];
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  /** One by one, as they are assumed; empty where no role is named. */
  readonly roles: readonly RoleLink[];
  /** Those of the last role's session, by the ID token and the settings. */
  readonly sessionTags: Readonly<Record<string, string>>;
  readonly sourceIdentity: string | undefined;
  /** Every claim of the ID token that is at hand, unverified; `undefined`: none is. */
  readonly claims: TokenClaims | undefined;
  /** What STS says of the credentials, where it was asked. */
  readonly caller: CallerIdentity | undefined;
}

/** What is looked up. */
export interface WhoAmIOptions {
  /** True: STS is asked whose credentials these are; they are got where there are none, without asking anybody. */
  readonly verify: boolean;
}

/**
 * Who the next command is for AWS, by what is stored, or by the token of the platform. Asks nobody.
 *
 * @throws TegataError `sign_in_required` where nothing is stored; for settings that are incomplete or bad; with `verify`, as
 *   `credentialsOf` and STS throw
 */
export async function whoAmI({ verify }: WhoAmIOptions, context: TokenAtHandContext): Promise<WhoAmI> {
  const profile = await context.profile();
  refuseUnknownAwsProfile(profile);
  warnOfAwsProfile(profile, context.notify);
  const idp = await resolveIdp(profile);
  try {
    return await tell(profile, idp, verify, context);
  } catch (error) {
    throw aboutRun(error, idp.kind === "workload" ? undefined : describeRun(profile));
  }
}

async function tell(
  profile: ProfileSettings,
  idp: ResolvedIdp,
  verify: boolean,
  context: TokenAtHandContext,
): Promise<WhoAmI> {
  const caller = verify ? await askWho(profile, context) : undefined;
  const steps = profile.raw("role_arn") === undefined ? undefined : (await resolveRole(profile)).steps;
  const sessionKey = await sessionKeyOf(idp);
  const token = await readToken(idp, true, context);
  const records = steps === undefined ? [] : await storedRecords(sessionKey, steps, context);
  const person = personIn(token?.claims) ?? records.findLast((record) => record !== undefined);
  if (person === undefined) {
    throw await nobodyIsSignedIn(sessionKey, context);
  }
  const email = token?.claims["email"];
  return {
    profile: profile.name,
    idp: idp.name,
    idpKind: idp.kind,
    issuer: person.issuer,
    subject: person.subject,
    email: typeof email === "string" ? email : undefined,
    roles: steps === undefined ? [] : linksOf(steps, records, token && sessionNameOf(token)),
    ...sessionOf(steps, token?.claims ?? {}),
    claims: token?.claims,
    caller,
  };
}

/** @throws TegataError `settings_invalid` where no STS of AWS knows the role */
async function askWho(profile: ProfileSettings, context: TokenAtHandContext): Promise<CallerIdentity> {
  const { credentials } = await credentialsOf({}, context);
  const { steps } = await resolveRole(profile);
  const last: Step = steps.at(-1) ?? steps[0];
  if (last.callerIdentity === undefined) {
    throw new TegataError("settings_invalid", `nobody can be asked about the credentials of ${last.role.arn}`);
  }
  return last.callerIdentity(credentials, context.ports);
}

/** For each link, credentials that live and come from the sign-in that counts. */
async function storedRecords(
  sessionKey: string,
  steps: Steps,
  context: TokenAtHandContext,
): Promise<readonly (CredentialsRecord | undefined)[]> {
  const now = context.ports.clock.now();
  const generation = await currentGeneration(sessionKey, context);
  return Promise.all(
    beginningsOf(steps).map(async (soFar) => {
      const loaded = await context.cache.load(await credentialsKeyOf(sessionKey, soFar));
      return loaded.kind === "found" && isAlive(loaded.record, now) && isOfGeneration(loaded.record, generation)
        ? loaded.record
        : undefined;
    }),
  );
}

function linksOf(
  steps: Steps,
  records: readonly (CredentialsRecord | undefined)[],
  nameOfToken: string | undefined,
): readonly RoleLink[] {
  let name = nameOfToken;
  return steps.map((step, index) => {
    const record = records[index];
    const { roleSessionName } = step.identity;
    name = record?.roleSessionName ?? (typeof roleSessionName === "string" ? roleSessionName : name);
    return {
      roleArn: step.role.arn,
      roleSessionName: name,
      assumedRoleArn: record?.credentials.assumedRoleArn,
      account: record?.credentials.accountId ?? step.role.accountId,
      expiresAt: record?.credentials.expiration,
    };
  });
}

const tagsSchema = v.record(v.string(), v.string());
const keysSchema = v.array(v.string());

/** Tags and source identity of the last session: those of the token, and of each step. Of the tags, transitive ones go on. */
function sessionOf(steps: Steps | undefined, claims: TokenClaims): Pick<WhoAmI, "sessionTags" | "sourceIdentity"> {
  const ofToken = tagsInToken(claims);
  const sourceOfToken = sourceIdentityInToken(claims);
  const [, ...others] = steps ?? [];
  let sessionTags = ofToken.state === "present" ? Object.fromEntries(ofToken.value.tags) : {};
  const goOn = new Set(ofToken.state === "present" ? ofToken.value.transitiveKeys : []);
  let sourceIdentity = sourceOfToken.state === "present" ? sourceOfToken.value : undefined;
  for (const { identity } of others) {
    const kept = Object.entries(sessionTags).filter(([key]) => goOn.has(key));
    sessionTags = { ...Object.fromEntries(kept), ...read(tagsSchema, identity["tags"], {}) };
    for (const key of read(keysSchema, identity["transitiveTagKeys"], [])) {
      goOn.add(key);
    }
    sourceIdentity ??= read(v.optional(v.string()), identity["sourceIdentity"], undefined);
  }
  return { sessionTags, sourceIdentity };
}

function read<Value>(schema: v.GenericSchema<unknown, Value>, field: IdentityField, otherwise: Value): Value {
  const parsed = v.safeParse(schema, field);
  return parsed.success ? parsed.output : otherwise;
}

function personIn(claims: TokenClaims | undefined): Pick<WhoAmI, "issuer" | "subject"> | undefined {
  const { iss, sub } = claims ?? {};
  return typeof iss === "string" && typeof sub === "string" ? { issuer: iss, subject: sub } : undefined;
}

/** What a run would say: that the keyring is what is missing, or the folder, or the person. */
async function nobodyIsSignedIn(sessionKey: string, context: TokenAtHandContext): Promise<unknown> {
  const loaded = await context.sessions.load(sessionKey);
  const refusal = loaded.kind === "found" ? loaded.record.refusal : undefined;
  const required = signInRequired(refusal);
  return (await keyringRequired(sessionKey, context)) ?? (await folderRequired(required, context)) ?? required;
}
