import type { TrustContext } from "@tegata/engine/plugin-programs";
import type { CliSystem } from "../cli-system.ts";
import type { Terminal } from "./terminal.ts";

/** How a person is asked whether to trust a plugin program; undefined where nobody sits in front of this process. */
export function trustQuestion({ readLine }: Pick<CliSystem, "readLine">, terminal: Terminal): TrustContext["confirm"] {
  if (readLine === undefined || !terminal.isTerminal) {
    return undefined;
  }
  return async (lines, question) => {
    [...lines, question].forEach((line) => terminal.ask(line));
    return /^\s*y(es)?\s*$/i.test(await readLine());
  };
}
