import { isRoleSessionName, isTegataError, roleArnSchema, TegataError, words } from "@tegata/core";
import type { DiagnosisStep, TokenAtHand } from "@tegata/engine";
import * as v from "valibot";
import type { CommandContext } from "../../command.ts";
import { type PolicyInput, readPolicyInput, readTokenInput, type TokenInput } from "./trust-input.ts";
import { trustLines } from "./trust-lines.ts";
import { type TrustInputs, trustObject, trustSteps } from "./trust-steps.ts";

/** What was given on the command line, read. */
export interface GivenTrust {
  readonly policy: PolicyInput;
  /** Of `--token-file`, a setting of workloads: with it the policy is judged by that token alone, and no settings are needed. */
  readonly token: TokenInput | undefined;
  readonly typed: TrustInputs["typed"];
}

/** What was found, and how it is shown. */
export interface ShownTrust {
  readonly steps: readonly DiagnosisStep[];
  /** The policy as `--json` has it; `undefined`: none was judged. */
  readonly object: unknown;
  /** The policy for a person. */
  readonly text: string;
}

type Context = Pick<CommandContext, "flags" | "system" | "tokenAtHand" | "terminal">;

/**
 * Reads what was given, before anything else is done.
 *
 * @throws TegataError `usage_invalid` for a file that cannot be read as what it is to be, with its name
 */
export async function readGivenTrust({ flags, system }: Pick<Context, "flags" | "system">): Promise<GivenTrust> {
  const text = (flag: string) => {
    const value = flags[flag];
    return typeof value === "string" ? value : undefined;
  };
  const tokenPath = text("token-file");
  const typed = typedOf((flag, variable) => text(flag) ?? (system.env[variable] || undefined));
  return {
    // The file first: stdin may have to wait.
    token: tokenPath === undefined ? undefined : await readTokenInput(tokenPath, system),
    policy: await readPolicyInput(text("trust-policy") ?? "", system),
    typed,
  };
}

/** Of these, nobody but this command looks at values without settings. */
function typedOf(read: (flag: string, variable: string) => string | undefined): TrustInputs["typed"] {
  const roleArn = read("role-arn", "TEGATA_ROLE_ARN");
  const roleSessionName = read("role-session-name", "TEGATA_ROLE_SESSION_NAME");
  if (roleArn !== undefined) {
    const parsed = v.safeParse(roleArnSchema, roleArn);
    if (!parsed.success) {
      throw new TegataError("usage_invalid", `the role ${parsed.issues[0].message}`);
    }
  }
  if (roleSessionName !== undefined && !isRoleSessionName(roleSessionName)) {
    throw new TegataError("usage_invalid", "the role session name must be 2 to 64 letters, digits and _+=,.@-");
  }
  return { roleArn, roleSessionName, region: read("region", "TEGATA_REGION") };
}

/**
 * Judges what was given, and the token at hand where no token was given.
 *
 * @param diagnosed the steps of a diagnosis, where there was one: what AWS said there counts
 */
export async function judgeTrust(
  { policy, token, typed }: GivenTrust,
  diagnosed: readonly DiagnosisStep[],
  { flags, system, tokenAtHand, terminal }: Context,
): Promise<ShownTrust> {
  let atHand: TokenAtHand | undefined;
  try {
    atHand = token === undefined ? await tokenAtHand(flags["offline"] !== true) : undefined;
  } catch (error) {
    if (!isTegataError(error) || error.code === "interrupted") {
      throw error;
    }
    if (token === undefined) {
      const first = diagnosed.find(({ state }) => state === "failed");
      const why = first === undefined ? words`${error.message}` : words`because of ${first.id}`;
      const step: DiagnosisStep = { id: "trust-policy", state: "skipped", message: words`not judged, ${why}` };
      return { steps: [step], object: undefined, text: "" };
    }
  }
  const isTold = token === undefined && diagnosed.some(({ id, state }) => id === "id-token" && state === "ok");
  const refused = diagnosed.find(({ state, code }) => state === "failed" && code?.startsWith("sts_") === true);
  const failure = refused?.code === undefined ? atHand?.lastFailure : { code: refused.code, message: refused.message };
  const { steps, judgement } = trustSteps({
    policy,
    given: token,
    atHand,
    isTold,
    typed,
    now: system.clock.now(),
    failure,
  });
  return judgement === undefined
    ? { steps, object: undefined, text: "" }
    : { steps, object: trustObject(judgement), text: trustLines(judgement, system, terminal.programName) };
}
