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
    case "header": {
      const header: Record<string, unknown> = { ...usualHeader(key), ...fault.header };
      for (const name of fault.remove ?? []) {
        delete header[name];
      }
      return signText(JSON.stringify(header), JSON.stringify(skewed), key);
    }
    case "text": {
      const { header = JSON.stringify(usualHeader(key)), payload = JSON.stringify(skewed), after = "" } = fault;
      return `${await signText(header, payload, key)}${after}`;
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

function usualHeader({ kid }: SigningKey): Readonly<Record<string, unknown>> {
  return { alg: "RS256", typ: "JWT", kid };
}

/** RS256 over the text as it is: a library would refuse to sign some of it. */
async function signText(header: string, payload: string, { privateKey }: SigningKey): Promise<string> {
  const input = [header, payload].map((text) => Buffer.from(text).toString("base64url")).join(".");
  const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
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
