import {
  defineIdp,
  type HintInput,
  type Machine,
  TegataError,
  type Words,
  type WorkloadContext,
  workloadFingerprint,
  type WorkloadIdp,
} from "@tegata/core";
import type * as v from "valibot";
import { judgeToken, readToken, subjectTraits, type TokenRules } from "./token-rules.ts";

/** Where a platform was found to have its token, and what that token must be. */
export interface TokenSource extends TokenRules {
  /** What tells this workload from others of the same machine, besides the variables that name a CI job. */
  readonly traits: readonly (string | undefined)[];
  /** A new token, judged by nobody. */
  token(context: WorkloadContext): Promise<string>;
}

interface PlatformDescriptor<Schema extends SettingsSchema> {
  /** Behind `workload/`. */
  readonly name: string;
  /** For people: `GitHub Actions`. */
  readonly title: string;
  /** For `tegata plugins`: lower case or a name, no full stop. */
  readonly summary: string;
  readonly settings: Schema;
  /** False where nothing but the token itself says which platform it comes from. Default: true. */
  readonly vouches?: boolean;
  /**
   * Looks whether this is the platform: by variables and files alone.
   *
   * @throws TegataError `workload_token_missing` when it is, but was not set up to give tokens
   */
  find(settings: v.InferOutput<Schema>, machine: Machine): Promise<TokenSource | undefined>;
}

type SettingsSchema = v.StrictObjectSchema<v.ObjectEntries, undefined>;

/** A platform with tokens, as an identity provider of its own. */
export function definePlatform<const Schema extends SettingsSchema>(
  platform: PlatformDescriptor<Schema>,
): WorkloadIdp<Schema> {
  return defineIdp<Schema>({
    kind: "workload",
    id: `workload/${platform.name}`,
    summary: platform.summary,
    settings: platform.settings,
    find: async (settings, machine) => {
      const source = await platform.find(settings, machine);
      if (source === undefined) {
        return undefined;
      }
      return {
        platform: platform.title,
        fingerprint: workloadFingerprint(machine, [platform.name, ...source.traits]),
        acquire: async (context) => {
          context.signal.throwIfAborted();
          const judged = judgeToken(await source.token(context), source, context);
          return { ...judged, platformVouches: platform.vouches ?? true };
        },
      };
    },
  });
}

/** A token that the platform has handed out already: it is what it is for as long as this process lives. */
export function handedOutToken(token: string, rules: TokenRules): TokenSource {
  return {
    ...rules,
    traits: subjectTraits(readToken(token, rules.hints, rules.profile)),
    token: () => Promise.resolve(token),
  };
}

/** The platform is here, but has no token. The hint says what to change. */
export function tokenMissing(message: string | Words, hint: HintInput): TegataError {
  return new TegataError("workload_token_missing", message, { hint });
}
