import {
  type ErrorCode,
  type Hint,
  type HintInput,
  hintOf,
  type TegataError,
  wordingOf,
  type Words,
} from "@tegata/core";

/** One step of the way of a sign-in, as it was found. Nothing of it is secret. */
export interface DiagnosisStep {
  /** In kebab-case: `settings`, `cache-folder`. Of a role chain, each link has one: `role-2`. */
  readonly id: string;
  /** `warning`: a run gets by, today; `skipped`: nobody looked, and the message says why. */
  readonly state: "ok" | "warning" | "failed" | "skipped";
  /** With the value that was seen: lower case, no full stop. */
  readonly message: Words;
  /** The next command. */
  readonly hint?: Hint;
  /** Of a step that failed: what a run would end with. */
  readonly code?: ErrorCode;
}

const asWords = (message: string | Words): Words => (typeof message === "string" ? [message] : message);

/** A step that holds. */
export function ok(id: string, message: string | Words): DiagnosisStep {
  return { id, state: "ok", message: asWords(message) };
}

/** A step that a run gets past, and that somebody should look at. */
export function warning(id: string, message: string | Words, hint?: HintInput): DiagnosisStep {
  return { id, state: "warning", message: asWords(message), ...(hint === undefined ? {} : { hint: hintOf(hint) }) };
}

/** A step at which a run ends. */
export function failed(id: string, code: ErrorCode, message: string | Words, hint: HintInput): DiagnosisStep {
  return { id, state: "failed", code, message: asWords(message), hint: hintOf(hint) };
}

/** A step at which a run ends with this error. */
export function failedBy(id: string, error: TegataError): DiagnosisStep {
  const { message, hint } = wordingOf(error);
  return { id, state: "failed", code: error.code, message, ...(hint === undefined ? {} : { hint }) };
}

/** A step that nobody looked at. */
export function skipped(id: string, why: string | Words): DiagnosisStep {
  return { id, state: "skipped", message: asWords(why) };
}

const severities = ["ok", "skipped", "warning", "failed"] as const;

/** The state of steps that belong together: that of the worst one. */
export function worstOf(steps: readonly DiagnosisStep[]): DiagnosisStep["state"] {
  return severities.findLast((state) => steps.some((step) => step.state === state)) ?? "ok";
}
