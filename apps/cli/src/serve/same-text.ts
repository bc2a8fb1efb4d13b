import { timingSafeEqual } from "node:crypto";

/** Takes as long for a wrong text as for the right one. How long the right one is may become known. */
export function isSameText(sent: string, expected: string): boolean {
  const [left, right] = [Buffer.from(sent), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
