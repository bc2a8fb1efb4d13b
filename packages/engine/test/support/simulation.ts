import { EventEmitter, once } from "node:events";
import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AcquireContext,
  assumeRoleStep,
  defineIdp,
  type Fetch,
  type InteractiveIdp,
  noSessionPolicy,
  type Ports,
  type PromptPerson,
  type RoleArn,
  roleArnSchema,
  signInRequired,
  type Steps,
  TegataError,
  webIdentityStep,
  inWords,
  plainVocabulary,
} from "@tegata/core";
import { fakeListen, fakeMachine } from "@tegata/testkit";
import * as jose from "jose";
import * as v from "valibot";
import { obtainCredentials } from "../../src/credentials/obtain-credentials.ts";
import { newSignIn } from "../../src/credentials/new-sign-in.ts";
import type { CredentialsContext, ObtainedCredentials } from "../../src/credentials/renewal.ts";
import type { Lock, Locks } from "../../src/files/lock.ts";
import { beginSignIn } from "../../src/session/stored-sign-in.ts";
import { signOut } from "../../src/session/sign-out.ts";
import type { ResolvedIdp, ResolvedWorkload, ResolvedInteractiveIdp } from "../../src/settings/resolved.ts";
import { sessionKeyOf } from "../../src/credentials/cache-key.ts";
import { createCredentialsCache } from "../../src/storage/credentials-cache.ts";
import { createSessionStore } from "../../src/storage/session-store.ts";
import { plainTokenStore } from "../../src/storage/token-store.ts";
import { memoryStore } from "./memory-store.ts";
import { virtualTime } from "./virtual-time.ts";

const issuer = "https://idp.example";
const audience = "tegata";
/** Of the client `tegata`, which can also sign in by itself. */
export const clientSecret = "s3cret";
const keys = await jose.generateKeyPair("ES256");
const publicJwk = { ...(await jose.exportJWK(keys.publicKey)), kid: "k1", alg: "ES256", use: "sig" };

/** `sts` is the exchange of an ID token there, `chain` a role that another one assumes. */
type Area = "token" | "sts" | "revoke" | "chain";

export interface SimulationOptions {
  /** How long an ID token lives. */
  readonly idTokenSeconds?: number;
  /** How long STS, and the token endpoint, think. */
  readonly answerMilliseconds?: number;
  readonly credentialsSeconds?: number;
  /** Files, as on a real machine; left out, memory. */
  readonly onDisk?: boolean;
}

interface SimulatedRequest {
  readonly role?: string;
  /** Assumed one by the other, after the first. */
  readonly chain?: readonly string[];
  readonly fresh?: boolean;
  /** Who signs in when asked. Left out, nobody may be asked. */
  readonly person?: string;
  /** Left out, the provider where people sign in. */
  readonly idp?: ResolvedIdp;
}

/** One process, as the engine sees it: what is stored is shared with the others. */
interface SimulatedProcess {
  readonly context: CredentialsContext;
  readonly said: readonly string[];
  obtain(options?: SimulatedRequest): Promise<ObtainedCredentials["record"]>;
  /** A new sign-in, with credentials where a role is named. */
  login(options: Pick<SimulatedRequest, "idp" | "person" | "role" | "chain">): ReturnType<typeof newSignIn>;
}

