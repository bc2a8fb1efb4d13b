import { credentialsKeyOf } from "../credentials/cache-key.ts";
import { currentGeneration, isOfGeneration } from "../session/stored-sign-in.ts";
import { isAlive, isFresh } from "../storage/credentials-cache.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok } from "./step.ts";

/** The credentials that the next run would hand out without asking anybody. */
export const cachedCheck: Check<DiagnosisContext> = {
  id: "cached",
  needs: ["idp", "role", "cache-folder"],
  isMeant: ({ hasHome }) => hasHome,
  run: async ({ cache, sessions, sessionKey, role, ports }) => {
    const key = await credentialsKeyOf(await sessionKey(), (await role()).steps);
    const loaded = await cache.load(key);
    if (loaded.kind === "absent") {
      return [ok("cached", `no credentials are stored: ${loaded.reason}`)];
    }
    const { record } = loaded;
    const now = ports.clock.now();
    const { expiration } = record.credentials;
    if (!isOfGeneration(record, await currentGeneration(key.session, { sessions, cache }))) {
      return [ok("cached", "the stored credentials are of an earlier sign-in, and not used")];
    }
    const what = isFresh(record, now)
      ? `credentials until ${expiration}`
      : isAlive(record, now)
        ? `credentials until ${expiration}, which the next run renews`
        : `credentials that ended at ${expiration}`;
    return [ok("cached", what)];
  },
};
