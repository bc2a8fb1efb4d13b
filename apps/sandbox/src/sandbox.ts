import { authorize, browse, type BrowsedPage, decide, type Decision } from "./approval.ts";
import { ControlService } from "./control-service.ts";
import { FaultBoard, type Fault } from "./faults.ts";
import { ConsoleSessions } from "./federation/console-sessions.ts";
import { CONSOLE_PATH, FederationService } from "./federation/federation-service.ts";
import { LoopbackServer } from "./http-server.ts";
import { AUTH0_FACE } from "./idp/auth0-face.ts";
import { ENTRA_FACE } from "./idp/entra-face.ts";
import type { Face } from "./idp/face.ts";
import { GOOGLE_FACE } from "./idp/google-face.ts";
import { IdentityProvider } from "./idp/identity-provider.ts";
import { OKTA_FACE } from "./idp/okta-face.ts";
import { COGNITO_FACE } from "./idp/cognito-face.ts";
import { GITLAB_FACE } from "./idp/gitlab-face.ts";
import { OPENIDDICT_FACE } from "./idp/openiddict-face.ts";
import { MachineClient, type MachineCredentials } from "./idp/machine-client.ts";
import { OIDC_FACE } from "./idp/plain-face.ts";
import { CLIENT_ID, DEFAULT_USERS, REDIRECT_PORTS, type FaceOnDemand, type SandboxOptions } from "./options.ts";
import { RequestLog, type Area, type RequestRecord } from "./request-log.ts";
import { SecretLedger, type Secret } from "./secret-ledger.ts";
import { CredentialStore } from "./sts/credentials.ts";
import { defaultRoleArn, Iam } from "./sts/iam.ts";
import { StsService } from "./sts/sts-service.ts";

const SERVERS = 5;
const ON_DEMAND: Readonly<Record<FaceOnDemand, Face>> = {
  okta: OKTA_FACE,
  entra: ENTRA_FACE,
  google: GOOGLE_FACE,
  openiddict: OPENIDDICT_FACE,
  cognito: COGNITO_FACE,
  gitlab: GITLAB_FACE,
};

/** An identity provider that was started on demand. */
export interface FaceAddress {
  /** What tokens name in `iss`. */
  issuer: string;
  /** Where it listens. */
  origin: string;
  clientId: string;
  /** Of a client that cannot keep it. */
  clientSecret: string | undefined;
  /** The URL at this server of what in the world has a host of its own, such as `https://oauth2.googleapis.com/token`. */
  reach: (url: string) => string;
}

/** A running world on loopback. */
export interface Sandbox {
  /** The plain OpenID provider. */
  oidc: { issuer: string; clientId: string };
  /** The provider that answers as Auth0 does; its issuer ends in a slash. */
  auth0: { domain: string; issuer: string; clientId: string };
  /**
   * A provider that `faces` named.
   *
   * @throws {Error} for one that was not started
   */
  face(name: FaceOnDemand): FaceAddress;
  /** What the client that signs in by itself has. */
  machine(): Promise<MachineCredentials>;
  sts: { endpoint: string };
  /** URL of the console federation endpoint, path included. */
  federation: { endpoint: string };
  consoleUrl: string;
  /** Address of the control port, when it was asked for. */
  control: { endpoint: string } | undefined;
  /** ARNs. ReadOnly and BobOnly last at most an hour; only bob@example.com (the second user) may have BobOnly. */
  roles: { developer: string; readOnly: string; bobOnly: string };
  faults: { set(fault: Fault): void; clear(): void };
  /** New signing keys at every identity provider; the old keys stay in the JWKS unless `dropOld`. */
  rotateKeys(options?: { dropOld?: boolean }): Promise<void>;
  /** Every request but those to the control port; `count` leaves out what the sandbox's own STS asked. */
  requests: { all(): RequestRecord[]; count(area: Area): number; clear(): void };
  /** Every secret that was handed out. */
  secrets(): Secret[];
  /** Signs in and allows, through the provider's own pages. Takes `verification_uri_complete`, or `verification_uri` with `userCode`. */
  approve(verificationUri: string, options?: Decision): Promise<void>;
  /** Signs in and denies. */
  deny(verificationUri: string, options?: Decision): Promise<void>;
  /**
   * Opens an authorization request in a browser without scripts, signs in and allows (or denies), and follows the redirect back.
   *
   * @returns the page at the program that asked, or the provider's page that says why there is no way back
   */
  browse(authorizationUri: string, options?: Decision & { outcome?: "allow" | "deny" }): Promise<BrowsedPage>;
  /**
   * The same, but the browser does not go back: for a program that listens nowhere.
   *
   * @returns the redirect address, with the code or the error
   */
  authorize(authorizationUri: string, options?: Decision & { outcome?: "allow" | "deny" }): Promise<string>;
  /** Cuts every connection and frees every port. */
  close(): Promise<void>;
}

