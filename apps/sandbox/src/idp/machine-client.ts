import { createHash, randomBytes } from "node:crypto";
import {
  compactVerify,
  decodeProtectedHeader,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importJWK,
  type JWK,
  type ProtectedHeaderParameters,
} from "jose";
import * as v from "valibot";
import { MACHINE_CLIENT_ID } from "../options.ts";
import type { SecretLedger } from "../secret-ledger.ts";

/** What a client that signs in by itself has; the providers know the public half of it. */
export interface MachineCredentials {
  clientId: string;
  clientSecret: string;
  /** RSA private key of 2048 bits, PEM in PKCS#8. */
  keyPem: string;
  /** EC private key of the curve P-256, PEM in PKCS#8. */
  ecKeyPem: string;
  /** `kid` of both. */
  keyId: string;
  /**
   * What is registered as the certificate of the RSA key, in PEM. Its bytes are arbitrary: providers find a key by their digest, and
   * nothing in them is read.
   */
  certificatePem: string;
}

/** What a provider wants of an assertion (RFC 7523). */
export interface AssertionDemands {
  /** Values of `aud` that are taken; a list of one is, too. */
  audiences: readonly string[];
  algorithms: readonly string[];
  /** `typ` that must be there. */
  type?: string;
  keyBy: "kid" | "certificate";
  /** From now on; undefined: any. */
  maxLifetimeSeconds?: number;
  /** Takes an assertion more than once, and one without `jti`. */
  takesReplay?: boolean;
}

const SKEW_SECONDS = 10;
const EC = "ES256";
const FOR_ANOTHER = "aud is not this provider alone";

const assertionClaims = v.object({
  iss: v.string(),
  sub: v.string(),
  aud: v.union([v.string(), v.array(v.string())]),
  exp: v.number(),
  iat: v.optional(v.number()),
  jti: v.optional(v.string()),
});

/** The client that signs in by itself, as every provider of one sandbox knows it. */
export class MachineClient {
  readonly #secret = randomBytes(24).toString("base64url");
  readonly #secrets: SecretLedger;
  readonly #seen = new Set<string>();
  #made: Promise<{ credentials: MachineCredentials; rsa: JWK; ec: JWK; thumbprint: string }> | undefined;

  constructor(secrets: SecretLedger) {
    this.#secrets = secrets;
  }

  /** Made when somebody asks: keys cost more than all the rest of a sandbox's start. */
  async credentials(): Promise<MachineCredentials> {
    return (await this.#material()).credentials;
  }

  /** Why this is not the client, for the provider to put into its own words; undefined: it is. */
  async judge(
    form: URLSearchParams,
    authorization: string | undefined,
    demands: AssertionDemands,
    now: number,
  ): Promise<MachineRefusal | undefined> {
    const assertion = form.get("client_assertion");
    if (assertion !== null) {
      if (form.get("client_assertion_type") !== "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
        return { kind: "assertion", why: "client_assertion_type is not jwt-bearer" };
      }
      const why = await this.#whyNot(assertion, demands, now).catch(() => "the assertion is no JWT");
      return why === undefined ? undefined : { kind: "assertion", why, isForAnother: why === FOR_ANOTHER };
    }
    const [id, secret] = basicOf(authorization) ?? [form.get("client_id"), form.get("client_secret")];
    if (id !== MACHINE_CLIENT_ID) {
      return { kind: "client", why: `no client ${id ?? ""}` };
    }
    return secret === this.#secret ? undefined : { kind: "secret", why: "the secret is wrong" };
  }

  async #whyNot(assertion: string, demands: AssertionDemands, now: number): Promise<string | undefined> {
    const header = decodeProtectedHeader(assertion);
    const { credentials, rsa, ec, thumbprint } = await this.#material();
    if (!demands.algorithms.includes(header.alg ?? "")) {
      return `the algorithm ${header.alg ?? ""} is not taken`;
    }
    if (demands.type !== undefined && header.typ !== demands.type) {
      return `typ is not ${demands.type}`;
    }
    const unknownKey = whyUnknownKey(header, demands.keyBy, { keyId: credentials.keyId, thumbprint });
    if (unknownKey !== undefined) {
      return unknownKey;
    }
    const key = await importJWK(header.alg === EC ? ec : rsa, header.alg);
    const verified = await compactVerify(assertion, key).catch(() => undefined);
    if (verified === undefined) {
      return "the signature is wrong";
    }
    return this.#judgeClaims(JSON.parse(new TextDecoder().decode(verified.payload)), demands, now);
  }

