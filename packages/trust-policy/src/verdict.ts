/** What is known of a policy, a statement or a condition. */
export type Verdict = "allowed" | "denied" | "unknown";

/** True, false, or what cannot be known here (Kleene's three values). */
export type Truth = "yes" | "no" | "unknown";

/** Whether all of them hold. */
export function allOf(truths: Iterable<Truth>): Truth {
  let all: Truth = "yes";
  for (const truth of truths) {
    if (truth === "no") {
      return "no";
    }
    all = truth === "unknown" ? truth : all;
  }
  return all;
}

/** Whether one of them holds. */
export function anyOf(truths: Iterable<Truth>): Truth {
  let any: Truth = "no";
  for (const truth of truths) {
    if (truth === "yes") {
      return "yes";
    }
    any = truth === "unknown" ? truth : any;
  }
  return any;
}

export function not(truth: Truth): Truth {
  return truth === "yes" ? "no" : truth === "no" ? "yes" : truth;
}

export function truthOf(holds: boolean): Truth {
  return holds ? "yes" : "no";
}

/** Of a condition: `allowed` where it holds. */
export function verdictOf(truth: Truth): Verdict {
  return truth === "yes" ? "allowed" : truth === "no" ? "denied" : "unknown";
}
