import type { CredentialStore } from "./credentials.ts";
import { parseRoleArn, type Iam, type Role } from "./iam.ts";
import { parseWebIdentityParameters } from "./parameters.ts";
import { issueFor, packedSize, sessionMembers } from "./role-session.ts";
import { accessDenied, invalidIdentityToken, StsError, validationError } from "./sts-error.ts";
import { isTrusted, providerArn, providerName } from "./trust-policy.ts";
import {
  comparedAudiences,
  readWebIdentityToken,
  verifyWebIdentityToken,
  type WebIdentityClaims,
} from "./web-identity-token.ts";
import type { XmlMembers } from "./xml.ts";

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
  if (claims.roles?.includes(roleArn) === false) {
    throw invalidIdentityToken("The target role ARN is not present in the roles claim of the identity token");
  }
  const role = trustedRole(iam.role(roleArn), claims, sessionName);
  if (durationSeconds > role.maxSessionDurationSeconds) {
    throw validationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  const { tags, transitiveTagKeys, sourceIdentity } = claims;
  const packedPolicySize = packedSize({ ...parameters, tags }, role);
  const issued = issueFor(
    role,
    { sessionName, durationSeconds, tags, transitiveTagKeys, sourceIdentity },
    credentials,
    now,
  );
  return {
    SubjectFromWebIdentityToken: claims.subject,
    Audience: comparedAudiences(claims).find((audience) => provider.clientIds.includes(audience)),
    ...sessionMembers(issued, role),
    Provider: claims.issuer,
    PackedPolicySize: packedPolicySize,
    SourceIdentity: claims.sourceIdentity,
    // Newer than most clients; the last one is a secret.
    SessionTokenUtilization: 12,
    SessionTokenSize: issued.sessionToken.length,
    TrustedIdentityPropagationContext: credentials.identityContext(),
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

function trustedRole(role: Role | undefined, claims: WebIdentityClaims, sessionName: string): Role {
  const name = providerName(claims.issuer);
  const context = new Map<string, readonly string[]>([
    [`${name}:aud`, comparedAudiences(claims)],
    [`${name}:sub`, [claims.subject]],
    ["sts:RoleSessionName", [sessionName]],
    ...(claims.authorizedParty === undefined
      ? []
      : [[`${name}:azp`, [claims.authorizedParty]] as const, [`${name}:oaud`, claims.audiences] as const]),
  ]);
  const actions = [
    "sts:AssumeRoleWithWebIdentity",
    ...(claims.tags.size > 0 ? ["sts:TagSession"] : []),
    ...(claims.sourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
  if (role === undefined) {
    throw accessDenied();
  }
  const arn = providerArn(role.accountId, claims.issuer);
  if (
    !actions.every((action) =>
      isTrusted(role.trustPolicy, { action, principals: { kind: "Federated", names: [arn] }, context }),
    )
  ) {
    throw accessDenied();
  }
  return role;
}
