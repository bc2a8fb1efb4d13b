import { isTegataError, type ErrorCode, type TegataError } from "@tegata/core";
import { expect } from "vitest";

/** The error of a promise that must fail with this code; its words can be looked at afterwards. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<TegataError> {
  const error: unknown = await promise.then(
    (value) => new Error(`expected ${code}, but the promise gave ${typeof value}`),
    (reason: unknown) => reason,
  );
  if (!isTegataError(error)) {
    throw error;
  }
  expect(error.code, `the error should be ${code}: ${error.message}`).toBe(code);
  expectGoodWords(error);
  return error;
}

/** Manners of every message: no capital at the start, no full stop at the end, one line. */
export function expectGoodWords(error: TegataError): void {
  for (const words of [error.message, error.hint].filter((text) => text !== undefined)) {
    // A name may stand first: `Auth0 refuses …`, `IAM …`.
    expect(words, "starts with a capital that is no name").not.toMatch(/^(The|A|An|No|It|Check|Run|Sign|Try|Please)\b/);
    expect(words, "ends with a full stop").not.toMatch(/\.$/);
    expect(words, "holds a control character").not.toMatch(/\p{Cc}/u);
  }
}

/**
 * Fails when any of the secrets stands in the text, as it is or URL-encoded.
 *
 * @param where what the text is, for the message
 */
export function expectNoSecret(text: string, secrets: Iterable<string>, where = "the text"): void {
  for (const secret of secrets) {
    expect(secret, "a secret is empty: it would stand in every text").not.toBe("");
    const shown = text.includes(secret) || text.includes(encodeURIComponent(secret));
    expect(shown, `a secret that starts with ${secret.slice(0, 4)} stands in ${where}`).toBe(false);
  }
}
