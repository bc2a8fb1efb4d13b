import {
  type AcquireContext,
  discover,
  type ErrorCode,
  type IdentityProvider,
  type IdTokenGrant,
  isTegataError,
  type PersonFlow,
  type SignInPrompt,
  TegataError,
  verifyIdToken,
  type WorkloadContext,
} from "@tegata/core";
import * as v from "valibot";
import {
  type ConversationPorts,
  type IdpDescription,
  type LocatedProgram,
  namesInTemplate,
  programIdp,
} from "@tegata/engine/plugin-programs";
import { exampleValues, type Values } from "./example-values.ts";
import { Broken, expectThat, Skipped } from "./rule.ts";
import { ScriptedBrowser } from "./scripted-browser.ts";
import { type Decision, type StandInProvider, startStandInProvider } from "./stand-in-provider.ts";

/** One sign-in at a stand-in provider, and what could be seen of it. */
export interface Trial {
  readonly provider: StandInProvider;
  readonly settings: Values;
  readonly prompts: readonly SignInPrompt[];
  readonly kept: readonly (string | undefined)[];
  acquire(options: {
    readonly refreshToken?: string;
    readonly mayPrompt: boolean;
    /** What the browser does with the page that it is to open. Left out: what a person's would. */
    readonly browse?: (authorizationUri: string, browser: ScriptedBrowser) => Promise<void>;
  }): Promise<IdTokenGrant>;
}

/** A program that waits on where there is nothing to wait for has this long, and is interrupted then. */
const afterBrowserMilliseconds = 5000;

/** It was. */
export class Stalled extends Broken {
  constructor() {
    super(`it does not end within ${afterBrowserMilliseconds / 1000} s after the browser has come back`);
  }
}

/** The sign-ins that the rules try, by one flow. */
export interface Trials {
  readonly flow: PersonFlow;
  /** A check that signs in at a provider of its own. */
  readonly at: (decision: Decision, use: (trial: Trial) => Promise<void>) => () => Promise<void>;
  /** The same, skipped where no sign-in gives an ID token that holds: nothing else is worth waiting for then. */
  readonly afterSignIn: Trials["at"];
  readonly signInOnce: () => Promise<void>;
}

/** A program that gets ID tokens, as the rules see it. */
export interface TriedIdp {
  readonly idp: IdentityProvider;
  /** The setting that is its issuer, if one alone is. */
  readonly issuerSetting: string | undefined;
  readonly settingsAt: (issuer: string, clientId: string) => Values;
  readonly acquireWith: (settings: Values, changes: Partial<AcquireContext>) => Promise<IdTokenGrant>;
  trialsOf(flow: PersonFlow): Trials;
  /** All that the program said besides its responses, so far. */
  readonly heard: readonly string[];
  /** Everything secret that the providers gave it, so far. */
  secrets(): readonly string[];
}

/** Nobody is asked by a program that runs where its tokens are. */
export const asksNobody = "its tokens come from the place that it runs in";

export function tryIdp(
  program: LocatedProgram,
  description: IdpDescription,
  typed: Values,
  ports: ConversationPorts,
  context: WorkloadContext,
): TriedIdp {
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
  const acquireWith: TriedIdp["acquireWith"] = (settings, changes) => {
    if (idp.kind !== "interactive") {
      throw new Skipped(asksNobody);
    }
    return idp.acquire(v.parse(idp.settings, settings), {
      ...context,
      refreshToken: undefined,
      promptPerson: undefined,
      discover: notForPrograms,
      storeRefreshToken: () => Promise.resolve(),
      dropRefreshToken: () => Promise.resolve(),
      ...changes,
    });
  };
  const skipped = whyNotTried(description, issuerSetting, audienceSetting);
  const alone = inTurn();

  const trialsOf = (flow: PersonFlow): Trials => {
    const at: Trials["at"] = (decision, use) => async () => {
      if (skipped !== undefined) {
        throw new Skipped(skipped);
      }
      const provider = await startStandInProvider();
      provider.decide(decision);
      handedOut.push(provider.secrets);
      try {
        const trial = newTrial(flow, provider, settingsAt(provider.issuer, provider.clientId), {
          acquireWith,
          context,
        });
        // It may have but one port to wait at.
        return await (flow === "browser" ? alone(() => use(trial)) : use(trial));
      } finally {
        await provider.stop();
      }
    };
    let firstSignIn: Promise<void> | undefined;
    const signInOnce = () =>
      (firstSignIn ??= at("allow", async (trial) => {
        await expectHeld(await trial.acquire({ mayPrompt: true }), trial.provider, context);
        expectThat(trial.prompts.length > 0, "it asked nobody");
        const shown = trial.prompts.flatMap((prompt) => (prompt.kind === "device" ? [prompt.userCode] : []));
        expectThat(
          shown.every((code) => trial.provider.userCodes.includes(code)),
          "it shows another code",
        );
      })());
    const afterSignIn: Trials["afterSignIn"] = (decision, use) => async () => {
      await signInOnce().catch((error: unknown) => {
        throw error instanceof Skipped ? error : new Skipped("it gives no ID token that holds");
      });
      await at(decision, use)();
    };
    return { flow, at, afterSignIn, signInOnce };
  };
  return { idp, issuerSetting, settingsAt, acquireWith, trialsOf, heard, secrets: () => handedOut.flat() };
}

