/** Temporary credentials as AssumeRoleWithWebIdentity answered them, with what is known of the role. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** `YYYY-MM-DDTHH:MM:SSZ`, UTC, no fraction: the one form that every AWS SDK reads. */
  readonly expiration: string;
  /** Twelve digits. Left out when the answer named no assumed-role ARN (look-alikes of S3-compatible stores). */
  readonly accountId: string | undefined;
  /** The ARN of the assumed role session, where the answer named one. */
  readonly assumedRoleArn: string | undefined;
}

/** An instant as `YYYY-MM-DDTHH:MM:SSZ`, rounded down to the second. */
export function toIsoSeconds(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19)}Z`;
}
