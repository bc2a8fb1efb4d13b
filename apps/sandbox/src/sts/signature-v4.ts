import { createHash, timingSafeEqual } from "node:crypto";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Exchange } from "../http-server.ts";
import type { CredentialStore, IssuedCredentials } from "./credentials.ts";
import { StsError } from "./sts-error.ts";

const CONTENT_HASH = "x-amz-content-sha256";
const WINDOW_MILLISECONDS = 300_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([A-Z0-9]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request,\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})$/;

/**
 * Checks a Signature Version 4 by computing it again; `now` in milliseconds since the epoch.
 *
 * @throws {StsError} with AWS's code
 */
export async function verifySignature(
  exchange: Exchange,
  credentials: CredentialStore,
  now: number,
): Promise<IssuedCredentials> {
  const { authorization, "x-amz-date": stamp, "x-amz-security-token": sessionToken } = exchange.headers;
  if (authorization === undefined) {
    throw new StsError("MissingAuthenticationToken", 403, "Request is missing Authentication Token");
  }
  const [, accessKeyId, day, region, service, signedHeaders, signature] = AUTHORIZATION.exec(authorization) ?? [];
  const signedAt = parseStamp(stamp);
  if (
    accessKeyId === undefined ||
    region === undefined ||
    signedHeaders === undefined ||
    signature === undefined ||
    signedAt === undefined
  ) {
    throw new StsError(
      "IncompleteSignature",
      400,
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header, and of 'Credential', 'SignedHeaders' and 'Signature' parameters.",
    );
  }
  const issued = credentials.find(accessKeyId);
  if (issued === undefined || sessionToken !== issued.sessionToken) {
    throw new StsError("InvalidClientTokenId", 403, "The security token included in the request is invalid.");
  }
  if (service !== "sts" || day !== stamp?.slice(0, 8)) {
    throw mismatch("Credential should be scoped to correct service: 'sts'.");
  }
  checkClock(signedAt, now);
  const expected = await sign(exchange, issued, { region, signedAt, signedHeaders: signedHeaders.split(";") });
  if (!timingSafeEqual(Buffer.from(expected.padEnd(64)), Buffer.from(signature))) {
    throw mismatch(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
  if (now >= issued.expiresAt) {
    throw new StsError("ExpiredToken", 403, "The security token included in the request is expired");
  }
  return issued;
}

function mismatch(message: string): StsError {
  return new StsError("SignatureDoesNotMatch", 403, message);
}

function parseStamp(stamp: string | undefined): number | undefined {
  if (stamp === undefined || !/^\d{8}T\d{6}Z$/.test(stamp)) {
    return undefined;
  }
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function stampOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

function checkClock(signedAt: number, now: number): void {
  if (signedAt < now - WINDOW_MILLISECONDS) {
    throw mismatch(
      `Signature expired: ${stampOf(signedAt)} is now earlier than ${stampOf(now - WINDOW_MILLISECONDS)} (${stampOf(now)} - 5 min.)`,
    );
  }
  if (signedAt > now + WINDOW_MILLISECONDS) {
    throw mismatch(
      `Signature not yet current: ${stampOf(signedAt)} is still later than ${stampOf(now + WINDOW_MILLISECONDS)} (${stampOf(now)} + 5 min.)`,
    );
  }
}

async function sign(
  { method, url, headers, body }: Exchange,
  issued: IssuedCredentials,
  { region, signedAt, signedHeaders }: { region: string; signedAt: number; signedHeaders: readonly string[] },
): Promise<string> {
  const signer = new SignatureV4({ service: "sts", region, credentials: issued, sha256: Sha256, applyChecksum: false });
  const names = new Set(signedHeaders);
  const query: Record<string, string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    query[name] = url.searchParams.getAll(name);
  }
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      query,
      headers: {
        ...Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name))),
        // The signer would believe the client's own hash of the body.
        ...(names.has(CONTENT_HASH) && { [CONTENT_HASH]: createHash("sha256").update(body).digest("hex") }),
      },
      body,
    },
    { signingDate: new Date(signedAt), signableHeaders: names },
  );
  return /Signature=([0-9a-f]{64})/.exec(signed.headers["authorization"] ?? "")?.[1] ?? "";
}