function newTrial(
  flow: PersonFlow,
  provider: StandInProvider,
  settings: Values,
  { acquireWith, context }: Pick<TriedIdp, "acquireWith"> & { readonly context: WorkloadContext },
): Trial {
  const prompts: SignInPrompt[] = [];
  const kept: (string | undefined)[] = [];
  return {
    provider,
    settings,
    prompts,
    kept,
    acquire: async ({ refreshToken, mayPrompt, browse = asPersonDoes }) => {
      const stop = new AbortController();
      const visits: Promise<void>[] = [];
      let patience: ReturnType<typeof setTimeout> | undefined;
      const visit = async (page: string) => {
        try {
          await browse(page, new ScriptedBrowser(context.signal));
          patience = setTimeout(() => stop.abort(), afterBrowserMilliseconds);
        } catch (error) {
          stop.abort();
          throw error;
        }
      };
      const promptPerson = (prompt: SignInPrompt) => {
        prompts.push(prompt);
        if (prompt.kind !== flow) {
          throw new Broken(`it asks by the flow ${prompt.kind}, and the person has chosen ${flow}`);
        }
        if (prompt.kind === "browser") {
          const visited = visit(prompt.authorizationUri);
          // It is awaited when the program has ended; a failure before that must not end this process.
          visited.catch(() => undefined);
          visits.push(visited);
        }
        return () => undefined;
      };
      const [outcome] = await Promise.allSettled([
        acquireWith(settings, {
          signal: AbortSignal.any([context.signal, stop.signal]),
          flows: [flow],
          refreshToken,
          promptPerson: mayPrompt ? promptPerson : undefined,
          storeRefreshToken: async (token) => void kept.push(token),
          dropRefreshToken: async () => void kept.push(undefined),
        }),
      ]);
      // What a rule found in the browser says more than what became of the sign-in.
      try {
        await Promise.all(visits);
      } finally {
        clearTimeout(patience);
      }
      context.signal.throwIfAborted();
      if (outcome.status === "rejected") {
        throw stop.signal.aborted ? new Stalled() : outcome.reason;
      }
      return outcome.value;
    },
  };
}

const asPersonDoes = async (page: string, browser: ScriptedBrowser) => void (await browser.open(page));

/** Fails unless the ID token is one that counts at this provider. */
export async function expectHeld(
  { idToken }: IdTokenGrant,
  { issuer, clientId }: StandInProvider,
  context: WorkloadContext,
): Promise<void> {
  await verifyIdToken(idToken, await discover(issuer, context), clientId, context);
}

/** How an attempt failed. One that succeeds breaks the rule. */
export async function failureOf(attempt: Promise<unknown>): Promise<{ readonly code: ErrorCode }> {
  const error: unknown = await attempt.then(
    () => new Broken("it succeeds"),
    (reason: unknown) => reason,
  );
  if (!isTegataError(error)) {
    throw error;
  }
  return error;
}

const notForPrograms = () => Promise.reject(new TegataError("internal", "a program finds its provider by itself"));

/** A template that is one setting and nothing else. */
function soleSetting(template: string): string | undefined {
  const [name] = namesInTemplate(template);
  return name !== undefined && template === `{${name}}` ? name : undefined;
}

function whyNotTried(
  { signIn }: IdpDescription,
  issuerSetting: string | undefined,
  audienceSetting: string | undefined,
): string | undefined {
  if (signIn === "workload") {
    return asksNobody;
  }
  return issuerSetting === undefined || audienceSetting === undefined
    ? "no setting alone is its issuer, or its audience: sign in once to see"
    : undefined;
}

/** Runs one thing after another; that one fails stops none of those after it. */
function inTurn(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}
