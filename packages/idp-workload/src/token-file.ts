import { type HintInput, type Machine, shownPath } from "@tegata/core";
import { readToken, subjectTraits, type TokenRules } from "./token-rules.ts";
import { tokenMissing, type TokenSource } from "./token-source.ts";

/** Longer than any token that AWS takes (20,000 characters): one that is too long for AWS is told so. */
export const maxFileBytes = 65_536;

/**
 * The token in a file, as it is there now: a rotated one replaces it at any time.
 *
 * @throws TegataError `workload_token_missing` when there is no file or nothing in it; `file_unreadable`
 */
export async function readTokenFile(path: string, machine: Machine, missingHint: HintInput): Promise<string> {
  const token = (await machine.readFile(path, maxFileBytes))?.trim();
  if (token === undefined || token === "") {
    const what = token === undefined ? "is not there" : "is empty";
    throw tokenMissing(`the token file ${shownPath(path)} ${what}`, missingHint);
  }
  return token;
}

/** A file in which somebody else keeps a token up to date; read again each time. */
export async function tokenInFile(
  path: string,
  machine: Machine,
  missingHint: HintInput,
  rules: TokenRules,
): Promise<TokenSource> {
  const token = await readTokenFile(path, machine, missingHint);
  return {
    ...rules,
    traits: subjectTraits(readToken(token, rules.hints, rules.profile)),
    token: (context) => readTokenFile(path, context.machine, missingHint),
  };
}
