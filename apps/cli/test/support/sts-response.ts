/** STS's answer to AssumeRoleWithWebIdentity, with values that no STS would give. */
export function stsResponse(values: {
  readonly accessKeyId?: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}): string {
  const { accessKeyId = "ASIAAAAAAAAAAAAAAAAA", secretAccessKey, sessionToken } = values;
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
<Credentials><AccessKeyId>${escape(accessKeyId)}</AccessKeyId><SecretAccessKey>${escape(secretAccessKey)}</SecretAccessKey>
<SessionToken>${escape(sessionToken)}</SessionToken><Expiration>${expiration}</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/Developer/x</Arn></AssumedRoleUser>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
