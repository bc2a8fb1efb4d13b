import type {
  InteractiveIdp,
  OptionsSchema,
  PersonFlow,
  RoleArn,
  Steps,
  WantedSignIn,
  WorkloadIdentity,
} from "@tegata/core";
import type * as v from "valibot";

/** The IdP of a run, its settings parsed by the plugin's own schema. */
export type ResolvedIdp = ResolvedInteractiveIdp | ResolvedWorkload;

export interface ResolvedInteractiveIdp {
  readonly kind: "interactive";
  /** The section `[idp.NAME]`, or the plugin's id when no section was named. */
  readonly name: string;
  readonly plugin: InteractiveIdp;
  readonly settings: v.InferOutput<OptionsSchema>;
  /** How a person would sign in, the best first; left out, it is the plugin's own choice. */
  readonly flows?: readonly PersonFlow[] | undefined;
  /** As whom and how; left out, nobody has said it. */
  readonly wanted?: WantedSignIn | undefined;
  /** The only flow, where the administrator of the machine has fixed it; left out, nobody has. */
  readonly fixedFlow?: string | undefined;
}

/** The platform that this process runs on vouches for it. */
export interface ResolvedWorkload {
  readonly kind: "workload";
  readonly name: string;
  readonly identity: WorkloadIdentity;
  /** Who issues its tokens, where the settings say it; left out, only a token says it. */
  readonly issuer?: string;
  /** The only issuers that its token may be of; left out, nobody has fixed any. */
  readonly allowedIssuers?: readonly string[] | undefined;
  readonly settings: v.InferOutput<OptionsSchema>;
}

/** The role of a run, and how it is reached. */
export interface ResolvedRole {
  /** The one whose credentials are wanted: that of the last step. */
  readonly role: RoleArn;
  /** From an ID token to its credentials. */
  readonly steps: Steps;
  /** For the console, and for what the credentials are for: the chosen one, else the partition's first. */
  readonly region: string;
  readonly federationEndpoint: string | undefined;
  /** True: the steps depend on a file beside the settings, so that the same settings can mean other credentials. */
  readonly dependsOnFile: boolean;
}
