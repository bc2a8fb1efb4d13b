import type { InteractiveIdp, OptionsSchema, RoleArn, WorkloadIdentity } from "@tegata/core";
import type * as v from "valibot";

/** The IdP of a run, its settings parsed by the plugin's own schema. */
export type ResolvedIdp = ResolvedInteractiveIdp | ResolvedWorkload;

export interface ResolvedInteractiveIdp {
  readonly kind: "interactive";
  /** The section `[idp.NAME]`, or the plugin's id when no section was named. */
  readonly name: string;
  readonly plugin: InteractiveIdp;
  readonly settings: v.InferOutput<OptionsSchema>;
}

/** The place that this process runs in vouches for it. */
export interface ResolvedWorkload {
  readonly kind: "workload";
  readonly name: string;
  readonly identity: WorkloadIdentity;
  readonly settings: v.InferOutput<OptionsSchema>;
}

/** The role of a run, and how STS and console sign-in are to be reached for it. */
export interface ResolvedRole {
  readonly role: RoleArn;
  /** `undefined`: made from the ID token. */
  readonly roleSessionName: string | undefined;
  readonly durationSeconds: number;
  /** For STS and the console: the chosen one, else the partition's first. */
  readonly region: string;
  /** Instead of the partition's own regional endpoint. */
  readonly stsEndpoint: string | undefined;
  readonly federationEndpoint: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}
