import { type AwsCredentials, hint, TegataError } from "@tegata/core";
import { credentialsFor, type ProfileContext, withoutAsking } from "../credentials/credentials-of-profile.ts";
import { commandAbout } from "../credentials/about-run.ts";
import { renewingCredentials } from "../credentials/renewing-credentials.ts";
import { isStillSignedIn } from "../session/stored-sign-in.ts";
import { type CredentialsOfRun, sourceOf } from "./credentials.ts";

/** Credentials that are always good. */
export interface RenewedCredentials {
  /** @throws TegataError why there are none any more */
  readonly current: () => Promise<AwsCredentials>;
  /** Gives up a renewal that is under way. */
  readonly end: () => void;
}

/**
 * The credentials of a run, renewed as any other run would renew them, but never by asking a person; however many ask at once, one
 * renewal runs. They are those of the person who was signed in when it began: after a sign-out, and while somebody else is signed
 * in, there are none.
 *
 * @param onFailure told when there is nothing left to hand out, once until it works again; `isAlive` false: what there was ran out;
 *   true: it may not be handed out
 */
export function renewing(
  ofRun: CredentialsOfRun,
  onFailure: (error: unknown, isAlive: boolean) => void,
  context: ProfileContext,
): RenewedCredentials {
  // Ctrl-C is the business of what uses them.
  const end = new AbortController();
  const renewal: ProfileContext = { ...context, ports: { ...context.ports, signal: end.signal } };
  const { chosen, obtained } = sourceOf(ofRun);
  const { key, record: first } = obtained;
  const current = renewingCredentials({
    first,
    renew: async () => {
      const { record } = await credentialsFor(chosen, withoutAsking, renewal);
      const isSame = record.subject === first.subject && record.issuer === first.issuer;
      if (chosen.idp.kind === "interactive" && !isSame) {
        throw new TegataError("sign_in_required", "someone else has signed in since this command was started", {
          hint: hint`${commandAbout(chosen.profile, "login")}`,
        });
      }
      return record;
    },
    mayHandOut: (record) => isStillSignedIn(key, record, renewal),
    clock: renewal.ports.clock,
    onFailure,
  });
  return { current: async () => (await current()).credentials, end: () => end.abort() };
}
