import type { ErrorCode } from "@tegata/core";
import { exitStatuses, type ExitStatus } from "../exit-status.ts";

/** Longer ones are cut by some HTTP clients. */
const maxCharacters = 100;

const words: Readonly<Partial<Record<ExitStatus, string>>> = {
  2: "the settings are at fault",
  3: "the settings or this machine are at fault",
  4: "a sign-in is needed",
  5: "refused by the identity provider or AWS",
  6: "not reachable, or no sensible answer: it may work later",
};

/**
 * Why there are no credentials, for the status line of HTTP: the SDK for .NET shows nothing else. Visible ASCII, at most 100
 * characters, and no text of a server: an error's message may quote one.
 *
 * @param hint used where it is the command that signs a person in, which is made of this machine's settings
 */
export function reasonPhrase(code: ErrorCode, hint: string | undefined): string {
  const text = words[exitStatuses[code]] ?? "an unexpected error";
  if (code === "sign_in_required" && hint !== undefined) {
    const withCommand = `${text}: ${hint}`;
    return /^[\x20-\x7e]+$/.test(withCommand) && withCommand.length <= maxCharacters ? withCommand : text;
  }
  return `${code}: ${text}`;
}
