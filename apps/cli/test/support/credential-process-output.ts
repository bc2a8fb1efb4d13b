import * as v from "valibot";

const outputSchema = v.strictObject({
  Version: v.literal(1),
  AccessKeyId: v.pipe(v.string(), v.regex(/^ASIA[A-Z0-9]{16}$/)),
  SecretAccessKey: v.string(),
  SessionToken: v.string(),
  Expiration: v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)),
  AccountId: v.literal("123456789012"),
});

export type CredentialProcessOutput = v.InferOutput<typeof outputSchema>;

/** The output of `credential-process`: exactly the members that the SDKs know, on one line. */
export function credentialProcessOutput({ stdout }: { readonly stdout: string }): CredentialProcessOutput {
  if (!/^[^\n]+\n$/.test(stdout)) {
    throw new Error(`not one line: ${JSON.stringify(stdout)}`);
  }
  return v.parse(outputSchema, JSON.parse(stdout));
}
