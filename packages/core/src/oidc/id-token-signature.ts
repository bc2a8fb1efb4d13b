import * as jose from "jose";
import * as v from "valibot";
import { TegataError } from "../base/errors.ts";
import { printable } from "../base/foreign-text.ts";
import { unreachable } from "../base/http.ts";
import { unavailable, type OpenIdProvider } from "./openid-provider.ts";
import type { Ports } from "../base/ports.ts";
import { type DocumentRequest, readDocument } from "./provider-document.ts";

/** What AWS STS takes; anything else it refuses, `none` and the symmetric ones above all. */
export const signatureAlgorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

const jwksSchema = v.object({ keys: v.array(v.looseObject({ kty: v.string() })) });

/** How the issuer's key set is read, from where it is stored or again. */
export function jwksRequest(provider: OpenIdProvider, ports: Ports): DocumentRequest<jose.JSONWebKeySet> {
  const url = provider.metadata.jwks_uri;
  if (url === undefined) {
    throw new TegataError("idp_invalid_response", `the discovery document of ${provider.issuer} names no jwks_uri`, {
      hint: "check the issuer or the domain",
    });
  }
  const notAKeySet = (httpStatus: number) =>
    new TegataError("idp_invalid_response", `${url} does not answer a JSON Web Key Set`, {
      hint: "tell the administrator of the identity provider",
      details: { httpStatus },
    });
  return {
    what: "key set",
    url,
    send: async () => {
      const response = await ports
        .fetch(url, { method: "GET", headers: { accept: "application/json" }, signal: ports.signal })
        .catch((error: unknown) => {
          throw unreachable("idp_unreachable", "the signing keys of the identity provider", url, error);
        });
      if (response.status === 429 || response.status >= 500) {
        throw unavailable(new URL(url), "signing keys", response.status);
      }
      if (response.status !== 200) {
        throw notAKeySet(response.status);
      }
      return response;
    },
    judge: (body) => {
      const jwks = v.safeParse(jwksSchema, body);
      if (!jwks.success) {
        throw notAKeySet(200);
      }
      // A set may hold encryption keys and, by mistake, private ones: neither verifies a signature.
      const keys = jwks.output.keys.filter((key) => ["RSA", "EC"].includes(key.kty) && key["d"] === undefined);
      return { keys };
    },
  };
}

/** Keys of an issuer that can have signed an ID token. */
export interface SigningKeys {
  readonly keys: readonly jose.JWK[];
}

/**
 * Reads the issuer's key set now, no matter what is stored of it; what comes is stored.
 *
 * @throws TegataError `idp_unreachable`, `idp_unavailable`, `idp_invalid_response`
 */
export function readSigningKeys(provider: OpenIdProvider, ports: Ports): Promise<SigningKeys> {
  return readDocument(jwksRequest(provider, ports), ports);
}

/**
 * The payload of a token that one of the keys signed.
 *
 * @throws TegataError `id_token_signature_invalid`
 */
export async function verifySignature(jwt: string, jwks: jose.JSONWebKeySet, issuer: string): Promise<Uint8Array> {
  const options = { algorithms: signatureAlgorithms };
  try {
    const { payload } = await jose.compactVerify(jwt, jose.createLocalJWKSet(jwks), options).catch(async (error) => {
      if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) {
        throw error;
      }
      // Without a `kid`, every key that fits is tried.
      for await (const key of error) {
        const verified = await jose.compactVerify(jwt, key, options).catch(() => undefined);
        if (verified !== undefined) {
          return verified;
        }
      }
      throw new jose.errors.JWSSignatureVerificationFailed();
    });
    return payload;
  } catch (error) {
    const keyFound = !(error instanceof jose.errors.JWKSNoMatchingKey);
    const reason = keyFound ? "the signature does not match" : "no key of the issuer's key set fits it";
    throw new TegataError(
      "id_token_signature_invalid",
      `the ID token is not signed by ${printable(issuer)}: ${reason}`,
      {
        hint: "try again; if it stays, tell the administrator of the identity provider",
        details: { keyFound },
        cause: error,
      },
    );
  }
}
