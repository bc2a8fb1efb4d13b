import * as jose from "jose";
import { TegataError } from "../base/errors.ts";
import type { Ports } from "../base/ports.ts";
import { correctedNow } from "./clock-offset.ts";
import type { ClientKey } from "./client-key.ts";
import { type OpenIdProvider, tokenEndpointOf } from "./openid-provider.ts";

/** What a provider wants of a client's assertion; they differ. */
export interface AssertionRules {
  /**
   * Whom it names in `aud`: the issuer as the discovery document writes it, or the token endpoint. Default: the issuer, alone and as
   * text, as the revision of RFC 7523 demands it.
   *
   * @see draft-ietf-oauth-rfc7523bis
   */
  readonly audience?: "issuer" | "token_endpoint";
  /** The `typ`. Default: `client-authentication+jwt`, as the same revision has it. */
  readonly type?: "client-authentication+jwt" | "JWT";
  /** How the provider finds the public key. `certificate`: by `x5t#S256`, and no `kid`. Default: by `kid`, where there is one. */
  readonly keyBy?: "kid" | "certificate";
}

/** Auth0 takes five minutes at most, and clocks differ. */
const lifetimeSeconds = 180;

/**
 * A new assertion, which is good for one request: most providers refuse to see one twice.
 *
 * @throws TegataError `client_credential_invalid` where the provider wants a certificate and none stands beside the key
 * @see RFC 7523 sections 2.2 and 3
 */
export async function signAssertion(
  clientId: string,
  key: ClientKey,
  provider: OpenIdProvider,
  { audience = "issuer", type = "client-authentication+jwt", keyBy = "kid" }: AssertionRules,
  ports: Ports,
): Promise<string> {
  const now = Math.floor(correctedNow(ports) / 1000);
  return new jose.SignJWT()
    .setProtectedHeader({ alg: key.algorithm, typ: type, ...keyHint(key, keyBy) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience === "issuer" ? provider.issuer : tokenEndpointOf(provider))
    .setJti(crypto.randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + lifetimeSeconds)
    .sign(key.privateKey);
}

function keyHint(
  { keyId, certificateThumbprint }: ClientKey,
  keyBy: NonNullable<AssertionRules["keyBy"]>,
): Readonly<Record<string, string>> {
  if (keyBy === "kid") {
    return keyId === undefined ? {} : { kid: keyId };
  }
  if (certificateThumbprint === undefined) {
    throw new TegataError(
      "client_credential_invalid",
      "the key file holds no certificate, by which the provider finds the key",
      {
        hint: "put the certificate that is registered there into the file, behind the key: BEGIN CERTIFICATE, in PEM",
      },
    );
  }
  return { "x5t#S256": certificateThumbprint };
}
