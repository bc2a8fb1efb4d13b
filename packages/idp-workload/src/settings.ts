import { commandWordsSchema, secureUrlSchema } from "@tegata/core";
import * as v from "valibot";

const textSchema = v.pipe(v.string("must be text"), v.trim(), v.nonEmpty("must not be empty"));

/** Whom a token is asked for where the platform lets one choose: what AWS uses in all its guides. */
export const awsAudience = "sts.amazonaws.com";

/** The settings that every platform has. */
export const tokenSettings = {
  audience: v.optional(
    v.pipe(
      textSchema,
      // IAM takes client ids of no more than that.
      v.maxLength(255, "must be no longer than 255 characters"),
      v.description("whom the token is for; sts.amazonaws.com where the platform lets one choose"),
    ),
  ),
  issuer: v.optional(
    v.pipe(secureUrlSchema, v.description("the issuer's URL, where it is not the platform's usual one")),
  ),
};

export interface TokenSettings {
  readonly audience?: string | undefined;
  readonly issuer?: string | undefined;
}

export const tokenFileSchema = v.pipe(textSchema, v.description("a file that holds an ID token; read again each time"));

export const tokenVariableSchema = v.pipe(
  textSchema,
  v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable, not its value"),
  v.description("the name of the environment variable that holds an ID token"),
);

/** Started without a shell. */
export const tokenCommandSchema = v.pipe(
  commandWordsSchema,
  v.description("a command that prints an ID token; started without a shell"),
);

export const serviceAccountSchema = v.pipe(
  textSchema,
  v.regex(/^[^\s/@]+@[^\s/@]+$/, "must be the e-mail address of a service account"),
  v.description("the Google service account to impersonate"),
);

export const serviceConnectionIdSchema = v.pipe(
  textSchema,
  v.uuid("must be the id (a GUID) of a service connection"),
  v.description("the id of the Azure DevOps service connection to get the token for"),
);

export const spireAgentPathSchema = v.pipe(
  textSchema,
  v.description("the program that gets a JWT-SVID from the SPIRE agent"),
);
