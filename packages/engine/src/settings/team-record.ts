import { secureUrlSchema } from "@tegata/core";
import * as v from "valibot";

/** A whole number that rises with every release of a team's file. */
export const versionSchema = v.pipe(
  v.number("must be a number"),
  v.integer("must be a whole number"),
  v.minValue(0, "must not be below 0"),
  v.maxValue(2_147_483_647, "must not be above 2147483647"),
);

/** What `[team]` of a person's file remembers of the file that came from elsewhere, by key. */
export const teamEntries = {
  url: v.pipe(secureUrlSchema, v.description("where the team's settings file came from")),
  sha256: v.pipe(
    v.string("must be text"),
    v.regex(/^[0-9a-f]{64}$/, "must be 64 hex digits, in lower case"),
    v.description("the SHA-256 of team.toml, which lies beside this file"),
  ),
  fetched_at: v.optional(
    v.pipe(
      v.string("must be text"),
      v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "must be a time such as 2026-11-29T12:00:00Z"),
      v.description("when it was fetched"),
    ),
  ),
  version: v.optional(v.pipe(versionSchema, v.description("its version: a lower one is refused"))),
} as const;

/** The section `[team]`. */
export const teamSchema = v.strictObject(teamEntries);

/** What a person's file remembers of the team's. */
export type TeamRecord = Readonly<v.InferOutput<typeof teamSchema>>;
