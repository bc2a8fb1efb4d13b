import { defineFormat, TegataError, toSafeJson } from "@tegata/core";
import * as v from "valibot";

/** The Java SDK stops reading here; no other client reads less. */
const maxBytes = 64_000;

/**
 * One JSON object on one line, as every AWS SDK reads it from a `credential_process`.
 *
 * @throws TegataError `output_failed` when the session token makes the output longer than the SDKs read
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export const formatCredentialProcess = defineFormat({
  id: "credential-process",
  summary: "print credentials for credential_process of AWS clients",
  examples: [
    { line: "credential-process dev", what: "what a profile in ~/.aws/config runs" },
    { line: "credential-process dev --hint tty", what: "with the hint of a failure on the terminal" },
  ],
  options: v.strictObject({}),
  asksPerson: "never",
  repeatable: true,
  render({ accessKeyId, secretAccessKey, sessionToken, expiration, accountId }) {
    const output = `${toSafeJson({
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: expiration,
      ...(accountId === undefined ? {} : { AccountId: accountId }),
    })}\n`;
    const bytes = new TextEncoder().encode(output).byteLength;
    if (bytes >= maxBytes) {
      throw new TegataError("output_failed", `the output is ${bytes} bytes long, but SDKs read less than ${maxBytes}`, {
        hint: "let the identity provider put fewer or shorter session tags into the ID token",
        details: { bytes, maxBytes },
      });
    }
    return output;
  },
});
