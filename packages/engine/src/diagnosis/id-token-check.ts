import {
  allClaimsOf,
  decodeIdToken,
  expiryWithoutVerifying,
  type IdTokenClaims,
  printable,
  shownValue,
  signInAsWorkload,
  signInRequired,
  toIsoSeconds,
} from "@tegata/core";
import { ended, openSession, patienceMilliseconds } from "../session/open-session.ts";
import type { ResolvedInteractiveIdp, ResolvedWorkload } from "../settings/resolved.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import { claimsForAws } from "./claims-for-aws.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, failedBy, ok, skipped, warning } from "./step.ts";

/**
 * An ID token as a run would get it: the stored one, or a new one by the refresh token, or the platform's; verified, with the claims
 * that AWS reads. Offline, what is stored is read and not verified.
 */
export const idTokenCheck: Check<DiagnosisContext> = {
  id: "id-token",
  needs: ["sign-in", "platform-token", "client-token", "discovery", "keys"],
  sends: true,
  run: async (context) => {
    const idp = await context.idp();
    if (idp.kind === "interactive" && !(await isSignedIn(context))) {
      return [skipped("id-token", "there is no sign-in to get one by")];
    }
    return [await (idp.kind === "interactive" ? ofSession(idp, context) : ofPlatform(idp, context))];
  },
};

/** The same offline. */
export const storedIdTokenCheck: Check<DiagnosisContext> = {
  id: "stored-token",
  needs: ["sign-in"],
  isMeant: ({ isOffline, found }) => isOffline && found.idp?.kind !== "workload",
  run: async ({ sessions, sessionKey, ports }) => {
    const loaded = await sessions.load(await sessionKey());
    const jwt = loaded.kind === "found" ? loaded.record.idToken : undefined;
    if (jwt === undefined) {
      return [skipped("stored-token", "none is stored")];
    }
    const isOver = (expiryWithoutVerifying(jwt) ?? 0) * 1000 <= ports.clock.now();
    const message = `${described(jwt, decodeIdToken(jwt))}; its signature is not verified offline`;
    return [isOver ? warning("stored-token", `it has ended: ${message}`) : ok("stored-token", message)];
  },
};

async function isSignedIn({ sessions, sessionKey }: DiagnosisContext): Promise<boolean> {
  return (await sessions.load(await sessionKey())).kind === "found";
}

async function ofSession(idp: ResolvedInteractiveIdp, context: DiagnosisContext): Promise<DiagnosisStep> {
  const request = {
    idp,
    sessionKey: await context.sessionKey(),
    patienceMilliseconds,
    startedAt: context.ports.clock.now(),
    refusedIdToken: undefined,
  };
  const opened = await openSession(request, context);
  if (opened === ended) {
    return failedBy("id-token", signInRequired());
  }
  context.found.opened = opened;
  const { jwt, claims } = opened.idToken;
  return ok("id-token", `${opened.fromSession ? "the stored one" : "a new one"}: ${described(jwt, claims)}`);
}

async function ofPlatform({ identity }: ResolvedWorkload, context: DiagnosisContext): Promise<DiagnosisStep> {
  const { found, ports, machine } = context;
  const { platformToken } = found;
  // The one that was given, and no second one.
  const given = platformToken === undefined ? identity : { ...identity, acquire: () => Promise.resolve(platformToken) };
  const { idToken } = await signInAsWorkload(given, { ...ports, machine });
  found.ofWorkload = idToken;
  const message = described(idToken.jwt, idToken.claims);
  return "whyUnverified" in idToken
    ? warning("id-token", `${message}; its signature is not verified here, AWS does it: ${idToken.whyUnverified}`)
    : ok("id-token", message);
}

function described(jwt: string, { iss, aud, azp, sub, email, exp }: IdTokenClaims): string {
  const { tagKeys, sourceIdentity, roles } = claimsForAws(allClaimsOf(jwt));
  return [
    `iss ${shownValue(iss, 300)}`,
    `aud ${aud.map((each) => shownValue(each, 200)).join(", ")}`,
    azp === undefined ? undefined : `azp ${shownValue(azp, 200)}`,
    `sub ${shownValue(sub, 300)}`,
    email === undefined ? undefined : `email ${printable(email, 200)}`,
    tagKeys.length === 0 ? undefined : `session tags ${tagKeys.map((key) => printable(key, 60)).join(", ")}`,
    sourceIdentity === undefined ? undefined : `source identity ${shownValue(sourceIdentity, 80)}`,
    roles === undefined ? undefined : `${roles} in the roles claim`,
    `until ${toIsoSeconds(exp * 1000)}`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}
