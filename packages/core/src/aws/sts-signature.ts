/**
 * Signature Version 4, for the requests of a role chain: a file of its own, which nothing loads that signs nothing.
 */
import { Sha256WebCrypto } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import type { AwsCredentials } from "./credentials.ts";

export interface RequestToSign {
  readonly address: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The headers of a request, with those of its signature.
 *
 * @param region of the STS that is asked
 * @param now milliseconds since the epoch; AWS takes five minutes either way
 */
export async function signedHeaders(
  { address, method, headers, body }: RequestToSign,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  region: string,
  now: number,
): Promise<Readonly<Record<string, string>>> {
  const signer = new SignatureV4({
    service: "sts",
    region,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    sha256: Sha256WebCrypto,
  });
  const request = {
    method,
    protocol: address.protocol,
    hostname: address.hostname,
    path: address.pathname,
    query: {},
    headers: { ...headers, host: address.host },
    body,
  };
  const { headers: signed } = await signer.sign(request, { signingDate: new Date(now) });
  // The runtime's fetch sets it by the address.
  const { host: _host, ...others } = signed;
  return others;
}
