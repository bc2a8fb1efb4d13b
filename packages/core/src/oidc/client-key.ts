import * as jose from "jose";
import * as v from "valibot";
import { TegataError } from "../base/errors.ts";
import { parseJson } from "./token-response.ts";
import { hint, type HintInput, setting } from "../base/wording.ts";

/** What a client's assertion may be signed with (RFC 7518 section 3.1). */
export const clientKeyAlgorithms = ["RS256", "PS256", "ES256"] as const;

/** An algorithm for a client's assertion. */
export type ClientKeyAlgorithm = (typeof clientKeyAlgorithms)[number];

/** The private key of a client, ready to sign. */
export interface ClientKey {
  readonly privateKey: jose.CryptoKey;
  readonly algorithm: ClientKeyAlgorithm;
  /** The `kid` by which the provider finds the public key. */
  readonly keyId: string | undefined;
  /** The `x5t#S256` of the certificate that stands beside the key: SHA-256 of its DER form, in base64url. */
  readonly certificateThumbprint: string | undefined;
}

/** What is known of a key besides its file. */
export interface ClientKeyRules {
  /** For messages: the path, shown. */
  readonly where: string;
  /** What the key may sign with here, the usual one first. */
  readonly allowed: readonly [ClientKeyAlgorithm, ...ClientKeyAlgorithm[]];
  /** What a person has named; undefined: by the kind of the key. */
  readonly algorithm?: ClientKeyAlgorithm | undefined;
  readonly keyId?: string | undefined;
}

const minRsaBits = 2048;

const jwkSchema = v.looseObject({
  kty: v.string(),
  alg: v.exactOptional(v.string()),
  kid: v.exactOptional(v.string()),
  d: v.exactOptional(v.string()),
  "x5t#S256": v.exactOptional(v.string()),
  x5c: v.exactOptional(v.array(v.string())),
});

/** What begins a PEM file that is something else. */
const foreignPems: readonly (readonly [RegExp, string, HintInput])[] = [
  [
    /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type:.*ENCRYPTED/m,
    "its key is encrypted, and nobody is asked for its password",
    "write it without a password: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW",
  ],
  [
    /-----BEGIN (RSA|EC) PRIVATE KEY-----/,
    "its key is in the form of one kind of key only (PKCS#1 or SEC 1), not in PKCS#8",
    "convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW",
  ],
  [
    /-----BEGIN OPENSSH PRIVATE KEY-----/,
    "its key is in the form of OpenSSH, not in PKCS#8",
    "make a key for this client alone: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out NEW",
  ],
  [
    /-----BEGIN (PUBLIC KEY|CERTIFICATE)-----/,
    "it holds what everybody may know (a public key or a certificate), and no private key",
    hint`let ${setting("client_key_file")} name the file with the private key`,
  ],
];

/**
 * Reads a private key: PEM in PKCS#8, with the certificate beside it where the provider wants that, or a JSON Web Key.
 *
 * @throws TegataError `client_credential_invalid`; no part of the key is in it
 * @see RFC 7468 section 10, RFC 7517
 */
export async function readClientKey(text: string, rules: ClientKeyRules): Promise<ClientKey> {
  const key = text.trimStart().startsWith("{") ? await readJwk(text, rules) : await readPem(text, rules);
  const { modulusLength } = v.parse(v.object({ modulusLength: v.optional(v.number()) }), key.privateKey.algorithm);
  if (modulusLength !== undefined && modulusLength < minRsaBits) {
    throw unusable(
      rules,
      `its RSA key has ${modulusLength} bits, and it takes ${minRsaBits}`,
      "make a longer key, and register its public key at the identity provider",
    );
  }
  return key;
}

async function readPem(text: string, rules: ClientKeyRules): Promise<ClientKey> {
  const pem = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/.exec(text)?.[0];
  if (pem === undefined) {
    const [, reason, advice] = foreignPems.find(([pattern]) => pattern.test(text)) ?? [
      undefined,
      "it holds neither a private key in PEM (BEGIN PRIVATE KEY) nor a JSON Web Key",
      hint`check ${setting("client_key_file")}`,
    ];
    throw unusable(rules, reason, advice);
  }
  const certificate = /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/.exec(text)?.[1];
  for (const algorithm of candidates(rules)) {
    const privateKey = await jose.importPKCS8(pem, algorithm).catch(() => undefined);
    if (privateKey !== undefined) {
      const certificateThumbprint = certificate === undefined ? undefined : await thumbprintOf(certificate, rules);
      return { privateKey, algorithm, keyId: rules.keyId, certificateThumbprint };
    }
  }
  throw wrongKind(rules);
}

async function readJwk(text: string, rules: ClientKeyRules): Promise<ClientKey> {
  const parsed = v.safeParse(jwkSchema, parseJson(text));
  if (!parsed.success) {
    throw unusable(
      rules,
      "it is no JSON Web Key (an object with kty)",
      "write one private key into it, not a set of keys",
    );
  }
  const { alg, kid, d, "x5t#S256": thumbprint, x5c } = parsed.output;
  if (d === undefined) {
    throw unusable(
      rules,
      "its JSON Web Key is a public or a symmetric one (without d)",
      hint`let ${setting("client_key_file")} name the file with the private key`,
    );
  }
  for (const algorithm of candidates(rules).filter((each) => alg === undefined || each === alg)) {
    const privateKey = await jose.importJWK(parsed.output, algorithm).catch(() => undefined);
    if (privateKey !== undefined && !(privateKey instanceof Uint8Array)) {
      const [certificate] = x5c ?? [];
      return {
        privateKey,
        algorithm,
        keyId: rules.keyId ?? kid,
        certificateThumbprint: thumbprint ?? (certificate && (await thumbprintOf(certificate, rules))),
      };
    }
  }
  throw wrongKind(rules);
}

/** RSA or EC: the import itself tells which. */
function candidates({ allowed, algorithm }: ClientKeyRules): readonly ClientKeyAlgorithm[] {
  return algorithm === undefined ? allowed : allowed.filter((each) => each === algorithm);
}

async function thumbprintOf(base64: string, rules: ClientKeyRules): Promise<string> {
  try {
    const der = Uint8Array.from(atob(base64.replaceAll(/\s/g, "")), (character) => character.charCodeAt(0));
    return jose.base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));
  } catch {
    throw unusable(rules, "its certificate is not base64", "write the certificate into it again, as PEM");
  }
}

function wrongKind(rules: ClientKeyRules): TegataError {
  const names = rules.algorithm ?? rules.allowed.join(", ");
  return unusable(
    rules,
    `its key cannot sign with ${names}`,
    rules.allowed.includes("ES256")
      ? "take an RSA key of 2048 bits or more, or an EC key of the curve P-256"
      : "take an RSA key of 2048 bits or more",
  );
}

function unusable({ where }: ClientKeyRules, reason: string, advice: HintInput): TegataError {
  return new TegataError("client_credential_invalid", `the key file ${where} cannot be used: ${reason}`, {
    hint: advice,
  });
}
