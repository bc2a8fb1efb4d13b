import type { TrustPolicy } from "./sts/trust-policy.ts";

/** Identity providers that are started when asked for. */
export const FACES_ON_DEMAND = ["okta", "entra", "google", "openiddict", "cognito", "gitlab"] as const;

/** A provider that is started on demand. */
export type FaceOnDemand = (typeof FACES_ON_DEMAND)[number];

/** Every identity provider that there is. */
export type FaceName = "oidc" | "auth0" | FaceOnDemand;

/** A person who can sign in at every identity provider. */
export interface SandboxUser {
  /** What is typed on the sign-in page. */
  email: string;
  name: string;
  /** `sub` of the plain provider; the Auth0 look-alike answers `auth0|<id>`. */
  id: string;
  groups: readonly string[];
  /** Claims put into the ID token as they are, for example session tags. */
  claims?: Readonly<Record<string, unknown>>;
}

/** The issuers of one sandbox, as their tokens name them in `iss`; those that its STS can reach. */
export interface SandboxIssuers {
  oidc: string;
  auth0: string;
  okta?: string;
  entra?: string;
  openiddict?: string;
  cognito?: string;
  gitlab?: string;
}

/**
 * A role that can be assumed. An ARN without an account (`arn:minio:iam:::role/x`, `arn:aws:iam:::role/x`) is answered as an
 * S3-compatible store does: no assumed-role ARN, microseconds in `Expiration`.
 */
export interface SandboxRole {
  arn: string;
  /** MaxSessionDuration in seconds, 3600 to 43200. Default 3600. */
  maxSessionDurationSeconds?: number;
  /** Default: everybody whom one of the issuers vouches for, with this sandbox's client as audience; no other role. */
  trustPolicy?: (issuers: SandboxIssuers) => TrustPolicy;
}

/** What {@link startSandbox} can be told; every member has a default. */
export interface SandboxOptions {
  /** First of five consecutive ports on 127.0.0.1 (oidc, auth0, sts, federation and console, control, then `faces`); 0, the default, takes free ones. */
  port?: number;
  /** Identity providers to start besides the plain one and the Auth0 look-alike. Default: none. */
  faces?: readonly FaceOnDemand[];
  /** Open the control port, where faults are set over HTTP. Default false. */
  control?: boolean;
  /** `interval` of the device authorization answer, in seconds. Default 5 (RFC 8628, section 3.2). */
  intervalSeconds?: number;
  /** What every `slow_down` adds to the interval, in seconds. Default 5 (RFC 8628, section 3.5). */
  slowDownStepSeconds?: number;
  /** Default 600; the Auth0 look-alike 900, as Entra; Google 1800. */
  deviceCodeLifetimeSeconds?: number;
  /** Default 3600; the Auth0 look-alike 36000. */
  idTokenLifetimeSeconds?: number;
  /** Default 2592000 (30 days). */
  refreshTokenLifetimeSeconds?: number;
  /** How long a rotated refresh token stays good after its first use. Default 0; OpenIddict 30; Entra: always. */
  refreshTokenLeewaySeconds?: number;
  /** Default: ann@example.com, bob@example.com. */
  users?: readonly SandboxUser[];
  /** Ports of the registered redirect URIs, at providers that compare the port. Default: {@link REDIRECT_PORTS}. */
  redirectPorts?: readonly number[];
  /** Roles besides Developer, ReadOnly and BobOnly; one with the same ARN replaces it. */
  roles?: readonly SandboxRole[];
  /** Issuers that IAM knows besides the two of the sandbox. */
  providers?: readonly { url: string; clientIds: readonly string[] }[];
  /** Issuers of the sandbox that IAM does not know. */
  unregistered?: readonly (keyof SandboxIssuers)[];
  /** Milliseconds since the epoch, for STS and the federation endpoint; the identity providers use the process's own clock. */
  now?: () => number;
}

/** Public native client, registered at every identity provider and in IAM. */
export const CLIENT_ID = "tegata-cli";

/** Public native client without the device grant. */
export const CLIENT_ID_WITHOUT_DEVICE_GRANT = "no-device-grant";

/** Public native client without the authorization code grant. */
export const CLIENT_ID_WITHOUT_CODE_GRANT = "no-code-grant";

/** Public native client that the OpenIddict look-alike does not let revoke. */
export const CLIENT_ID_WITHOUT_REVOCATION = "no-revocation";

/** Google's clients have one grant each: this one is a desktop app. */
export const GOOGLE_DESKTOP_CLIENT_ID = "tegata-desktop";

/** Client that signs in by itself, with a secret or a key; registered at every provider but Google, and in IAM. */
export const MACHINE_CLIENT_ID = "tegata-machine";

/** Ports of the redirect URIs that are registered where the port is compared. */
export const REDIRECT_PORTS: readonly number[] = [17_580, 17_581, 17_582];

/** The account of the default roles. */
export const ACCOUNT_ID = "123456789012";

export const DEFAULT_USERS: readonly [SandboxUser, SandboxUser] = [
  { email: "ann@example.com", name: "Ann Example", id: "65f1a0c2d4e6f80011223301", groups: ["developers", "on-call"] },
  { email: "bob@example.com", name: "Bob Example", id: "65f1a0c2d4e6f80011223302", groups: ["auditors"] },
];
