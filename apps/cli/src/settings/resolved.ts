import type { IdentityProvider, OptionsSchema, RoleArn } from "@tegata/core";
import type * as v from "valibot";

/** The IdP of a run, its settings parsed by the plugin's own schema. */
export interface ResolvedIdp {
  /** The section `[idp.NAME]`, or the plugin's id when no section was named. */
  readonly name: string;
  readonly plugin: IdentityProvider;
  readonly settings: v.InferOutput<OptionsSchema>;
}

/** The role of a run, and how STS and console sign-in are to be reached for it. */
export interface ResolvedRole {
  readonly role: RoleArn;
  /** `undefined`: made from the ID token. */
  readonly roleSessionName: string | undefined;
  readonly durationSeconds: number;
  readonly region: string;
  /** Instead of the partition's own regional endpoint. */
  readonly stsEndpoint: string | undefined;
  readonly federationEndpoint: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}
