import { hintInWords, inWords, plainVocabulary } from "@tegata/core";
import type { DiagnosisStep } from "../../src/diagnosis/step.ts";

/** A step in plain words; what it does not have is left out. */
export function shownStep({ id, state, message, hint, code }: DiagnosisStep): Readonly<Record<string, string>> {
  const advice = hint && hintInWords(hint, plainVocabulary);
  return {
    id,
    state,
    message: inWords(message, plainVocabulary),
    ...(advice === undefined ? {} : { hint: advice }),
    ...(code === undefined ? {} : { code }),
  };
}

/** What a check gave. */
export async function stepsOf(
  steps: Promise<readonly DiagnosisStep[]> | readonly DiagnosisStep[],
): Promise<readonly Readonly<Record<string, string>>[]> {
  return (await steps).map(shownStep);
}
