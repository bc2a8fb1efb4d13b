import { describeRun } from "../credentials/about-run.ts";
import { checks } from "../diagnosis/checks.ts";
import { diagnosisContext, type DiagnosingContext, type DiagnosisOptions } from "../diagnosis/diagnosis-context.ts";
import { runChecks } from "../diagnosis/run-checks.ts";
import type { DiagnosisStep } from "../diagnosis/step.ts";

/** What the surface says of a diagnosis. */
export interface DiagnoseOptions extends DiagnosisOptions {
  /** Told each step as soon as it is known, in order. */
  readonly onStep?: (step: DiagnosisStep) => void | Promise<void>;
  /** Told the id of what is looked at next. */
  readonly onLook?: (id: string) => void;
}

/** What was found. */
export interface Diagnosis {
  readonly steps: readonly DiagnosisStep[];
}

/**
 * Goes the way of a sign-in, step by step, as a run with new credentials would, and says what it found. Nobody is asked, and
 * nothing is sent that such a run would not send. Credentials that come of it are stored as they would be.
 *
 * @throws TegataError `interrupted`; what `onStep` throws
 */
export async function diagnose(
  { onStep = () => undefined, onLook = () => undefined, ...options }: DiagnoseOptions,
  given: DiagnosingContext,
): Promise<Diagnosis> {
  const context = diagnosisContext(given, options);
  const { found } = context;
  const steps = await runChecks(checks, {
    context,
    isOffline: options.isOffline,
    signal: given.ports.signal,
    run: () => (found.profile === undefined || found.idp?.kind === "workload" ? undefined : describeRun(found.profile)),
    onStep,
    onLook,
  });
  return { steps };
}
