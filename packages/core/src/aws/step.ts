import type { Ports } from "../base/ports.ts";
import type { IdTokenForSts } from "../oidc/verified-id-token.ts";
import type { CallerIdentity } from "./caller-identity.ts";
import type { AwsCredentials } from "./credentials.ts";
import type { RoleArn } from "./role-arn.ts";

/** What a field of an identity may be. `undefined`: as if it were not there. */
export type IdentityField =
  | string
  | number
  | boolean
  | undefined
  | readonly string[]
  | Readonly<Record<string, string>>;

/**
 * One way from what is there to the credentials of a role. What follows an ID token is a list of them, each with its own
 * request and its own error table; what runs them knows none of them by name.
 */
export interface Step {
  /** The role whose credentials it gives. */
  readonly role: RoleArn;
  /** The URL of the STS that it asks, for people. Left out: nobody can tell. */
  address?(): string;
  /**
   * Everything that tells its credentials apart from those of any other step, its kind included, named field by field: the
   * key of kept credentials is made of the identities of all steps. A field that is read differently from now on gets another
   * name.
   */
  readonly identity: { readonly step: string } & Readonly<Record<string, IdentityField>>;
  /**
   * Asks the same STS whose credentials these are. Left out: there is nobody to ask.
   *
   * @throws TegataError `sts_*`
   */
  callerIdentity?(credentials: AwsCredentials, ports: Ports): Promise<CallerIdentity>;
}

/** What a step gives to the next one. */
export interface StepResult {
  readonly credentials: AwsCredentials;
  /** The role that they are of. */
  readonly roleArn: string;
  /** The session's name, which goes on through the steps that have none of their own. */
  readonly roleSessionName: string;
}

/** The step that an ID token begins with. */
export interface FirstStep extends Step {
  /** @throws TegataError `sts_*`, by the step's own error table */
  begin(idToken: IdTokenForSts, ports: Ports): Promise<StepResult>;
}

/** A step that goes on with the credentials of the one before. */
export interface NextStep extends Step {
  /** @throws TegataError `sts_*`, by the step's own error table */
  goOn(from: StepResult, ports: Ports): Promise<StepResult>;
}

/** From an ID token to the credentials that are wanted, in this order. */
export type Steps = readonly [FirstStep, ...NextStep[]];
