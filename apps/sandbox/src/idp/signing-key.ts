import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from "jose";

/** An RS256 key of an identity provider. */
export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  /** Private JWK (RFC 7517), as oidc-provider takes it. */
  jwk: JWK & { kty: "RSA" };
}

/** A new RSA key of 2048 bits with a random key id. */
export async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true, modulusLength: 2048 });
  const kid = randomBytes(12).toString("base64url");
  const jwk = await exportJWK(privateKey);
  return { kid, privateKey, jwk: { ...jwk, kty: "RSA", kid, use: "sig", alg: "RS256" } };
}
