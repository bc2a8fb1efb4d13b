import { decide, type Decision } from "./approval.ts";
import { ControlService } from "./control-service.ts";
import { FaultBoard, type Fault } from "./faults.ts";
import { ConsoleSessions } from "./federation/console-sessions.ts";
import { CONSOLE_PATH, FederationService } from "./federation/federation-service.ts";
import { LoopbackServer } from "./http-server.ts";
import { AUTH0_FACE, OIDC_FACE, type Face } from "./idp/configuration.ts";
import { IdentityProvider } from "./idp/identity-provider.ts";
import { CLIENT_ID, DEFAULT_USERS, type SandboxOptions } from "./options.ts";
import { RequestLog, type Area, type RequestRecord } from "./request-log.ts";
import { SecretLedger, type Secret } from "./secret-ledger.ts";
import { CredentialStore } from "./sts/credentials.ts";
import { defaultRoleArn, Iam } from "./sts/iam.ts";
import { StsService } from "./sts/sts-service.ts";

const SERVERS = 5;

/** A running world on loopback. */
export interface Sandbox {
  /** The plain OpenID provider. */
  oidc: { issuer: string; clientId: string };
  /** The provider that answers as Auth0 does; its issuer ends in a slash. */
  auth0: { domain: string; issuer: string; clientId: string };
  sts: { endpoint: string };
  /** URL of the console federation endpoint, path included. */
  federation: { endpoint: string };
  consoleUrl: string;
  /** Address of the control port, when it was asked for. */
  control: { endpoint: string } | undefined;
  /** ARNs. ReadOnly and BobOnly last at most an hour; only bob@example.com (the second user) may have BobOnly. */
  roles: { developer: string; readOnly: string; bobOnly: string };
  faults: { set(fault: Fault): void; clear(): void };
  /** New signing keys at both identity providers; the old keys stay in the JWKS unless `dropOld`. */
  rotateKeys(options?: { dropOld?: boolean }): Promise<void>;
  /** Every request but those to the control port; `count` leaves out what the sandbox's own STS asked. */
  requests: { all(): RequestRecord[]; count(area: Area): number; clear(): void };
  /** Every secret that was handed out. */
  secrets(): Secret[];
  /** Signs in and allows, through the provider's own pages. Takes `verification_uri_complete`, or `verification_uri` with `userCode`. */
  approve(verificationUri: string, options?: Decision): Promise<void>;
  /** Signs in and denies. */
  deny(verificationUri: string, options?: Decision): Promise<void>;
  /** Cuts every connection and frees every port. */
  close(): Promise<void>;
}

/** Starts an OpenID provider, an Auth0 look-alike, an STS and a console federation endpoint on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const shared = { faults: new FaultBoard(), requests: new RequestLog() };
  const servers = await listenAll(options.port ?? 0, shared);
  try {
    return await furnish(servers, shared, options);
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
}

type Servers = readonly [LoopbackServer, LoopbackServer, LoopbackServer, LoopbackServer, LoopbackServer];
type SharedState = Parameters<typeof LoopbackServer.listen>[1];

async function listenAll(port: number, shared: SharedState): Promise<Servers> {
  const attempts = await Promise.allSettled(
    Array.from({ length: SERVERS }, (_, index) => LoopbackServer.listen(port === 0 ? 0 : port + index, shared)),
  );
  const servers = attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
  const [oidc, auth0, sts, federation, control] = servers;
  if (!oidc || !auth0 || !sts || !federation || !control) {
    await Promise.all(servers.map((server) => server.close()));
    const failed = attempts.find((attempt) => attempt.status === "rejected");
    throw new Error("a port of the sandbox is taken", { cause: failed?.reason });
  }
  return [oidc, auth0, sts, federation, control];
}

async function furnish(servers: Servers, shared: SharedState, options: SandboxOptions): Promise<Sandbox> {
  const [oidcServer, auth0Server, stsServer, federationServer, controlServer] = servers;
  const { users = DEFAULT_USERS, now = Date.now } = options;
  const issuers = { oidc: oidcServer.origin, auth0: `${auth0Server.origin}/` };
  const secrets = new SecretLedger();

  const provider = (face: Face, defaults: { deviceCode: number; idToken: number }): IdentityProvider =>
    new IdentityProvider({
      face,
      issuer: issuers[face.name],
      users,
      lifetimes: {
        deviceCode: options.deviceCodeLifetimeSeconds ?? defaults.deviceCode,
        idToken: options.idTokenLifetimeSeconds ?? defaults.idToken,
        refreshToken: options.refreshTokenLifetimeSeconds ?? 2_592_000,
      },
      intervalSeconds: options.intervalSeconds ?? 5,
      slowDownStepSeconds: options.slowDownStepSeconds ?? 5,
      secrets,
    });
  const oidc = provider(OIDC_FACE, { deviceCode: 600, idToken: 3600 });
  const auth0 = provider(AUTH0_FACE, { deviceCode: 900, idToken: 36_000 });
  oidcServer.use(oidc);
  auth0Server.use(auth0);

  const bob = users[1];
  const iam = new Iam(options, issuers, bob ? [OIDC_FACE.accountIdOf(bob), AUTH0_FACE.accountIdOf(bob)] : []);
  const credentials = new CredentialStore(secrets);
  stsServer.use(new StsService({ iam, credentials }, now));
  federationServer.use(new FederationService(new ConsoleSessions(credentials, secrets), now, federationServer.origin));

  const rotateKeys: Sandbox["rotateKeys"] = async (rotation) => {
    await Promise.all([oidc.rotateKeys(rotation), auth0.rotateKeys(rotation)]);
  };
  if (options.control === true) {
    controlServer.use(new ControlService({ ...shared, rotateKeys }));
  } else {
    await controlServer.close();
  }

  const firstUser = users[0]?.email ?? "";
  return {
    oidc: { issuer: issuers.oidc, clientId: CLIENT_ID },
    auth0: { domain: auth0Server.origin, issuer: issuers.auth0, clientId: CLIENT_ID },
    sts: { endpoint: stsServer.origin },
    federation: { endpoint: `${federationServer.origin}/federation` },
    consoleUrl: `${federationServer.origin}${CONSOLE_PATH}`,
    control: options.control === true ? { endpoint: controlServer.origin } : undefined,
    roles: {
      developer: defaultRoleArn("Developer"),
      readOnly: defaultRoleArn("ReadOnly"),
      bobOnly: defaultRoleArn("BobOnly"),
    },
    faults: { set: (fault) => shared.faults.set(fault), clear: () => shared.faults.clear() },
    rotateKeys,
    requests: {
      all: () => shared.requests.all(),
      count: (area) => shared.requests.count(area),
      clear: () => shared.requests.clear(),
    },
    secrets: () => secrets.all(),
    approve: (uri, decision = {}) => decide(uri, "allow", { as: firstUser, ...decision }),
    deny: (uri, decision = {}) => decide(uri, "deny", { as: firstUser, ...decision }),
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
