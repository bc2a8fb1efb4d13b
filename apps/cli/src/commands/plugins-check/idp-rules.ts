import {
  type AcquireContext,
  decodeIdToken,
  type SignInPrompt,
  discover,
  type ErrorCode,
  type IdTokenGrant,
  isTegataError,
  printable,
  TegataError,
  verifyIdToken,
  type WorkloadContext,
} from "@tegata/core";
import * as v from "valibot";
import {
  type ConversationPorts,
  namesInTemplate,
  programIdp,
  type LocatedProgram,
  encodeRequest,
  idpErrorCodes,
  type IdpDescription,
  limits,
} from "@tegata/engine/plugin-programs";
import { expectNoSecretIn } from "./common-rules.ts";
import { exampleValues, type Values } from "./example-values.ts";
import { runRaw, saysEvent } from "./raw-run.ts";
import { Broken, expectThat, type Rule, Skipped } from "./rule.ts";
import { type StandInProvider, startStandInProvider } from "./stand-in-provider.ts";

/** Nobody listens there. */
const deadIssuer = "http://127.0.0.1:9";
const endMilliseconds = limits.graceMilliseconds;

/** One sign-in at a stand-in provider, and what could be seen of it. */
interface Trial {
  readonly provider: StandInProvider;
  readonly settings: Values;
  readonly prompts: SignInPrompt[];
  readonly kept: (string | undefined)[];
  acquire(options: {
    readonly refreshToken?: string;
    readonly mayPrompt: boolean;
    readonly onPrompt?: () => void;
    readonly signal?: AbortSignal;
  }): Promise<IdTokenGrant>;
}

