import { workflowCommand } from "@tegata/format-github-env";
import { shownError } from "@tegata/engine";
import { inInputTerms } from "./inputs.ts";

/** An error as an annotation of the run: its code, its message and what to do. Nobody signs in here: another run gets another token. */
export function failureCommand(name: "error" | "warning", error: unknown): string {
  const { code, message, hint, nextCommand } = shownError(error);
  const another = nextCommand === "login" ? "run the job again" : undefined;
  const advice =
    code === "internal" ? "run the job again with debug logging and report what it says" : (hint ?? another);
  const lines = [message, ...(advice === undefined ? [] : [`hint: ${advice}`])];
  return workflowCommand(name, inInputTerms(lines.join("\n")), { title: `tegata: ${code}` });
}
