import * as jose from "jose";
import type { HintInput } from "../base/wording.ts";
import { TegataError } from "../base/errors.ts";
import { printable } from "../base/foreign-text.ts";
import { shownValue } from "../base/shown-value.ts";
import { signatureAlgorithms } from "./id-token-signature.ts";

/** The longest WebIdentityToken that AssumeRoleWithWebIdentity takes, in characters. */
const maxCharacters = 20_000;

/** What a token may be besides what every ID token is, where its platform documents it. */
export interface IdTokenProfile {
  /** Values of `typ` besides `JWT`, such as `JOSE` of a JWT-SVID. */
  readonly types?: readonly string[];
  /**
   * Who `azp` may name where there is one audience: the audience itself, or anybody. Google's own tokens name the service
   * account there. Default: `audience`.
   */
  readonly authorizedParty?: "audience" | "any";
}

/** `id_token+jwt` is the explicit type of Connect2id; OpenID Connect Core names none. */
const usualTypes = ["jwt", "id_token+jwt"];

/**
 * Header parameters that change what is signed or how it is read. RFC 7797 (`b64`) and RFC 7515 section 4.1.11 (`crit`) are for
 * others than ID tokens; `enc` and `zip` belong to encrypted ones (RFC 7516). Libraries differ in what they make of them.
 */
const refusedParameters = ["b64", "crit", "zip", "enc"] as const;

/**
 * Refuses what is not the compact form of a signed JWT that AWS takes. Nothing in the header but `alg` and `kid` is used: not
 * `jku`, `jwk`, `x5u` or `x5c`, which could name a key of the sender's.
 *
 * @throws TegataError `id_token_invalid`
 * @see RFC 7515 section 4.1, RFC 8725 section 3.11
 */
export function judgeHeader(jwt: string, { types = [] }: IdTokenProfile = {}): void {
  if (jwt.length > maxCharacters) {
    throw invalid(
      `it is longer than the ${maxCharacters} characters that AWS takes`,
      "put fewer claims into the ID token",
    );
  }
  const header = readHeader(jwt);
  const { alg, typ, cty, kid } = header;
  if (typeof alg !== "string" || !signatureAlgorithms.includes(alg)) {
    throw invalid(
      `its signature algorithm is ${printable(String(alg), 40)}, and AWS takes only ${signatureAlgorithms.join(", ")}`,
      "set the ID token signature algorithm of the client to RS256 at the identity provider",
    );
  }
  const refused = refusedParameters.find((name) => name in header);
  if (refused !== undefined) {
    throw invalid(`its header has ${refused}, which a signed ID token does not have`, administrator);
  }
  if (typ !== undefined && !isType(typ, [...usualTypes, ...types.map((type) => type.toLowerCase())])) {
    throw invalid(
      `its type (typ) is ${shownType(typ)}, not JWT: it is a token for something else`,
      "let the identity provider send an ID token, not an access token or another kind of token",
    );
  }
  if (isType(cty, ["jwt"])) {
    throw invalid("it holds another token (cty is JWT)", administrator);
  }
  if (kid !== undefined && typeof kid !== "string") {
    throw invalid("its key id (kid) is not text", administrator);
  }
  if (!isCompact(jwt)) {
    throw invalid("it is not three parts of base64url with dots between them", administrator);
  }
}

function readHeader(jwt: string): Readonly<Record<string, unknown>> {
  try {
    const header: Readonly<Record<string, unknown>> = jose.decodeProtectedHeader(jwt);
    const [encoded = ""] = jwt.split(".");
    refuseRepeatedMember(new TextDecoder().decode(jose.base64url.decode(encoded)), "header");
    return header;
  } catch (error) {
    if (error instanceof TegataError) {
      throw error;
    }
    throw invalid("it is not a JSON Web Token", "check that the scope holds openid", error);
  }
}

/** A media type may be written with `application/` in front, and in any case (RFC 7515 section 4.1.9). */
function isType(value: unknown, types: readonly string[]): boolean {
  return typeof value === "string" && types.includes(value.toLowerCase().replace(/^application\//, ""));
}

function shownType(typ: unknown): string {
  return shownValue(typ, 60);
}

/** One way of writing alone: what a lenient decoder passes over, AWS may not. */
function isCompact(jwt: string): boolean {
  const parts = jwt.split(".");
  return (
    parts.length === 3 &&
    parts.every((part) => {
      try {
        return part !== "" && jose.base64url.encode(jose.base64url.decode(part)) === part;
      } catch {
        return false;
      }
    })
  );
}

/**
 * Refuses an object that names a member twice: of two, another reader may take the other (RFC 7515 section 4, RFC 7519
 * section 4).
 *
 * @param json text that `JSON.parse` takes
 * @throws TegataError `id_token_invalid`
 */
export function refuseRepeatedMember(json: string, where: "header" | "payload"): void {
  const seen = new Set<unknown>();
  let depth = 0;
  let last: string | undefined;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g)) {
    if (token === "{" || token === "[") {
      depth += 1;
    } else if (token === "}" || token === "]") {
      depth -= 1;
    } else if (token === ":" && depth === 1 && last !== undefined) {
      const name: unknown = JSON.parse(last);
      if (seen.has(name)) {
        throw invalid(`its ${where} has ${printable(last, 60)} twice`, administrator);
      }
      seen.add(name);
    }
    last = token.startsWith('"') ? token : undefined;
  }
}

const administrator = "tell the administrator of the identity provider";

/** A token that is not one that can be used. The reason and the hint hold nothing of it but names and claims. */
export function invalid(reason: string, hint: HintInput, cause?: unknown): TegataError {
  return new TegataError("id_token_invalid", cannotBeUsed(reason), { hint, cause });
}

/** The words before every reason. */
export function cannotBeUsed(reason: string): string {
  return `the ID token cannot be used: ${reason}`;
}
