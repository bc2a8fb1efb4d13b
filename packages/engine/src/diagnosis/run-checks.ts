import { isTegataError, type RunDescription } from "@tegata/core";
import { hintAboutRun, namesDoctor } from "../credentials/about-run.ts";
import { type DiagnosisStep, failedBy, skipped, worstOf } from "./step.ts";

/**
 * One thing that is looked at: data in, steps out. It sends nothing unless it says so, asks nobody, and gives no secret. A TegataError
 * that it throws is the step that failed.
 */
export interface Check<Context> {
  /** The step that it gives, or the first of several. */
  readonly id: string;
  /** Checks without which this one has nothing to look at: if one of them failed, it is skipped. */
  readonly needs?: readonly string[];
  /** Sends what a run would send: not looked at offline. */
  readonly sends?: true;
  /** False: a run like this has no such step. Left out: every run has it. */
  readonly isMeant?: (context: Context) => boolean;
  run(context: Context): Promise<readonly DiagnosisStep[]> | readonly DiagnosisStep[];
}

/** How checks are run. */
export interface CheckRun<Context> {
  readonly context: Context;
  readonly isOffline: boolean;
  /** Aborted on Ctrl-C: no further check is begun. */
  readonly signal: AbortSignal;
  /** What commands in hints are about; `undefined`: nobody signs in here. Asked after each check. */
  readonly run: () => RunDescription | undefined;
  /** Told each step as soon as it is known, in order. */
  readonly onStep: (step: DiagnosisStep) => void | Promise<void>;
  /** Told the id of a check before it is run. */
  readonly onLook: (id: string) => void;
}

/**
 * Runs checks one after the other, the next ones too where one fails.
 *
 * @throws TegataError `interrupted`, the reason of `signal`; what is no TegataError, as it is a bug; what `onStep` throws
 */
export async function runChecks<Context>(
  checks: readonly Check<Context>[],
  { context, isOffline, signal, run, onStep, onLook }: CheckRun<Context>,
): Promise<readonly DiagnosisStep[]> {
  const all: DiagnosisStep[] = [];
  /** Checks that gave nothing to go on with, and the one that is to blame. */
  const without = new Map<string, string>();
  for (const check of checks) {
    signal.throwIfAborted();
    // Asked now: what is found on the way tells.
    if (check.isMeant?.(context) === false) {
      continue;
    }
    const blamed = check.needs?.map((id) => without.get(id)).find((id) => id !== undefined);
    onLook(check.id);
    const steps = await stepsOf(check, { blamed, context, isOffline });
    const state = worstOf(steps);
    if (state === "failed" || (steps.length > 0 && steps.every((step) => step.state === "skipped"))) {
      without.set(check.id, blamed ?? check.id);
    }
    for (const step of steps.map((each) => aboutThisRun(each, run()))) {
      all.push(step);
      await onStep(step);
    }
  }
  return all;
}

async function stepsOf<Context>(
  check: Check<Context>,
  {
    blamed,
    context,
    isOffline,
  }: Pick<CheckRun<Context>, "context" | "isOffline"> & { readonly blamed: string | undefined },
): Promise<readonly DiagnosisStep[]> {
  if (isOffline && check.sends === true) {
    return [skipped(check.id, "not asked: this is offline")];
  }
  if (blamed !== undefined) {
    return [skipped(check.id, `not looked at, because of ${blamed}`)];
  }
  try {
    return await check.run(context);
  } catch (error) {
    if (!isTegataError(error) || error.code === "interrupted") {
      throw error;
    }
    return [failedBy(check.id, error)];
  }
}

/** With the profile and the settings of this run in what is to be typed. */
function aboutThisRun(step: DiagnosisStep, run: RunDescription | undefined): DiagnosisStep {
  // Nobody is told to do what has just been done.
  const { hint: all = [], ...others } = step;
  const said = all.filter((clause) => !namesDoctor(clause));
  const hint = hintAboutRun(said, step.code, run) ?? said;
  return hint.length === 0 ? others : { ...others, hint };
}
