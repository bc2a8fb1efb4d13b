import { secureUrlSchema } from "@tegata/core";
import * as v from "valibot";
import { coreSettings } from "./setting-definitions.ts";

const domainSchema = v.pipe(
  v.string("must be text"),
  v.regex(/^(?!\.)(?!.*\.\.)[A-Za-z0-9.-]{1,253}$/, "must be a domain such as acme.com"),
  v.toLowerCase(),
);

/** What `[fixed]` of the machine's file can hold, by key. */
export const fixedEntries = {
  issuers: v.pipe(
    v.array(secureUrlSchema, "must be a list of issuers"),
    v.minLength(1, "must name an issuer"),
    v.maxLength(100, "must be at most 100 issuers"),
    v.description("the issuers that may be signed in at; no other is asked for anything"),
  ),
  flow: v.pipe(coreSettings.flow.schema, v.description("the only way to sign in")),
  token_store: v.pipe(coreSettings.token_store.schema, v.description("the only way to store a sign-in")),
  account_domains: v.pipe(
    v.array(domainSchema, "must be a list of domains"),
    v.minLength(1, "must name a domain"),
    v.maxLength(100, "must be at most 100 domains"),
    v.description("the domains of which the e-mail address of a person who signs in must be one"),
  ),
  plugin_programs: v.pipe(
    v.boolean("must be true or false"),
    v.description("false: no plugin that is a program is started"),
  ),
} as const;

/** `[fixed]`: each key may be there or not. */
export const fixedSchema = v.partial(v.strictObject(fixedEntries));

/** What the administrator of the machine has fixed: nobody can say otherwise, with a flag, a variable or a file. */
export type FixedSettings = Readonly<v.InferOutput<typeof fixedSchema>>;

/** Where nothing is fixed. */
export const nothingFixed: FixedSettings = {};