  #judgeClaims(payload: unknown, demands: AssertionDemands, now: number): string | undefined {
    const parsed = v.safeParse(assertionClaims, payload);
    if (!parsed.success) {
      return "iss, sub, aud or exp is missing";
    }
    const { iss, sub, aud, exp, iat = now, jti } = parsed.output;
    const [audience, another] = [aud].flat();
    if (iss !== MACHINE_CLIENT_ID || sub !== MACHINE_CLIENT_ID) {
      return "iss and sub are not the client";
    }
    if (another !== undefined || !demands.audiences.includes(audience ?? "")) {
      return FOR_ANOTHER;
    }
    if (exp <= now || iat > now + SKEW_SECONDS || exp - now > (demands.maxLifetimeSeconds ?? Infinity) + SKEW_SECONDS) {
      return "the times are wrong";
    }
    if (demands.takesReplay === true) {
      return undefined;
    }
    if (jti === undefined) {
      return "jti is missing";
    }
    if (this.#seen.has(jti)) {
      return "the assertion has been seen before";
    }
    this.#seen.add(jti);
    return undefined;
  }

  #material() {
    this.#made ??= this.#make();
    return this.#made;
  }

  async #make() {
    const [rsa, ec] = await Promise.all([
      generateKeyPair("RS256", { extractable: true, modulusLength: 2048 }),
      generateKeyPair(EC, { extractable: true }),
    ]);
    const der = randomBytes(300);
    const credentials: MachineCredentials = {
      clientId: MACHINE_CLIENT_ID,
      clientSecret: this.#secret,
      keyPem: await exportPKCS8(rsa.privateKey),
      ecKeyPem: await exportPKCS8(ec.privateKey),
      keyId: randomBytes(9).toString("base64url"),
      certificatePem: `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`,
    };
    this.#secrets.add("client_secret", credentials.clientSecret);
    this.#secrets.add("client_key", credentials.keyPem);
    this.#secrets.add("client_key", credentials.ecKeyPem);
    return {
      credentials,
      rsa: await exportJWK(rsa.publicKey),
      ec: await exportJWK(ec.publicKey),
      thumbprint: createHash("sha256").update(der).digest("base64url"),
    };
  }
}

/** What was wrong with the client, and why, for a description. */
export interface MachineRefusal {
  kind: "client" | "secret" | "assertion";
  why: string;
  /** The assertion is right but for its `aud`. */
  isForAnother?: boolean;
}

function whyUnknownKey(
  header: ProtectedHeaderParameters,
  keyBy: AssertionDemands["keyBy"],
  { keyId, thumbprint }: { keyId: string; thumbprint: string },
): string | undefined {
  if (keyBy === "certificate") {
    return header["x5t#S256"] === thumbprint ? undefined : "no certificate with this thumbprint is registered";
  }
  return header.kid === undefined || header.kid === keyId ? undefined : "no key with this kid is registered";
}

/** Client id and secret, each form-encoded before they were joined (RFC 6749, section 2.3.1). */
function basicOf(authorization: string | undefined): [string, string] | undefined {
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? "")?.[1];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? "", "base64").toString()) ?? [];
  return id === undefined || secret === undefined ? undefined : [formDecoded(id), formDecoded(secret)];
}

function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
