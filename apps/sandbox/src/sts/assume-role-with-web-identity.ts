import { ACCOUNT_ID } from "../options.ts";
import type { CredentialStore } from "./credentials.ts";
import { parseRoleArn, type Iam, type Role } from "./iam.ts";
import { parseWebIdentityParameters, type WebIdentityParameters } from "./parameters.ts";
import { accessDenied, invalidIdentityToken, StsError, validationError } from "./sts-error.ts";
import { isTrusted, providerArn, providerName } from "./trust-policy.ts";
import { readWebIdentityToken, verifyWebIdentityToken, type WebIdentityClaims } from "./web-identity-token.ts";
import type { XmlMembers } from "./xml.ts";

const ALLOTTED_POLICY_CHARACTERS = 2048;

/** The STS of one sandbox: what it knows and what it handed out. */
export interface StsWorld {
  iam: Iam;
  credentials: CredentialStore;
}

/**
 * The action AssumeRoleWithWebIdentity: parameters, then the token, then the role. `now` in milliseconds since the epoch.
 *
 * @throws {StsError} with AWS's code
 */
export async function assumeRoleWithWebIdentity(
  query: URLSearchParams,
  { iam, credentials }: StsWorld,
  now: number,
): Promise<XmlMembers> {
  const parameters = parseWebIdentityParameters(query);
  const { roleArn, roleSessionName: sessionName, durationSeconds, webIdentityToken } = parameters;
  const accountId = accountOf(roleArn, iam);
  const claims = readWebIdentityToken(webIdentityToken);
  const provider = iam.provider(accountId, claims.issuer);
  if (provider === undefined) {
    throw invalidIdentityToken(`No OpenIDConnect provider found in your account for ${claims.issuer}`);
  }
  await verifyWebIdentityToken(webIdentityToken, claims, provider, now);
  const role = trustedRole(iam.role(roleArn), claims);
  if (durationSeconds > role.maxSessionDurationSeconds) {
    throw validationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  const packedPolicySize = packedSize(parameters, role);
  const issued = credentials.issue({
    expiresAt: now + durationSeconds * 1000,
    accountId: role.accountId,
    roleName: role.name,
    sessionName,
    assumedRoleId: `${role.id}:${sessionName}`,
    assumedRoleArn:
      role.accountId === "" ? "" : `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`,
  });
  return {
    SubjectFromWebIdentityToken: claims.subject,
    Audience: claims.audiences.find((audience) => provider.clientIds.includes(audience)),
    AssumedRoleUser: { AssumedRoleId: issued.assumedRoleId, Arn: issued.assumedRoleArn },
    Credentials: {
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      SessionToken: issued.sessionToken,
      Expiration: expiration(issued.expiresAt, role),
    },
    Provider: claims.issuer,
    PackedPolicySize: packedPolicySize,
    SourceIdentity: claims.sourceIdentity,
  };
}

/** The account of the ARN, empty at an S3-compatible store; those know only their own roles. */
function accountOf(roleArn: string, iam: Iam): string {
  const parts = parseRoleArn(roleArn);
  const isStore = parts?.accountId === "" || roleArn.startsWith("arn:minio:");
  if (isStore && iam.role(roleArn) === undefined) {
    throw new StsError("InvalidParameterValue", 400, `Role ${roleArn} does not exist.`);
  }
  if (parts === undefined || (!isStore && parts.partition !== "aws")) {
    throw validationError("Request ARN is invalid");
  }
  return parts.accountId;
}

function trustedRole(role: Role | undefined, claims: WebIdentityClaims): Role {
  const name = providerName(claims.issuer);
  const context = new Map<string, readonly string[]>([
    [`${name}:aud`, claims.audiences],
    [`${name}:sub`, [claims.subject]],
    ...(claims.authorizedParty === undefined ? [] : [[`${name}:azp`, [claims.authorizedParty]] as const]),
  ]);
  const actions = [
    "sts:AssumeRoleWithWebIdentity",
    ...(claims.hasTags ? ["sts:TagSession"] : []),
    ...(claims.sourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
  if (role === undefined) {
    throw accessDenied();
  }
  const arn = providerArn(role.accountId, claims.issuer);
  if (!actions.every((action) => isTrusted(role.trustPolicy, { action, providerArn: arn, context }))) {
    throw accessDenied();
  }
  return role;
}

/** Percent of the allotted space that the session policies take. */
function packedSize({ policy, policyArns }: WebIdentityParameters, role: Role): number {
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
  const characters = (policy ?? "").length + policyArns.join("").length;
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
