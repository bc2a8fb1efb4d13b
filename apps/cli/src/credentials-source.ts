import {
  assumeRoleWithWebIdentity,
  isTegataError,
  signIn,
  TegataError,
  toRoleSessionName,
  type AwsCredentials,
  type IdTokenClaims,
  type PromptPerson,
  type SignIn,
  type SignInSessions,
} from "@tegata/core";
import type { CommandContext } from "./command.ts";
import type { ResolvedIdp, ResolvedRole } from "./settings/resolve.ts";
import { credentialsKeyOf, sessionKeyOf, type CredentialsKey } from "./storage/cache-key.ts";
import { isAlive, isFresh, type CredentialsRecord } from "./storage/credentials-cache.ts";

export interface CredentialsRequest {
  readonly idp: ResolvedIdp;
  readonly role: ResolvedRole;
  /** Undefined: nobody may be asked. */
  readonly promptPerson: PromptPerson | undefined;
  /** What is said when something could not be kept; the credentials are handed out all the same. */
  readonly warn: (line: string) => void;
}

/** Credentials, and what is kept of them under which key. */
export interface ObtainedCredentials {
  readonly key: CredentialsKey;
  readonly record: CredentialsRecord;
}

/**
 * AWS credentials by the cheapest way that works: the cached ones while they are fresh, else new ones by what the
 * sign-in session still gives, else, where a person may be asked, by a sign-in. Old ones that still live are handed out
 * when they cannot be renewed without a person.
 *
 * @throws TegataError `sign_in_required` when only a person could help and nobody may be asked
 */
export async function obtainCredentials(
  request: CredentialsRequest,
  context: CommandContext,
): Promise<ObtainedCredentials> {
  const { cache, ports, commandLine } = context;
  const sessionKey = await sessionKeyOf(request.idp);
  const key = await credentialsKeyOf(sessionKey, request.role);
  const loaded = await cache.load(key);
  const cached = loaded.kind === "found" ? loaded.record : undefined;
  if (loaded.kind === "absent") {
    ports.log(`no cached credentials: ${loaded.reason}`);
  }
  if (cached !== undefined && !commandLine.fresh && isFresh(cached, ports.clock.now())) {
    return { key, record: cached };
  }
  const stillAlive = cached !== undefined && !commandLine.fresh && isAlive(cached, ports.clock.now());
  try {
    // Nobody is asked for what is merely about to end.
    const quietly = stillAlive ? { ...request, promptPerson: undefined } : request;
    const { idToken, credentials } = await mint(quietly, sessionKey, context);
    const record = { credentials, ...factsOf(idToken, request.role), mintedAt: ports.clock.now() };
    await keepCredentials(key, record, request, context);
    return { key, record };
  } catch (error) {
    if (stillAlive && isTegataError(error) && error.code !== "interrupted") {
      ports.log(`the old credentials are handed out, because renewing them failed: ${error.message}`);
      return { key, record: cached };
    }
    throw error;
  }
}

/** A sign-in by a person, whatever the session could still give, and credentials where a role is named. */
export async function signInAnew(
  request: Omit<CredentialsRequest, "role"> & { readonly role: ResolvedRole | undefined },
  context: CommandContext,
): Promise<{ readonly claims: IdTokenClaims; readonly credentials: AwsCredentials | undefined }> {
  const { cache, sessions, ports } = context;
  const sessionKey = await sessionKeyOf(request.idp);
  const before = await sessions.load(sessionKey);
  const { idToken } = await signInWith(request, sessionKey, context, true);
  const { claims } = idToken;
  if (before.kind === "found" && before.record.subject !== claims.sub) {
    // What another person's sign-in minted, for whichever profile, is not this one's.
    await cache.forgetSession(sessionKey);
  }
  if (request.role === undefined) {
    return { claims, credentials: undefined };
  }
  const credentials = await assumeRole({ idToken, fromSession: false }, request.role, context);
  const key = await credentialsKeyOf(sessionKey, request.role);
  await cache.store(key, { credentials, ...factsOf(claims, request.role), mintedAt: ports.clock.now() });
  return { claims, credentials };
}

async function mint(
  request: CredentialsRequest,
  sessionKey: string,
  context: CommandContext,
): Promise<{ readonly idToken: IdTokenClaims; readonly credentials: AwsCredentials }> {
  const first = await signInWith(request, sessionKey, context, false);
  try {
    return { idToken: first.idToken.claims, credentials: await assumeRole(first, request.role, context) };
  } catch (error) {
    // AWS has its own idea of how old a token may be: one from the session is worth a second try with a new one.
    if (!first.fromSession || !isTegataError(error) || error.code !== "sts_id_token_expired") {
      throw error;
    }
    context.ports.log(error.message);
    const loaded = await context.sessions.load(sessionKey);
    if (loaded.kind === "found") {
      await context.sessions.save(sessionKey, { ...loaded.record, idToken: undefined });
    }
    const second = await signInWith(request, sessionKey, context, false);
    return { idToken: second.idToken.claims, credentials: await assumeRole(second, request.role, context) };
  }
}

function assumeRole({ idToken }: SignIn, role: ResolvedRole, { ports }: CommandContext): Promise<AwsCredentials> {
  const { claims } = idToken;
  return assumeRoleWithWebIdentity(
    {
      idToken,
      role: role.role,
      roleSessionName: role.roleSessionName ?? toRoleSessionName(claims.email ?? claims.sub),
      durationSeconds: role.durationSeconds,
      region: role.region,
      endpoint: role.stsEndpoint,
      useFipsEndpoint: role.useFipsEndpoint,
      useDualstackEndpoint: role.useDualstackEndpoint,
    },
    ports,
  );
}

function signInWith(
  { idp, promptPerson, warn }: Omit<CredentialsRequest, "role">,
  sessionKey: string,
  { sessions, ports }: CommandContext,
  alwaysAsk: boolean,
): Promise<SignIn> {
  const keeper: SignInSessions = {
    load: async () => {
      const loaded = await sessions.load(sessionKey);
      if (loaded.kind === "absent") {
        ports.log(`no sign-in session: ${loaded.reason}`);
        return undefined;
      }
      return loaded.record;
    },
    save: async ({ issuer, subject, idToken, refreshToken }) => {
      const savedAt = ports.clock.now();
      try {
        await sessions.save(sessionKey, { issuer, subject, idToken, refreshToken, savedAt });
      } catch (error) {
        // Only `login` is there for the session's sake; everywhere else the credentials are what counts.
        if (alwaysAsk || !isTegataError(error)) {
          throw error;
        }
        warn(`the sign-in cannot be kept: ${error.message}`);
      }
    },
  };
  return signIn({ idp: idp.plugin, settings: idp.settings, sessions: keeper, promptPerson, alwaysAsk }, ports);
}

function factsOf(claims: IdTokenClaims, role: ResolvedRole): Pick<CredentialsRecord, "subject" | "issuer" | "roleArn"> {
  return { subject: claims.sub, issuer: claims.iss, roleArn: role.role.arn };
}

async function keepCredentials(
  key: CredentialsKey,
  record: CredentialsRecord,
  { warn }: CredentialsRequest,
  { cache }: CommandContext,
): Promise<void> {
  try {
    await cache.store(key, record);
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    warn(`the credentials cannot be kept: ${error.message}`);
  }
}

/** `sign_in_required` with the command that helps; any other error as it is. */
export function withLoginHint(error: unknown, loginCommand: string): unknown {
  if (!isTegataError(error) || error.code !== "sign_in_required") {
    return error;
  }
  return new TegataError(error.code, error.message, { hint: loginCommand, details: error.details, cause: error });
}
