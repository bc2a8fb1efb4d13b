import { failure } from "@tegata/testkit";
import * as jose from "jose";
import { describe, expect, it } from "vitest";
import { type ClientKeyAlgorithm, type ClientKeyRules, readClientKey } from "./client-key.ts";

const rules: ClientKeyRules = { where: "/k/key.pem", allowed: ["RS256", "PS256", "ES256"] };

async function keyPair(algorithm: string) {
  const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true });
  return { publicKey, pem: await jose.exportPKCS8(privateKey), jwk: await jose.exportJWK(privateKey) };
}

/** Signs with the key and gives the header that a public key of the pair has verified. */
async function signedHeader(text: string, publicKey: jose.CryptoKey, given: Partial<ClientKeyRules> = {}) {
  const { privateKey, algorithm, keyId } = await readClientKey(text, { ...rules, ...given });
  const jwt = await new jose.SignJWT({}).setProtectedHeader({ alg: algorithm }).sign(privateKey);
  const { protectedHeader } = await jose.jwtVerify(jwt, publicKey);
  return { alg: protectedHeader.alg, keyId };
}

describe("a client's private key", () => {
  it("is read from PEM in PKCS#8, with other text around it", async () => {
    const { pem, publicKey } = await keyPair("RS256");
    expect(await signedHeader(`Bag Attributes\n${pem}\n`, publicKey)).toEqual({ alg: "RS256", keyId: undefined });
  });

  it("is an EC key of the curve P-256 where it is one", async () => {
    const { pem, publicKey } = await keyPair("ES256");
    expect(await signedHeader(pem, publicKey)).toMatchObject({ alg: "ES256" });
  });

  it("is read from a JSON Web Key with its kid, and signs with what that names", async () => {
    const { jwk, publicKey } = await keyPair("PS256");
    const text = JSON.stringify({ ...jwk, alg: "PS256", kid: "key-1" });
    expect(await signedHeader(text, publicKey)).toEqual({ alg: "PS256", keyId: "key-1" });
    expect(await signedHeader(text, publicKey, { keyId: "key-2" })).toMatchObject({ keyId: "key-2" });
  });

  it("signs with the algorithm that a person names", async () => {
    const { pem, publicKey } = await keyPair("PS256");
    expect(await signedHeader(pem, publicKey, { algorithm: "PS256" })).toMatchObject({ alg: "PS256" });
  });

  it("has the thumbprint of the certificate beside it", async () => {
    const { pem } = await keyPair("RS256");
    const certificate = "-----BEGIN CERTIFICATE-----\naGVs\nbG8=\n-----END CERTIFICATE-----\n";
    const { certificateThumbprint } = await readClientKey(`${pem}\n${certificate}`, rules);
    // SHA-256 of "hello".
    expect(certificateThumbprint).toBe("LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ");
  });

  it.each([
    [
      "an encrypted key",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----",
      "encrypted",
    ],
    ["a key of PKCS#1", "-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----", "PKCS#1"],
    [
      "an encrypted key of PKCS#1",
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n-----END RSA PRIVATE KEY-----",
      "encrypted",
    ],
    ["a key of OpenSSH", "-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n-----END OPENSSH PRIVATE KEY-----", "OpenSSH"],
    ["a public key", "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", "no private key"],
    ["a certificate alone", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", "no private key"],
    ["a key that is cut off", "-----BEGIN PRIVATE KEY-----\nAA==\n", "neither"],
    ["a key of broken base64", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "cannot sign"],
    ["nothing", "", "neither"],
    ["a set of keys", JSON.stringify({ keys: [] }), "no JSON Web Key"],
    ["a symmetric key", JSON.stringify({ kty: "oct", k: "c2VjcmV0" }), "without d"],
    ["JSON that ends too early", "{", "no JSON Web Key"],
  ])("is refused where the file holds %s", async (_what, text, reason) => {
    const { message, hint } = await failure(readClientKey(text, rules), "client_credential_invalid");
    expect(message).toContain("the key file /k/key.pem cannot be used");
    expect(message).toContain(reason);
    expect(hint).not.toBe("");
  });

  it("is refused where it is of another curve, or for another algorithm than is taken here", async () => {
    const p384 = await keyPair("ES384");
    await failure(readClientKey(p384.pem, rules), "client_credential_invalid");
    const allowed: readonly [ClientKeyAlgorithm] = ["PS256"];
    const ec = await keyPair("ES256");
    const { message } = await failure(readClientKey(ec.pem, { ...rules, allowed }), "client_credential_invalid");
    expect(message).toContain("its key cannot sign with PS256");
    const jwk = JSON.stringify({ ...ec.jwk, alg: "ES256" });
    await failure(readClientKey(jwk, { ...rules, algorithm: "RS256" }), "client_credential_invalid");
  });

  it("is refused where it is an RSA key of 1024 bits", async () => {
    const { privateKey } = await crypto.subtle.generateKey(
      {
        name: "RSASSA-PKCS1-v1_5",
        modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: "SHA-256",
      },
      true,
      ["sign", "verify"],
    );
    const { message } = await failure(
      readClientKey(await jose.exportPKCS8(privateKey), rules),
      "client_credential_invalid",
    );
    expect(message).toContain("1024 bits");
  });

  it("appears in no message", async () => {
    const { jwk } = await keyPair("ES384");
    const { message, hint } = await failure(readClientKey(JSON.stringify(jwk), rules), "client_credential_invalid");
    expect(`${message} ${hint}`).not.toContain(jwk.d);
  });
});
