import * as v from "valibot";
import { TegataError } from "../base/errors.ts";
import { saysSomething } from "../base/foreign-text.ts";
import type { Ports } from "../base/ports.ts";
import { shownValue } from "../base/shown-value.ts";
import type { HintInput } from "../base/wording.ts";
import { correctedNow, latestNow, wrongClock } from "./clock-offset.ts";
import { cannotBeUsed, invalid } from "./id-token-header.ts";
import type { IdTokenClaims } from "./verified-id-token.ts";

/*
 * What every token for AWS has in common, no matter what it is called: the claims that AWS wants, the issuer, the times.
 */

/**
 * How far the clocks of the provider and of this machine may be apart, in seconds: `iat` and `nbf` may lie as far in the future of the
 * servers' clock. `exp` gets none: AWS gives none either.
 */
export const leewaySeconds = 60;

/** The last instant that a Date can hold. */
const maxEpochSeconds = 8_640_000_000_000;

export const epochSeconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(maxEpochSeconds));

const claimsSchema = v.object({
  iss: v.string(),
  sub: v.pipe(
    v.string(),
    v.check((sub) => saysSomething(sub)),
  ),
  aud: v.union([v.pipe(v.string(), v.nonEmpty()), v.pipe(v.array(v.string()), v.nonEmpty())]),
  azp: v.optional(v.string()),
  exp: epochSeconds,
  iat: epochSeconds,
  nbf: v.optional(epochSeconds),
  /** For names and messages only: one that says nothing does not make the token another. */
  email: v.optional(v.unknown()),
  /** For who asks for an account alone, and likewise. */
  email_verified: v.optional(v.unknown()),
  preferred_username: v.optional(v.unknown()),
  upn: v.optional(v.unknown()),
  auth_time: v.optional(v.unknown()),
  acr: v.optional(v.unknown()),
});

export type Claims = v.InferOutput<typeof claimsSchema>;

/** @throws TegataError `id_token_invalid` for a claim that AWS wants and that is not there */
export function readClaims(payload: unknown): Claims {
  const parsed = v.safeParse(claimsSchema, payload);
  if (!parsed.success) {
    const claim = parsed.issues[0].path?.[0]?.key;
    throw invalid(
      typeof claim === "string"
        ? `its claim ${claim} is missing or of the wrong kind`
        : "its payload is not a JSON object",
      "tell the administrator of the identity provider",
    );
  }
  return parsed.output;
}

export function toIdTokenClaims(claims: Claims): IdTokenClaims {
  const { iss, sub, aud, azp, exp, iat, email, preferred_username: username, upn, auth_time: authTime, acr } = claims;
  // Some providers write it as text.
  const isVerified = claims.email_verified === true || claims.email_verified === "true";
  const isUnverified = claims.email_verified === false || claims.email_verified === "false";
  return {
    iss,
    sub,
    aud: typeof aud === "string" ? [aud] : aud,
    azp,
    exp,
    iat,
    email: saysSomething(email) ? email : undefined,
    ...(isUnverified ? { isEmailUnverified: true } : {}),
    names: [isVerified ? email : undefined, username, upn].filter((name) => saysSomething(name)),
    authTime: v.is(epochSeconds, authTime) ? authTime : undefined,
    acr: saysSomething(acr) ? acr : undefined,
  };
}

/** @throws TegataError `id_token_invalid`, with `claim` in its details */
export function judgeIssuer({ iss }: Pick<Claims, "iss">, issuer: string, hint: HintInput): void {
  if (iss !== issuer) {
    throw new TegataError(
      "id_token_invalid",
      cannotBeUsed(`its issuer is ${shownValue(iss, 200)}, not ${shownValue(issuer, 200)}`),
      { hint, details: { claim: "iss" } },
    );
  }
}

type Times = Readonly<Record<"exp" | "iat", number> & { nbf?: number | undefined }>;

/** @throws TegataError `id_token_expired`, `id_token_invalid` */
export function judgeTimes(claims: Times, ports: Ports): void {
  const corrected = Math.floor(correctedNow(ports) / 1000);
  if (claims.exp <= corrected) {
    throw (
      wrongClock(ports) ??
      new TegataError("id_token_expired", `the ID token ended ${corrected - claims.exp} s ago`, {
        hint: "try again; if it stays, check the clock of this machine",
      })
    );
  }
  judgeSpan(claims);
  const latest = Math.floor(latestNow(ports) / 1000);
  for (const name of ["iat", "nbf"] as const) {
    const ahead = (claims[name] ?? 0) - latest;
    if (ahead > leewaySeconds) {
      throw (
        wrongClock(ports) ?? invalid(`its ${name} lies ${ahead} s in the future`, "check the clock of this machine")
      );
    }
  }
}

/** A token that ends before it begins was made by a broken clock, or by hand. */
function judgeSpan({ exp, iat, nbf }: Times): void {
  for (const [name, begins] of [
    ["iat", iat],
    ["nbf", nbf],
  ] as const) {
    if (begins !== undefined && exp <= begins) {
      throw invalid(`it ends (exp) before it begins (${name})`, "tell the administrator of the identity provider");
    }
  }
}
