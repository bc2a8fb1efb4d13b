import { hint, setting } from "../base/wording.ts";
import { printable } from "../base/foreign-text.ts";
import type { AwsCredentials } from "./credentials.ts";
import type { SessionTags } from "./session-tags.ts";
import {
  explainStsError,
  type StsErrorContext,
  type StsErrorRow,
  type StsMessageParts,
  type StsFailure,
} from "./sts-error.ts";

/** Who asked for a role, and with what. */
export interface AssumeRoleErrorContext extends StsErrorContext {
  readonly credentials: AwsCredentials;
  /** The role whose credentials asked. */
  readonly sourceRoleArn: string;
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly tags: SessionTags;
}

interface AssumeRoleParts extends StsMessageParts {
  readonly source: string;
  /** The session that asked, as AWS calls it. */
  readonly asker: string;
  readonly actions: string;
  readonly externalId: string | undefined;
}

const rows: readonly StsErrorRow<AssumeRoleParts>[] = [
  {
    awsCodes: ["ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient"],
    code: "sts_source_rejected",
    message: ({ role, source, words }) =>
      `AWS does not take the credentials of ${source} any more, by which ${role} is assumed: ${words}`,
    hint: () => "try again; if it stays, check this machine's clock, and that nobody has revoked the role's sessions",
  },
  {
    awsCodes: ["SignatureDoesNotMatch", "RequestExpired"],
    // Signed again by the clock of the answer.
    words: /expired|not yet current/i,
    code: "sts_source_rejected",
    transient: true,
    message: ({ role, words }) => `AWS finds that the request for ${role} was signed at another time: ${words}`,
    hint: () => "check this machine's clock",
  },
  {
    awsCodes: ["AccessDenied"],
    code: "sts_access_denied",
    message: ({ role, asker, words }) => `AWS does not let ${asker} assume ${role}: ${words}`,
    hint: ({ role, source, actions, externalId }) => [
      hint`let the trust policy of ${role} allow ${actions} to the principal ${source}`,
      externalId === undefined
        ? hint`compare its conditions: no ${setting("external_id")} is set`
        : hint`compare its condition sts:ExternalId with the ${setting("external_id")} that is set`,
      hint`across accounts, ${source} itself needs a policy that allows the same on ${role}`,
    ],
  },
  {
    awsCodes: ["ValidationError", "InvalidParameterValue"],
    words: /role chaining|1 hour/i,
    code: "sts_duration_rejected",
    message: ({ durationSeconds, role, words }) =>
      `${durationSeconds} seconds are too long for ${role}, which is assumed by another role: ${words}`,
    hint: () => hint`set ${setting("duration", "1h")}, or less`,
  },
  {
    awsCodes: ["ValidationError", "InvalidParameterValue"],
    words: /\btags?\b|tag key/i,
    code: "sts_request_invalid",
    message: ({ role, words }) => `STS refuses the session tags for ${role}: ${words}`,
    hint: ({ source }) =>
      hint`correct ${setting("session_tags")} and ${setting("transitive_tag_keys")}: a transitive tag of ${source} arrives by itself and cannot be set again`,
  },
  {
    awsCodes: ["ValidationError", "InvalidParameterValue"],
    words: /source ?identity/i,
    code: "sts_request_invalid",
    message: ({ role, words }) => `STS refuses the source identity for ${role}: ${words}`,
    hint: () =>
      hint`leave ${setting("source_identity")} out if an earlier role or the ID token has set it: it cannot change`,
  },
];

/**
 * Judges what a request for `AssumeRole` threw.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors
 */
export function explainAssumeRoleError(thrown: unknown, context: AssumeRoleErrorContext): StsFailure {
  const { credentials, sourceRoleArn, externalId, sourceIdentity, tags } = context;
  return explainStsError(thrown, context, {
    operation: "AssumeRole",
    rows,
    secrets: [credentials.secretAccessKey, credentials.sessionToken],
    parts: (common) => ({
      ...common,
      source: printable(sourceRoleArn),
      asker: printable(credentials.assumedRoleArn ?? sourceRoleArn),
      actions: [
        "sts:AssumeRole",
        ...(Object.keys(tags).length > 0 ? ["sts:TagSession"] : []),
        ...(sourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
      ].join(", "),
      externalId,
    }),
  });
}
