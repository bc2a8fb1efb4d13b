import { expect } from "vitest";

/** vitest's asymmetric matchers, without the `any` that they are typed as. */
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

/** An instant as it is written everywhere: UTC, no fraction. */
export const instant = matching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);

export const notContaining = (text: string): unknown => expect.not.arrayContaining([expect.stringContaining(text)]);

/** The same words, in any order. */
export const words = (expected: readonly string[]): unknown =>
  expect.toSatisfy((found: readonly string[]) => found.toSorted().join() === expected.toSorted().join());
