import type { AwsCredentials, RoleArn } from "@tegata/core";
import { warnOfAwsProfile, type ProfileContext } from "../credentials/credentials-of-profile.ts";
import { aboutRun, describeRun } from "../credentials/about-run.ts";
import { newSignIn } from "../credentials/new-sign-in.ts";
import { warningOfUnstored } from "../credentials/unstored.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import { type AskPerson, choosePrompt, tellingEnd } from "./credentials.ts";

/** Who has signed in, and what for. */
export interface SignedIn {
  /** `undefined`: the run is without a profile. */
  readonly profile: string | undefined;
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  /** Who was to sign in, where the settings say it. */
  readonly account: string | undefined;
  /** `undefined`: none is named, so that there are no AWS credentials yet. */
  readonly role: RoleArn | undefined;
  readonly credentials: Pick<AwsCredentials, "expiration" | "accountId"> | undefined;
}

/**
 * Signs a person in, even where somebody is signed in already, and gets credentials where a role is named.
 *
 * @throws TegataError as settings, sign-in and STS throw them; `sign_in_required` where this sign-in is not the one that counts
 */
export function signIn(askPerson: AskPerson, context: ProfileContext): Promise<SignedIn> {
  return tellingEnd(askPerson, () => signInOf(askPerson, context));
}

async function signInOf(askPerson: AskPerson, context: ProfileContext): Promise<SignedIn> {
  const profile = await context.profile();
  warnOfAwsProfile(profile, context.notify);
  const idp = await resolveIdp(profile);
  const resolved = profile.raw("role_arn") === undefined ? undefined : await resolveRole(profile);
  const prompt = await choosePrompt(askPerson, profile);
  const { promptPerson, context: kept } = await warningOfUnstored(prompt, context, askPerson.warn);
  const run = idp.kind === "workload" ? undefined : describeRun(profile);
  const { claims, credentials } = await newSignIn({ idp, steps: resolved?.steps, promptPerson }, kept).catch(
    (error: unknown) => {
      throw aboutRun(error, run);
    },
  );
  return {
    profile: profile.name,
    issuer: claims.iss,
    subject: claims.sub,
    email: claims.email,
    account: idp.kind === "interactive" ? idp.wanted?.account : undefined,
    role: resolved?.role,
    credentials: credentials && { expiration: credentials.expiration, accountId: credentials.accountId },
  };
}
