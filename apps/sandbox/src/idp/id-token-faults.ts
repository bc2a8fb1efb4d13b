import { decodeJwt, decodeProtectedHeader, SignJWT, type JWTPayload } from "jose";
import type { FaultPlan } from "../faults.ts";
import { generateSigningKey, type SigningKey } from "./signing-key.ts";

/** The ID token as the plan wants it: undefined for none at all, the same string when nothing is to be done. */
export async function spoilIdToken(
  idToken: string,
  { idToken: fault, clockSkewSeconds }: FaultPlan,
  key: SigningKey,
): Promise<string | undefined> {
  const skewed = shiftTimes(decodeJwt(idToken), clockSkewSeconds);
  const honest = clockSkewSeconds === 0 ? idToken : await sign(skewed, key, { kid: key.kid });
  if (fault === undefined) {
    return honest;
  }
  switch (fault.how) {
    case "missing":
      return undefined;
    case "claims": {
      const claims: Record<string, unknown> = { ...skewed, ...fault.claims };
      for (const name of fault.remove ?? []) {
        delete claims[name];
      }
      return sign(claims, key, { kid: key.kid });
    }
    case "badSignature":
      return breakSignature(honest);
    case "algNone":
      return `${encode({ alg: "none", typ: "JWT" })}.${encode(skewed)}.`;
    case "unknownKey": {
      const stranger = await generateSigningKey();
      return sign(skewed, stranger, { kid: stranger.kid });
    }
    case "noKeyId":
      return sign(skewed, key, {});
    default:
      return fault satisfies never;
  }
}

function sign(claims: JWTPayload, key: SigningKey, header: { kid?: string }): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", typ: "JWT", ...header }).sign(key.privateKey);
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function breakSignature(token: string): string {
  decodeProtectedHeader(token);
  const middle = token.lastIndexOf(".") + 40;
  const flipped = token.charAt(middle) === "A" ? "B" : "A";
  return token.slice(0, middle) + flipped + token.slice(middle + 1);
}

function shiftTimes(claims: JWTPayload, seconds: number): JWTPayload {
  const shifted = { ...claims };
  for (const name of ["iat", "exp", "nbf", "auth_time"]) {
    const value = shifted[name];
    if (typeof value === "number") {
      shifted[name] = value + seconds;
    }
  }
  return shifted;
}
