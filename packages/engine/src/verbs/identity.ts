import { allClaimsOf } from "@tegata/core";
import { aboutRun, describeRun } from "../credentials/about-run.ts";
import type { ProfileContext } from "../credentials/credentials-of-profile.ts";
import { idTokenOf } from "../credentials/id-token-of.ts";
import { warningOfUnstored } from "../credentials/unstored.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { type AskPerson, choosePrompt } from "./credentials.ts";

/** Who is signed in, by an ID token that holds. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  /** Whom AWS takes the token to be for: `azp` where there is one, else the audience. */
  readonly audience: string;
  /** Every claim of the token, as the provider says it. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Who is signed in at the identity provider of this run: by the stored sign-in, else, where that may be, by asking the person.
 *
 * @throws TegataError for settings that are incomplete or bad; `sign_in_required` where nobody may be asked; as the sign-in throws
 *   them
 */
export async function identityOf(askPerson: AskPerson | undefined, context: ProfileContext): Promise<Identity> {
  const profile = await context.profile();
  const idp = await resolveIdp(profile);
  const prompt = askPerson === undefined ? undefined : await choosePrompt(askPerson, profile);
  const warn = askPerson?.warn ?? (() => undefined);
  const { promptPerson, context: kept } = await warningOfUnstored(prompt, context, warn);
  const { jwt, claims } = await idTokenOf(idp, promptPerson, kept).catch((error: unknown) => {
    throw aboutRun(error, idp.kind === "workload" ? undefined : describeRun(profile));
  });
  const { iss, sub, email, azp, aud } = claims;
  return { issuer: iss, subject: sub, email, audience: azp ?? aud[0] ?? "", claims: allClaimsOf(jwt) };
}
