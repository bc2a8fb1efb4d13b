import { createHash } from "node:crypto";

/** SHA-256 of a text in UTF-8, as 64 hex digits. At once: a text of ours is short, and another thread takes longer to ask. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
