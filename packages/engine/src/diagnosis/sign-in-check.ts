import {
  commandOfRun,
  decodeIdToken,
  expiryWithoutVerifying,
  hint,
  printable,
  signInRequired,
  shownValue,
  toIsoSeconds,
} from "@tegata/core";
import { credentialsKeyOf } from "../credentials/cache-key.ts";
import { folderRequired } from "../credentials/unstored.ts";
import { keyringRequired } from "../session/keyring-required.ts";
import { isAlive } from "../storage/credentials-cache.ts";
import type { SessionRecord, UsedTokenStore } from "../storage/session-store.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, failedBy, ok, warning } from "./step.ts";

/** An ID token that ends sooner is not used again. */
const leastSeconds = 60;

/** The stored sign-in: whose, for how long, and whether it can be renewed. Nobody is asked, and nothing is sent. */
export const signInCheck: Check<DiagnosisContext> = {
  id: "sign-in",
  needs: ["idp", "state-folder", "token-store"],
  isMeant: ({ found }) => found.idp?.kind !== "workload",
  run: async (context) => {
    const { sessions, sessionKey, ports } = context;
    const key = await sessionKey();
    // As a run reads it: with the token store `none`, nothing is there.
    const loaded = await sessions.load(key);
    if (loaded.kind === "absent") {
      return [await nobody(key, context)];
    }
    const { tokenStore } = await sessions.peek(key);
    const message = described(loaded.record, tokenStore);
    return [canGoOn(loaded.record, ports.clock.now()) ? ok("sign-in", message) : ended(loaded.record, message)];
  },
};

function canGoOn({ idToken, refreshToken, refusal }: SessionRecord, now: number): boolean {
  const left = (idToken === undefined ? 0 : (expiryWithoutVerifying(idToken) ?? 0)) - now / 1000;
  return left > leastSeconds || (refreshToken !== undefined && refusal?.isFinal !== true);
}

function ended({ refusal }: SessionRecord, message: string): DiagnosisStep {
  const step = failedBy("sign-in", signInRequired(refusal));
  return { ...step, message: [...step.message, `; stored: ${message}`] };
}

function described(
  { issuer, subject, idToken, refreshToken, refusal, savedAt }: SessionRecord,
  tokenStore: UsedTokenStore | undefined,
): string {
  const expiry = idToken === undefined ? undefined : expiryWithoutVerifying(idToken);
  const until = expiry === undefined ? "no ID token" : `ID token until ${toIsoSeconds(expiry * 1000)}`;
  const renewal =
    refusal === undefined
      ? refreshToken === undefined
        ? "no refresh token"
        : "a refresh token"
      : `not renewed (${printable(refusal.words, 300)})`;
  const where = tokenStore === "keyring" ? "encrypted by the keyring" : "in a file";
  const since = toIsoSeconds(savedAt);
  return `${nameIn(idToken) ?? shownValue(subject, 200)} at ${printable(issuer)}, ${until}, ${renewal}, ${where}, stored ${since}`;
}

function nameIn(idToken: string | undefined): string | undefined {
  try {
    const email = idToken === undefined ? undefined : decodeIdToken(idToken).email;
    return email && printable(email, 200);
  } catch {
    return undefined;
  }
}

/** What a run would say: that the keyring is what is missing, or the folder, or the person. */
async function nobody(key: string, context: DiagnosisContext): Promise<DiagnosisStep> {
  const keyring = await keyringRequired(key, context);
  const required = signInRequired();
  const error = keyring ?? (await folderRequired(required, context)) ?? required;
  const until = await storedUntil(key, context);
  return until === undefined
    ? failedBy("sign-in", error)
    : warning(
        "sign-in",
        `none is stored; the stored credentials do until ${until}`,
        hint`then sign in again: ${commandOfRun("login")}`,
      );
}

/** Credentials are handed out to their end, without a sign-in as well. */
async function storedUntil(
  key: string,
  { cache, role, ports }: Pick<DiagnosisContext, "cache" | "role" | "ports">,
): Promise<string | undefined> {
  const resolved = await role().catch(() => undefined);
  const loaded = resolved && (await cache.load(await credentialsKeyOf(key, resolved.steps)));
  return loaded?.kind === "found" && isAlive(loaded.record, ports.clock.now())
    ? loaded.record.credentials.expiration
    : undefined;
}
