import type { TokenClaims } from "@tegata/core";

/** One text for a claim that a condition key holds; `undefined` for what is no text. */
export function claimText(value: unknown): string | undefined {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : undefined;
}

/** The texts of a claim: of a list, each of it. */
export function claimTexts(value: unknown): readonly string[] {
  return [value].flat().flatMap((one) => claimText(one) ?? []);
}

/** What AWS takes for the audience: `azp` where the token has one, else `aud`. */
export function audienceOf(claims: TokenClaims): readonly string[] {
  const authorizedParty = claimText(claims["azp"]);
  return authorizedParty === undefined ? claimTexts(claims["aud"]) : [authorizedParty];
}