/** A provider, an STS and a disk, with any number of processes, on a time that goes on only when all of them wait. */
export async function simulation(options: SimulationOptions = {}) {
  const { idTokenSeconds = 3600, answerMilliseconds = 1000, credentialsSeconds = 3600 } = options;
  const time = virtualTime(Date.UTC(2030, 0, 1));
  const { clock } = time;
  const base = options.onDisk === true ? await realpath(await mkdtemp(join(tmpdir(), "tegata-simulation-"))) : "";
  const memory = options.onDisk === true ? undefined : memoryStore();
  const host = { platform: process.platform, uid: process.getuid?.() };
  const folder = (name: string) => ({ path: join(base, name), variable: "TEGATA_STATE_DIR" });
  const counts: Record<Exclude<Area, "chain">, number> = { token: 0, sts: 0, revoke: 0 };
  /** Who assumed which role: `Prod by ASIAann1`. */
  const chained: string[] = [];
  const asked: string[] = [];
  const revoked: string[] = [];
  const live = new Map<string, string>();
  /** Fails the next request of an area. */
  const failures = new Map<Area, TegataError | string>();
  /** Anyone who asks there waits until it is let go. */
  const gates = new Map<Area, { readonly reached: () => void; readonly open: Promise<unknown> }>();
  let serial = 0;
  let refusal: TegataError | undefined;

  const idTokenFor = (subject: string) => {
    const nowSeconds = Math.floor(clock.now() / 1000);
    serial += 1;
    return new jose.SignJWT({ email: `${subject}@example.com`, jti: String(serial) })
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + idTokenSeconds)
      .sign(keys.privateKey);
  };
  const refreshTokenFor = (subject: string) => {
    serial += 1;
    live.set(`refresh-${subject}-${serial}`, subject);
    return `refresh-${subject}-${serial}`;
  };
  const enter = async (area: Area) => {
    if (area !== "chain") {
      counts[area] += 1;
    }
    const gate = gates.get(area);
    gates.delete(area);
    gate?.reached();
    await (gate && time.wait(gate.open));
    await clock.sleep(answerMilliseconds);
    const failure = failures.get(area);
    failures.delete(area);
    return failure;
  };

  /** RFC 6749 section 4.4, with an ID token as Keycloak gives it. People are answered without a request here. */
  const tokenForClient = async ({ body, headers }: Parameters<Fetch>[1]): Promise<Response> => {
    const failure = await enter("token");
    const parameters = body instanceof URLSearchParams ? body : new URLSearchParams();
    if (parameters.get("grant_type") !== "client_credentials") {
      return refused("unsupported_grant_type", 400);
    }
    if (failure !== undefined) {
      return refused(String(failure), 400);
    }
    const isClient = new Headers(headers).get("authorization") === `Basic ${btoa(`${audience}:${clientSecret}`)}`;
    return isClient
      ? Response.json({ access_token: "opaque", token_type: "Bearer", id_token: await idTokenFor(audience) })
      : refused("invalid_client", 401);
  };

  const fetch: Fetch = async (url, init) => {
    if (url.endsWith("/.well-known/openid-configuration")) {
      return Response.json({
        issuer,
        jwks_uri: `${issuer}/keys`,
        token_endpoint: `${issuer}/token`,
        device_authorization_endpoint: `${issuer}/device`,
      });
    }
    if (url === `${issuer}/keys`) {
      return Response.json({ keys: [publicJwk] });
    }
    if (url === `${issuer}/token`) {
      return tokenForClient(init);
    }
    const parameters = new URLSearchParams(typeof init.body === "string" ? init.body : "");
    const action = parameters.get("Action");
    const [, role = ""] = /role\/(.*)$/.exec(parameters.get("RoleArn") ?? "") ?? [];
    const [, asker = ""] = /Credential=([^/]+)/.exec(new Headers(init.headers).get("authorization") ?? "") ?? [];
    if (action === "AssumeRole") {
      chained.push(`${role} by ${asker}`);
    }
    const failure = await enter(action === "AssumeRole" ? "chain" : "sts");
    if (failure !== undefined) {
      const error = `<Error><Type>Sender</Type><Code>${String(failure)}</Code><Message>no</Message></Error>`;
      const text = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>r</RequestId></ErrorResponse>`;
      return new Response(text, { status: 400, headers: { "content-type": "text/xml" } });
    }
    const keyId =
      action === "AssumeRole"
        ? `ASIA${role}${chained.length}`
        : `ASIA${String(jose.decodeJwt(parameters.get("WebIdentityToken") ?? "").sub)}${counts.sts}`;
    const expiration = new Date(clock.now() + credentialsSeconds * 1000).toISOString();
    const keysOf = `<AccessKeyId>${keyId}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>`;
    const session = `<SessionToken>token</SessionToken><Expiration>${expiration}</Expiration>`;
    const text =
      `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>` +
      `<Credentials>${keysOf}${session}</Credentials></${action}Result></${action}Response>`;
    return new Response(text, { headers: { "content-type": "text/xml" } });
  };

  const byRefreshToken = async (refreshToken: string, context: AcquireContext) => {
    // The provider has done it when its answer is on the way.
    const subject = live.get(refreshToken);
    live.delete(refreshToken);
    const rotated = subject === undefined ? undefined : refreshTokenFor(subject);
    const failure = await enter("token");
    if (failure instanceof TegataError) {
      if (failure.code === "sign_in_required") {
        await context.dropRefreshToken({ words: failure.message });
      }
      throw failure;
    }
    if (subject === undefined || rotated === undefined) {
      await context.dropRefreshToken({ words: "it was used twice" });
      throw signInRequired();
    }
    await context.storeRefreshToken(rotated);
    return { idToken: await idTokenFor(subject), refreshToken: rotated, byRefreshToken: true };
  };
  let person = "";
  const personWho = (subject: string): PromptPerson => {
    return () => {
      asked.push(subject);
      person = subject;
      return promptEnds;
    };
  };
  const plugin: InteractiveIdp = defineIdp({
    kind: "interactive",
    id: "simulated",
    summary: "a provider without a network",
    settings: v.strictObject({}),
    expectations: () => ({ issuer, audience }),
    acquire: async (_settings, context) => {
      if (context.refreshToken !== undefined) {
        try {
          return await byRefreshToken(context.refreshToken, context);
        } catch (error) {
          if (context.promptPerson === undefined) {
            throw error;
          }
        }
      }
      if (context.promptPerson === undefined) {
        throw signInRequired();
      }
      const end = context.promptPerson({
        kind: "device",
        verificationUri: `${issuer}/activate`,
        verificationUriComplete: undefined,
        userCode: "ABCD",
        expiresAt: clock.now() + 600_000,
      });
      const subject = person;
      await clock.sleep(5000);
      end();
      return { idToken: await idTokenFor(subject), refreshToken: refreshTokenFor(subject), byRefreshToken: false };
    },
    revoke: async (_settings, refreshToken) => {
      counts.revoke += 1;
      if (refusal !== undefined) {
        throw refusal;
      }
      revoked.push(refreshToken);
      live.delete(refreshToken);
    },
  });
  const idp: ResolvedInteractiveIdp = { kind: "interactive", name: "corp", plugin, settings: {} };
  const sessionKey = await sessionKeyOf(idp);
  const [credentialsLocks, sessionLocks] = [locksInMemory(), locksInMemory()];

  const newProcess = (
    change: (context: CredentialsContext) => Partial<CredentialsContext> = () => ({}),
  ): SimulatedProcess => {
    const said: string[] = [];
    const ports: Ports = {
      fetch,
      clock,
      random: () => 0.5,
      signal: new AbortController().signal,
      log: (line) => said.push(line),
      listen: fakeListen().listen,
    };
    const common: CredentialsContext = {
      cache: memory?.cache ?? createCredentialsCache(folder("cache"), host),
      sessions: memory?.sessions ?? createSessionStore(folder("state"), host, plainTokenStore),
      sessionLocks,
      credentialsLocks,
      ports,
      machine: fakeMachine(),
      notify: {
        say: (line) => said.push(inWords(line, plainVocabulary)),
        warn: (line) => said.push(`warning: ${inWords(line, plainVocabulary)}`),
        log: ports.log,
      },
      documents: { forgetOwn: () => Promise.resolve() },
    };
    const context = { ...common, ...change(common) };
    return {
      context,
      said,
      obtain: async ({ role = "Developer", chain = [], fresh = false, person: who, idp: by = idp } = {}) => {
        const promptPerson = who === undefined ? undefined : personWho(who);
        const { record } = await time.run(() =>
          obtainCredentials({ idp: by, steps: stepsTo(role, chain), promptPerson, fresh }, context),
        );
        return record;
      },
      login: ({ role, chain = [], person: who, idp: by = idp }) =>
        time.run(() =>
          newSignIn(
            {
              idp: by,
              steps: role === undefined ? undefined : stepsTo(role, chain),
              promptPerson: who === undefined ? undefined : personWho(who),
            },
            context,
          ),
        ),
    };
  };

  return {
    time,
    counts,
    chained,
    asked,
    revoked,
    idp,
    sessionKey,
    /** The folder that holds `cache` and `state`, where things are stored on disk. */
    base,
    fetch,
    personWho,
    newProcess,
    pass: (milliseconds: number) => time.run(() => clock.sleep(milliseconds)),
    /** The next request of an area fails: for STS with this error code, at the token endpoint with this error. */
    fail: (area: Area, failure: TegataError | string) => failures.set(area, failure),
    /** From now on no refresh token is revoked. */
    refuseRevocation: (error: TegataError) => {
      refusal = error;
    },
    /** Holds the next request of an area until the function that is returned is called. */
    hold: (area: Area) => {
      const gate = new EventEmitter();
      const [reached, open] = [once(gate, "reached"), once(gate, "open")];
      gates.set(area, { reached: () => gate.emit("reached"), open });
      return { reached, letGo: () => gate.emit("open") };
    },
    /** A stored sign-in whose ID token has ended. */
    keepSignIn: async (subject: string) => {
      const { context } = newProcess();
      const session = { issuer, subject, idToken: undefined, refreshToken: refreshTokenFor(subject) };
      await beginSignIn(sessionKey, { ...session, savedAt: clock.now() }, context);
    },
    /** A platform that vouches for a subject. */
    workload: (subject: string): ResolvedWorkload => ({
      kind: "workload",
      name: "workload",
      settings: {},
      identity: {
        platform: "a simulated platform",
        fingerprint: subject,
        acquire: async () => ({ idToken: await idTokenFor(subject), issuer, audience }),
      },
    }),
    signIn: (subject: string) => newProcess().login({ person: subject }),
    signOut: () => time.run(() => signOut(sessionKey, idp, "corp", newProcess().context)),
    kept: async () =>
      memory?.names() ??
      (await Promise.all(["cache", "state"].map((name) => readdir(join(base, name)).catch(() => [])))).flat(),
    close: () => (base === "" ? Promise.resolve() : rm(base, { recursive: true, force: true })),
  };
}

function promptEnds(): void {}

/** RFC 6749 section 5.2. */
function refused(error: string, status: number): Response {
  return Response.json({ error }, { status });
}

const target = { region: "us-east-1", endpoint: undefined, useFipsEndpoint: false, useDualstackEndpoint: false };

/** A role by an ID token, and roles that are assumed one by the other. */
function stepsTo(first: string, others: readonly string[]): Steps {
  const common = { roleSessionName: undefined, durationSeconds: 3600, sessionPolicy: noSessionPolicy, target };
  const alone = { externalId: undefined, sourceIdentity: undefined, tags: {}, transitiveTagKeys: [] };
  return [
    webIdentityStep({ ...common, role: roleNamed(first) }),
    ...others.map((name) => assumeRoleStep({ ...common, ...alone, role: roleNamed(name) })),
  ];
}

function roleNamed(name: string): RoleArn {
  return v.parse(roleArnSchema, `arn:aws:iam::123456789012:role/${name}`);
}

/** Locks of processes that never die. */
function locksInMemory(): Locks {
  const held = new Set<string>();
  return {
    tryAcquire: (name) => {
      if (held.has(name)) {
        return Promise.resolve(undefined);
      }
      held.add(name);
      const lock: Lock = {
        release: () => {
          held.delete(name);
          return Promise.resolve();
        },
      };
      return Promise.resolve(lock);
    },
  };
}
