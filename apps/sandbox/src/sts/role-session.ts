import { ACCOUNT_ID } from "../options.ts";
import type { CredentialStore, IssuedCredentials } from "./credentials.ts";
import type { Role } from "./iam.ts";
import { StsError, validationError } from "./sts-error.ts";
import type { XmlMembers } from "./xml.ts";

const ALLOTTED_POLICY_CHARACTERS = 2048;

/** What a session is to be. */
export interface SessionRequest {
  sessionName: string;
  durationSeconds: number;
  tags: ReadonlyMap<string, string>;
  transitiveTagKeys: readonly string[];
  sourceIdentity: string | undefined;
}

/** Credentials of a session of a role; `now` in milliseconds since the epoch. */
export function issueFor(
  role: Role,
  { sessionName, durationSeconds, tags, transitiveTagKeys, sourceIdentity }: SessionRequest,
  credentials: CredentialStore,
  now: number,
): IssuedCredentials {
  return credentials.issue({
    expiresAt: now + durationSeconds * 1000,
    accountId: role.accountId,
    roleArn: role.arn,
    roleName: role.name,
    sessionName,
    assumedRoleId: `${role.id}:${sessionName}`,
    assumedRoleArn:
      role.accountId === "" ? "" : `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`,
    transitiveTags: new Map([...tags].filter(([key]) => transitiveTagKeys.includes(key))),
    sourceIdentity,
  });
}

/** The members of an answer that every way to a role has. */
export function sessionMembers(issued: IssuedCredentials, role: Role): XmlMembers {
  return {
    AssumedRoleUser: { AssumedRoleId: issued.assumedRoleId, Arn: issued.assumedRoleArn },
    Credentials: {
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      SessionToken: issued.sessionToken,
      Expiration: expiration(issued.expiresAt, role),
    },
  };
}

/**
 * Percent of the allotted space that session policies and tags take.
 *
 * @throws {StsError} for a policy that cannot be read, and for what is too large
 */
export function packedSize(
  {
    policy,
    policyArns,
    tags,
  }: { policy: string | undefined; policyArns: readonly string[]; tags: ReadonlyMap<string, string> },
  role: Role,
): number {
  if (policy !== undefined) {
    try {
      JSON.parse(policy);
    } catch {
      throw new StsError("MalformedPolicyDocument", 400, "Syntax errors in policy.");
    }
  }
  if (policyArns.some((arn) => ![role.accountId, "aws", ACCOUNT_ID].includes(arn.split(":")[4] ?? ""))) {
    throw validationError("Session policy ARNs must be in the same account as the role.");
  }
  const characters = (policy ?? "").length + policyArns.join("").length + [...tags].flat().join("").length;
  const percent = Math.ceil((characters / ALLOTTED_POLICY_CHARACTERS) * 100);
  if (percent > 100) {
    throw new StsError(
      "PackedPolicyTooLarge",
      400,
      `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    );
  }
  return percent;
}

/** Whole seconds as AWS answers; an S3-compatible store has microseconds. */
function expiration(milliseconds: number, { accountId }: Role): string {
  const iso = new Date(milliseconds).toISOString();
  return accountId === "" ? iso.replace("Z", "417Z") : iso.replace(/\.\d+Z$/, "Z");
}