/** Starts an OpenID provider, an Auth0 look-alike, an STS and a console federation endpoint on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const shared = { faults: new FaultBoard(), requests: new RequestLog() };
  const faces = [...new Set(options.faces)].map((name) => ON_DEMAND[name]);
  const servers = await listenAll(options.port ?? 0, faces.length, shared);
  try {
    return await furnish(servers, faces, shared, options);
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
}

type Servers = readonly [
  LoopbackServer,
  LoopbackServer,
  LoopbackServer,
  LoopbackServer,
  LoopbackServer,
  ...LoopbackServer[],
];
type SharedState = Parameters<typeof LoopbackServer.listen>[1];

async function listenAll(port: number, further: number, shared: SharedState): Promise<Servers> {
  const attempts = await Promise.allSettled(
    Array.from({ length: SERVERS + further }, (_, index) =>
      LoopbackServer.listen(port === 0 ? 0 : port + index, shared),
    ),
  );
  const servers = attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
  const [oidc, auth0, sts, federation, control, ...others] = servers;
  if (!oidc || !auth0 || !sts || !federation || !control || others.length < further) {
    await Promise.all(servers.map((server) => server.close()));
    const failed = attempts.find((attempt) => attempt.status === "rejected");
    throw new Error("a port of the sandbox is taken", { cause: failed?.reason });
  }
  return [oidc, auth0, sts, federation, control, ...others];
}

async function furnish(
  servers: Servers,
  facesOnDemand: readonly Face[],
  shared: SharedState,
  options: SandboxOptions,
): Promise<Sandbox> {
  const [oidcServer, auth0Server, stsServer, federationServer, controlServer, ...others] = servers;
  const { users = DEFAULT_USERS, now = Date.now } = options;
  const secrets = new SecretLedger();
  const machine = new MachineClient(secrets);

  const serve = (server: LoopbackServer, face: Face): IdentityProvider => {
    const provider = new IdentityProvider({
      face,
      machine,
      issuer: face.issuerOf(server.origin),
      users,
      lifetimes: {
        deviceCode: options.deviceCodeLifetimeSeconds ?? face.lifetimes.deviceCode,
        idToken: options.idTokenLifetimeSeconds ?? face.lifetimes.idToken,
        refreshToken: options.refreshTokenLifetimeSeconds ?? 2_592_000,
      },
      leewaySeconds: options.refreshTokenLeewaySeconds ?? face.leewaySeconds,
      intervalSeconds: options.intervalSeconds ?? 5,
      slowDownStepSeconds: options.slowDownStepSeconds ?? 5,
      redirectPorts: options.redirectPorts ?? REDIRECT_PORTS,
      secrets,
    });
    server.use(provider);
    secrets.add("client_secret", face.clientSecret);
    return provider;
  };
  const providers = [serve(oidcServer, OIDC_FACE), serve(auth0Server, AUTH0_FACE)];
  const addresses = new Map<string, FaceAddress>();
  others.forEach((server, index) => {
    const face = facesOnDemand[index];
    if (face !== undefined) {
      providers.push(serve(server, face));
      addresses.set(face.name, addressOf(server, face));
    }
  });
  const issuers = {
    oidc: OIDC_FACE.issuerOf(oidcServer.origin),
    auth0: AUTH0_FACE.issuerOf(auth0Server.origin),
    // The others are where no server of this sandbox is.
    ...Object.fromEntries(
      [...addresses].filter(([, at]) => at.issuer.startsWith(at.origin)).map(([name, { issuer }]) => [name, issuer]),
    ),
  };

  const bob = users[1];
  const faces = [OIDC_FACE, AUTH0_FACE, ...facesOnDemand];
  const iam = new Iam(options, issuers, bob ? faces.map((face) => face.accountIdOf(bob)) : []);
  const credentials = new CredentialStore(secrets);
  stsServer.use(new StsService({ iam, credentials }, now));
  federationServer.use(new FederationService(new ConsoleSessions(credentials, secrets), now, federationServer.origin));

  const rotateKeys: Sandbox["rotateKeys"] = async (rotation) => {
    await Promise.all(providers.map((provider) => provider.rotateKeys(rotation)));
  };
  if (options.control === true) {
    controlServer.use(new ControlService({ ...shared, rotateKeys }));
  } else {
    await controlServer.close();
  }

  const firstUser = users[0]?.email ?? "";
  const reach = (uri: string): string => [...addresses.values()].reduce((url, at) => at.reach(url), uri);
  return {
    oidc: { issuer: issuers.oidc, clientId: CLIENT_ID },
    auth0: { domain: auth0Server.origin, issuer: issuers.auth0, clientId: CLIENT_ID },
    face: (name) => {
      const address = addresses.get(name);
      if (address === undefined) {
        throw new Error(`the provider ${name} was not started: name it in faces`);
      }
      return address;
    },
    machine: () => machine.credentials(),
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
    approve: (uri, decision = {}) => decide(reach(uri), "allow", { as: firstUser, ...decision }),
    browse: (uri, { outcome = "allow", ...decision } = {}) =>
      browse(reach(uri), outcome, { as: firstUser, ...decision }, reach),
    authorize: (uri, { outcome = "allow", ...decision } = {}) =>
      authorize(reach(uri), outcome, { as: firstUser, ...decision }, reach),
    deny: (uri, decision = {}) => decide(reach(uri), "deny", { as: firstUser, ...decision }),
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

function addressOf({ origin }: LoopbackServer, { issuerOf, hosts, clientSecret }: Face): FaceAddress {
  return {
    issuer: issuerOf(origin),
    origin,
    clientId: CLIENT_ID,
    clientSecret,
    reach: (address) => {
      const url = new URL(address);
      return hosts.includes(url.host) ? `${origin}${url.pathname}${url.search}` : address;
    },
  };
}
