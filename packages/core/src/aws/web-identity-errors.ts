import * as v from "valibot";
import { commandOfRun, hint, hintOf, next } from "../base/wording.ts";
import { printable } from "../base/foreign-text.ts";
import type { IdTokenForSts } from "../oidc/verified-id-token.ts";
import {
  explainStsError,
  type StsErrorContext,
  type StsErrorRow,
  type StsFacts,
  type StsFailure,
} from "./sts-error.ts";

/** What an ID token was exchanged for. */
export interface WebIdentityErrorContext extends StsErrorContext {
  readonly idToken: IdTokenForSts;
}

interface WebIdentityFacts extends StsFacts {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly carriesTags: boolean;
  /** Why nobody here could verify the token; `undefined`: it is verified. */
  readonly whyUnverified: string | undefined;
}

type Row = StsErrorRow<WebIdentityFacts>;

/** About the token and its issuer, as AWS sees them. */
const tokenRows: readonly Row[] = [
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /no openidconnect provider found/i,
    code: "sts_provider_unknown",
    message: ({ account, issuer }) => `${account} has no IAM OIDC provider for the issuer ${issuer}`,
    hint: ({ account, issuer, audience }) =>
      `create it in ${account} with exactly the URL ${issuer} (${slash(issuer)}) and the client id ${audience}`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /audience/i,
    code: "sts_audience_rejected",
    message: ({ account, issuer, audience }) =>
      `the IAM OIDC provider for ${issuer} in ${account} does not list the client id ${audience}`,
    hint: ({ audience }) => `add ${audience} to the client ids (audiences) of that provider`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /retrieve verification key/i,
    code: "sts_verification_key_unavailable",
    transient: true,
    message: ({ issuer }) => `AWS could not fetch the signing key of ${issuer}`,
    hint: ({ issuer }) => `try again; ${discoveryUrl(issuer)} and its jwks_uri must answer from the internet`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /thumbprint|certificate/i,
    code: "sts_id_token_rejected",
    message: ({ issuer, words }) => `AWS does not trust the certificate of ${issuer}: ${words}`,
    hint: ({ account, issuer }) => `update the thumbprints of the IAM OIDC provider for ${issuer} in ${account}`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    words: /missing a required claim/i,
    code: "sts_id_token_rejected",
    message: ({ words }) => `the ID token lacks a claim that AWS needs: ${words}`,
    hint: ({ issuer }) => `let ${issuer} put iss, sub, aud, exp and iat into its ID tokens`,
  },
  {
    awsCodes: ["InvalidIdentityToken"],
    code: "sts_id_token_rejected",
    message: ({ words }) => `AWS refuses the ID token: ${words}`,
    hint: ({ issuer, audience }) => [
      hint`let ${issuer} sign the ID tokens for ${audience} with RS256 or ES256`,
      next`run ${commandOfRun("login")}`,
    ],
  },
  {
    awsCodes: ["IDPCommunicationError"],
    code: "sts_idp_unreachable",
    transient: true,
    message: ({ issuer }) => `AWS cannot reach the identity provider ${issuer}`,
    hint: ({ issuer }) => `try again; ${discoveryUrl(issuer)} must answer from the internet`,
  },
];

const rows: readonly Row[] = [
  {
    awsCodes: ["ExpiredToken"],
    code: "sts_id_token_expired",
    message: ({ words }) => `AWS says that the ID token has expired: ${words}`,
    hint: () => [hint`check this machine's clock`, next`run ${commandOfRun("login")}`],
  },
  ...tokenRows.map(sayingWhatIsWrongFromHere),
  {
    awsCodes: ["IDPRejectedClaim"],
    code: "sts_claim_rejected",
    message: ({ issuer, words }) => `${issuer} told AWS that the sign-in does not hold any more: ${words}`,
    hint: () => hint`${commandOfRun("login")}`,
  },
  {
    awsCodes: ["AccessDenied"],
    code: "sts_access_denied",
    message: ({ role, words }) => `AWS does not let this sign-in assume ${role}: ${words}`,
    hint: ({ issuer, audience, subject, carriesTags }) =>
      `compare the role's trust policy with iss ${issuer}, aud ${audience}, sub ${subject}` +
      (carriesTags ? "; the ID token carries session tags, so it must allow sts:TagSession too" : ""),
  },
  {
    awsCodes: ["InvalidParameterValue"],
    // What is about the duration has a row of its own.
    words: /^(?!.*duration).*(?:verification error|token|claim|signature)/is,
    code: "sts_id_token_rejected",
    message: ({ words }) => `the store refuses the ID token: ${words}`,
    hint: ({ issuer, audience }) => `let the store trust the issuer ${issuer} and the client id ${audience}`,
  },
];

/**
 * Judges what a request for `AssumeRoleWithWebIdentity` threw.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
 */
export function explainWebIdentityError(thrown: unknown, context: WebIdentityErrorContext): StsFailure {
  const { idToken } = context;
  return explainStsError(thrown, context, {
    operation: "AssumeRoleWithWebIdentity",
    rows,
    secrets: [idToken.jwt],
    facts: (common) => ({
      ...common,
      issuer: printable(idToken.claims.iss),
      audience: printable(idToken.claims.aud.join(", ")),
      subject: printable(idToken.claims.sub),
      carriesTags: carriesSessionTags(idToken.jwt),
      whyUnverified: "whyUnverified" in idToken ? idToken.whyUnverified : undefined,
    }),
  });
}

/** Where nobody here could verify the token, AWS is the first to find out what is wrong with it or with its issuer. */
function sayingWhatIsWrongFromHere(row: Row): Row {
  const { hint: advice } = row;
  return advice === undefined
    ? row
    : {
        ...row,
        hint: (facts) => [
          ...hintOf(advice(facts)),
          ...(facts.whyUnverified === undefined ? [] : [hint`from here too, ${facts.whyUnverified}`]),
        ],
      };
}

function slash(issuer: string): string {
  return issuer.endsWith("/") ? "with the slash at its end" : "without a slash at its end";
}

function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** Session tags come from a claim of AWS's own name; the role must allow `sts:TagSession` for them. */
function carriesSessionTags(jwt: string): boolean {
  const payload = jwt.split(".")[1] ?? "";
  try {
    const claims = v.parse(
      v.record(v.string(), v.unknown()),
      JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))),
    );
    return Object.keys(claims).some((name) => name.startsWith("https://aws.amazon.com/tags"));
  } catch {
    return false;
  }
}