/** What a program that gets ID tokens has to do: tried against a provider on loopback, where its settings name the issuer. */
export function idpRules(
  program: LocatedProgram,
  description: IdpDescription,
  typed: Values,
  ports: ConversationPorts,
  context: WorkloadContext,
): readonly Rule[] {
  const heard: string[] = [];
  const handedOut: (readonly string[])[] = [];
  const idp = programIdp(program, description, { ...ports, overhear: (text) => heard.push(text) });
  const issuerSetting = soleSetting(description.issuer);
  const audienceSetting = soleSetting(description.audience);
  const settingsAt = (issuer: string, clientId: string): Values =>
    exampleValues(description.settings, {
      ...typed,
      ...(issuerSetting === undefined ? {} : { [issuerSetting]: issuer }),
      ...(audienceSetting === undefined ? {} : { [audienceSetting]: clientId }),
    });
  const acquireWith = (settings: Values, changes: Partial<AcquireContext>): Promise<IdTokenGrant> => {
    if (idp.kind !== "interactive") {
      throw new Skipped(asksNobody);
    }
    return idp.acquire(v.parse(idp.settings, settings), {
      ...context,
      refreshToken: undefined,
      promptPerson: undefined,
      flows: ["device"],
      discover: notForPrograms,
      storeRefreshToken: () => Promise.resolve(),
      dropRefreshToken: () => Promise.resolve(),
      ...changes,
    });
  };
  const skipped = whyNotTried(description, issuerSetting, audienceSetting);
  /** Without that, nothing else is worth waiting for. */
  let firstSignIn: Promise<void> | undefined;
  const atProvider =
    (decision: "allow" | "deny" | "wait", use: (trial: Trial) => Promise<void>) => async (): Promise<void> => {
      if (skipped !== undefined) {
        throw new Skipped(skipped);
      }
      const provider = await startStandInProvider();
      provider.decide(decision);
      handedOut.push(provider.secrets);
      const settings = settingsAt(provider.issuer, provider.clientId);
      const prompts: SignInPrompt[] = [];
      const kept: (string | undefined)[] = [];
      try {
        return await use({
          provider,
          settings,
          prompts,
          kept,
          acquire: ({ refreshToken, mayPrompt, onPrompt, signal = context.signal }) =>
            acquireWith(settings, {
              signal,
              refreshToken,
              promptPerson: mayPrompt
                ? (prompt) => {
                    prompts.push(prompt);
                    onPrompt?.();
                    return () => undefined;
                  }
                : undefined,
              storeRefreshToken: async (token) => void kept.push(token),
              dropRefreshToken: async () => void kept.push(undefined),
            }),
        });
      } finally {
        await provider.stop();
      }
    };
  const expectHeld = async ({ idToken }: IdTokenGrant, { issuer, clientId }: StandInProvider) => {
    await verifyIdToken(idToken, await discover(issuer, context), clientId, context);
  };

  const signInOnce = () =>
    (firstSignIn ??= atProvider("allow", async (trial) => {
      const grant = await trial.acquire({ mayPrompt: true });
      await expectHeld(grant, trial.provider);
      const shown = trial.prompts.flatMap((prompt) => (prompt.kind === "device" ? [prompt.userCode] : []));
      expectThat(shown.length > 0, "it asked nobody");
      expectThat(
        shown.every((code) => trial.provider.userCodes.includes(code)),
        "it shows another code",
      );
    })());
  const afterSignIn: typeof atProvider = (decision, use) => async () => {
    await signInOnce().catch((error: unknown) => {
      throw error instanceof Skipped ? error : new Skipped("it gives no ID token that holds");
    });
    await atProvider(decision, use)();
  };

  return [
    {
      name: "fails with a code of the protocol when the issuer does not answer",
      check: async () => {
        if (issuerSetting === undefined) {
          throw new Skipped("no setting alone is its issuer");
        }
        const attempt = acquireWith(settingsAt(deadIssuer, "nobody"), { promptPerson: unheard });
        const { code } = await failureOf(attempt);
        expectThat(
          idpErrorCodes.some((each) => each === code),
          `its error has the code ${code}`,
        );
      },
    },
    {
      name: "gives an ID token that holds, once the person allows the sign-in, and shows the provider's own code",
      check: signInOnce,
    },
    {
      name: "fails with sign_in_denied when the person denies it",
      check: afterSignIn("deny", async (trial) => {
        const { code } = await failureOf(trial.acquire({ mayPrompt: true }));
        expectThat(code === "sign_in_denied", `its error has the code ${code}`);
      }),
    },
    {
      name: "renews by the refresh token that it gave, without asking anybody",
      check: afterSignIn("allow", async (trial) => {
        const { refreshToken } = await trial.acquire({ mayPrompt: true });
        if (refreshToken === undefined) {
          throw new Skipped("it gives none");
        }
        const before = trial.prompts.length;
        const renewed = await trial.acquire({ refreshToken, mayPrompt: true });
        expectThat(trial.prompts.length === before, "it asks");
        await expectHeld(renewed, trial.provider);
        // The stand-in takes each but once: the one that counts from now on must be the new one.
        const isAlive = renewed.refreshToken !== undefined && trial.provider.isRefreshTokenAlive(renewed.refreshToken);
        expectThat(isAlive, "it keeps the old refresh token, which works no more");
      }),
    },
    {
      name: "drops a refresh token that the provider takes no more, then fails with sign_in_required when nobody may be asked",
      check: afterSignIn("allow", async (trial) => {
        const attempt = trial.acquire({ refreshToken: "no-such-refresh-token", mayPrompt: false });
        const { code } = await failureOf(attempt);
        expectThat(code === "sign_in_required", `its error has the code ${code}`);
        expectThat(trial.kept.length === 1 && trial.kept[0] === undefined, "it does not drop the refresh token");
      }),
    },
    {
      name: "revokes a refresh token",
      check: afterSignIn("allow", async (trial) => {
        const { refreshToken } = await trial.acquire({ mayPrompt: true });
        if (refreshToken === undefined || idp.kind !== "interactive" || idp.revoke === undefined) {
          throw new Skipped("it does not say that it can, or gives none");
        }
        await idp.revoke(v.parse(idp.settings, trial.settings), refreshToken, context);
        expectThat(!trial.provider.isRefreshTokenAlive(refreshToken), "it still works");
      }),
    },
    {
      name: "gives an ID token for the issuer and the audience that it describes, without asking anybody",
      check: async () => {
        if (idp.kind !== "workload") {
          throw new Skipped("it asks a person");
        }
        const settings = v.safeParse(idp.settings, typed);
        if (!settings.success) {
          throw new Skipped("give its settings as flags to try it");
        }
        const identity = await idp.find(settings.output, context.machine);
        const token = await identity?.acquire(context);
        const { iss, aud } = decodeIdToken(token?.idToken ?? "");
        expectThat(withSlash(iss) === withSlash(token?.issuer ?? ""), `its issuer is ${printable(iss, 120)}`);
        expectThat(aud.includes(token?.audience ?? ""), `it is meant for ${printable(aud.join(", "), 120)}`);
      },
    },
    {
      name: `ends within ${endMilliseconds / 1000} s when stdin is closed while it waits for a person`,
      check: afterSignIn("wait", async ({ settings }) => {
        const { wasKilled, stdout } = await runRaw(
          program,
          {
            input: encodeRequest({ request: "acquire", settings, mayPrompt: true }),
            keepOpen: true,
            onOutput: (said, run) => {
              if (saysEvent(said, "prompt")) {
                run.closeStdin();
              }
            },
            limitMilliseconds: endMilliseconds + limits.describeMilliseconds,
          },
          ports,
        );
        expectThat(saysEvent(stdout, "prompt"), "it asked nobody");
        expectThat(!wasKilled, "it had to be killed");
      }),
    },
    {
      name: "writes no token to stderr or into log events",
      check: afterSignIn("allow", async (trial) => {
        await trial.acquire({ mayPrompt: true });
        expectNoSecretIn(heard, handedOut.flat());
      }),
    },
  ];
}

const notForPrograms = () => Promise.reject(new TegataError("internal", "a program finds its provider by itself"));
const unheard = () => () => undefined;

const asksNobody = "its tokens come from the place that it runs in";

/** A template that is one setting and nothing else. */
function soleSetting(template: string): string | undefined {
  const [name] = namesInTemplate(template);
  return name !== undefined && template === `{${name}}` ? name : undefined;
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

function whyNotTried(
  { signIn, flows }: IdpDescription,
  issuerSetting: string | undefined,
  audienceSetting: string | undefined,
): string | undefined {
  if (signIn === "workload") {
    return asksNobody;
  }
  if (!flows.includes("device")) {
    return "it has no device flow: sign in once to see";
  }
  return issuerSetting === undefined || audienceSetting === undefined
    ? "no setting alone is its issuer, or its audience: sign in once to see"
    : undefined;
}

async function failureOf(attempt: Promise<unknown>): Promise<{ readonly code: ErrorCode }> {
  const error: unknown = await attempt.then(
    () => new Broken("it succeeds"),
    (reason: unknown) => reason,
  );
  if (!isTegataError(error)) {
    throw error;
  }
  return error;
}
