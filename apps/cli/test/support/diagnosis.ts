import * as v from "valibot";

/** What `tegata doctor --json` writes: its shape is a contract. */
export const diagnosisSchema = v.strictObject({
  steps: v.array(
    v.strictObject({
      id: v.string(),
      state: v.picklist(["ok", "warning", "failed", "skipped"]),
      message: v.string(),
      hint: v.optional(v.string()),
      code: v.optional(v.string()),
    }),
  ),
});

export type Diagnosis = v.InferOutput<typeof diagnosisSchema>;

/** What a run of `doctor --json` found. */
export function diagnosisIn({ stdout }: { readonly stdout: string }): Diagnosis["steps"] {
  return v.parse(diagnosisSchema, JSON.parse(stdout)).steps;
}

/** The step of that id; an empty one where there is none. */
export function stepIn(steps: Diagnosis["steps"], id: string): Partial<Diagnosis["steps"][number]> {
  return steps.find((step) => step.id === id) ?? {};
}
