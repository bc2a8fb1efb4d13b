/** One thing that a program has to do, and how that is found out. */
export interface Rule {
  /** Words that follow "it": `ends its output with a line break`. */
  readonly name: string;
  /** Resolves when the rule holds. Rejects with {@link Broken} when it does not, with {@link Skipped} when it cannot be tried. */
  readonly check: () => Promise<void>;
}

/** The message says why. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

/** The message follows the rule's name, and holds nothing that a terminal would obey. */
export class Broken extends Error {
  override readonly name = "Broken";
}

export interface RuleResult {
  readonly rule: string;
  readonly result: "ok" | "broken" | "skipped";
  readonly detail: string | undefined;
}

/** How many programs run at once: rules that are about time should not be about the machine. */
const atOnce = 3;

/**
 * Tries every rule, several at once, and reports them in order.
 *
 * @param explain what an unexpected error says of the program
 */
export async function tryRules(
  rules: readonly Rule[],
  explain: (error: unknown) => string,
): Promise<readonly RuleResult[]> {
  const results: RuleResult[] = [];
  const queue = [...rules.entries()];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, rule] = next;
      results[index] = await tryRule(rule, explain);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

async function tryRule({ name, check }: Rule, explain: (error: unknown) => string): Promise<RuleResult> {
  try {
    await check();
    return { rule: name, result: "ok", detail: undefined };
  } catch (error) {
    if (error instanceof Skipped) {
      return { rule: name, result: "skipped", detail: error.message };
    }
    return { rule: name, result: "broken", detail: error instanceof Broken ? error.message : explain(error) };
  }
}

export function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) {
    throw new Broken(otherwise);
  }
}
