import { workflowCommand } from "@tegata/format-github-env";
import { shownError } from "@tegata/engine";
import { actionVocabulary } from "./vocabulary.ts";

/** An error as an annotation of the run: its code, its message and what to do. */
export function failureCommand(name: "error" | "warning", error: unknown): string {
  const { code, message, hint } = shownError(error, actionVocabulary);
  const lines = [message, ...(hint === undefined ? [] : [`hint: ${hint}`])];
  return workflowCommand(name, lines.join("\n"), { title: `tegata: ${code}` });
}
