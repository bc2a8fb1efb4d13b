import { commandOfRun, flag, hint, hintOf, next, or, setting } from "../base/wording.ts";
import { printable } from "../base/foreign-text.ts";
import { allClaimsOf } from "../oidc/all-claims.ts";
import type { IdTokenForSts } from "../oidc/verified-id-token.ts";
import { sourceIdentityInToken, tagsInToken } from "./claims-for-aws.ts";
import { needsExplicitStsEndpoint } from "./role-arn.ts";
import { rolesClaim, rolesInClaim } from "./roles-claim.ts";
import {
  explainStsError,
  type StsErrorContext,
  type StsErrorRow,
  type StsMessageParts,
  type StsFailure,
} from "./sts-error.ts";

/** What an ID token was exchanged for. */
export interface WebIdentityErrorContext extends StsErrorContext {
  readonly idToken: IdTokenForSts;
}

interface WebIdentityParts extends StsMessageParts {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly carriesTags: boolean;
  readonly carriesSourceIdentity: boolean;
  /** What IAM calls the role; `undefined` for one of an S3-compatible store. Nothing in it means anything to a shell. */
  readonly roleNameInIam: string | undefined;
  /** What the roles claim lists, for a message: a dozen of them. */
  readonly listedRoles: readonly string[];
  /** Why nobody here could verify the token; `undefined`: it is verified. */
  readonly whyUnverified: string | undefined;
}

type Row = StsErrorRow<WebIdentityParts>;

const maxListedRoles = 12;

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
    // The second is how AWS has said it since 2026, for a wrong aud and a wrong azp alike.
    words: /audience|web identity token provided could not be validated/i,
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
    // Looked at before the role's trust policy.
    awsCodes: ["InvalidIdentityToken"],
    words: /roles claim/i,
    code: "sts_role_not_listed",
    message: ({ role, issuer }) =>
      `${issuer} does not let this sign-in assume ${role}: the claim ${rolesClaim} of its ID token does not list it`,
    hint: ({ issuer, role, listedRoles }) => [
      ...(listedRoles.length === 0
        ? []
        : [hint`name a role that it lists with ${setting("role_arn", "ARN")}: ${listedRoles.join(", ")}`]),
      (listedRoles.length === 0 ? hint : or)`let ${issuer} add ${role} to the claim`,
    ],
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
    hint: ({ issuer, audience, subject, carriesTags, carriesSourceIdentity, roleNameInIam }) => [
      hint`compare the role's trust policy with iss ${issuer}, aud ${audience}, sub ${subject}`,
      ...(carriesTags ? [hint`the ID token carries session tags, so it must allow sts:TagSession too`] : []),
      ...(carriesSourceIdentity
        ? [hint`it carries a source identity, so it must allow sts:SetSourceIdentity too`]
        : []),
      ...(roleNameInIam === undefined
        ? []
        : [
            hint`see which condition fails: aws iam get-role --role-name ${roleNameInIam} --output json | ${commandOfRun("doctor")} ${flag("trust-policy", "-")}`,
          ]),
    ],
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
    parts: (common) => ({
      ...common,
      issuer: printable(idToken.claims.iss),
      // Where there is one, it is what AWS compares with the client ids of the IAM provider.
      audience: printable(idToken.claims.azp ?? idToken.claims.aud.join(", ")),
      subject: printable(idToken.claims.sub),
      ...partsForAws(idToken.jwt),
      roleNameInIam: needsExplicitStsEndpoint(context.role) ? undefined : context.role.roleName,
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
        hint: (parts) => [
          ...hintOf(advice(parts)),
          ...(parts.whyUnverified === undefined ? [] : [hint`from here too, ${parts.whyUnverified}`]),
        ],
      };
}

function slash(issuer: string): string {
  return issuer.endsWith("/") ? "with the slash at its end" : "without a slash at its end";
}

function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/**
 * What the ID token has for AWS. The role must allow `sts:TagSession` for session tags, and `sts:SetSourceIdentity` for a source
 * identity.
 */
function partsForAws(jwt: string): Pick<WebIdentityParts, "carriesTags" | "carriesSourceIdentity" | "listedRoles"> {
  const claims = allClaimsOf(jwt);
  const listed = rolesInClaim(claims[rolesClaim]);
  const shown = listed.slice(0, maxListedRoles).map((role) => printable(role, 200));
  return {
    carriesTags: tagsInToken(claims).state !== "absent",
    carriesSourceIdentity: sourceIdentityInToken(claims).state !== "absent",
    listedRoles: listed.length > maxListedRoles ? [...shown, "…"] : shown,
  };
}
