import {
  defineIdp,
  type Machine,
  TegataError,
  type WorkloadContext,
  workloadFingerprint,
  type WorkloadIdp,
} from "@tegata/core";
import type * as v from "valibot";
import { judgeToken, readToken, subjectFacts, type TokenRules } from "./token-rules.ts";

/** Where a place was found to have its token, and what that token must be. */
export interface TokenSource extends TokenRules {
  /** What tells this workload from others of the same machine, besides the variables that name a CI job. */
  readonly facts: readonly (string | undefined)[];
  /** A new token, judged by nobody. */
  token(context: WorkloadContext): Promise<string>;
}

interface PlaceDescriptor<Schema extends SettingsSchema> {
  /** Behind `workload/`. */
  readonly name: string;
  /** For people: `GitHub Actions`. */
  readonly place: string;
  /** For `tegata plugins`: lower case or a name, no full stop. */
  readonly summary: string;
  readonly settings: Schema;
  /** False where nothing but the token itself says which platform it comes from. Default: true. */
  readonly vouches?: boolean;
  /**
   * Looks whether this is the place: by variables and files alone.
   *
   * @throws TegataError `workload_token_missing` when it is, but was not set up to give tokens
   */
  find(settings: v.InferOutput<Schema>, machine: Machine): Promise<TokenSource | undefined>;
}

type SettingsSchema = v.StrictObjectSchema<v.ObjectEntries, undefined>;

/** A place with tokens, as an identity provider of its own. */
export function definePlace<const Schema extends SettingsSchema>(place: PlaceDescriptor<Schema>): WorkloadIdp<Schema> {
  return defineIdp<Schema>({
    kind: "workload",
    id: `workload/${place.name}`,
    summary: place.summary,
    settings: place.settings,
    find: async (settings, machine) => {
      const source = await place.find(settings, machine);
      if (source === undefined) {
        return undefined;
      }
      return {
        place: place.place,
        fingerprint: workloadFingerprint(machine, [place.name, ...source.facts]),
        acquire: async (context) => {
          context.signal.throwIfAborted();
          const judged = judgeToken(await source.token(context), source, context);
          return { ...judged, platformVouches: place.vouches ?? true };
        },
      };
    },
  });
}

/** A token that the place has handed out already: it is what it is for as long as this process lives. */
export function givenToken(token: string, rules: TokenRules): TokenSource {
  return {
    ...rules,
    facts: subjectFacts(readToken(token, rules.hints, rules.profile)),
    token: () => Promise.resolve(token),
  };
}

/** The place is here, but has no token. The hint says what to change. */
export function tokenMissing(message: string, hint: string): TegataError {
  return new TegataError("workload_token_missing", message, { hint });
}
