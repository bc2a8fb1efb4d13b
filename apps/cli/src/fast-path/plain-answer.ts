import packageJson from "../../package.json" with { type: "json" };
import { completionScript } from "../completion/scripts.ts";

/**
 * What can be said without settings, plugins or a parser of arguments: shells ask for their completions at every start.
 * `undefined` for everything else, mistakes included: the long way explains those.
 */
export function plainAnswer([word, shell, ...rest]: readonly string[]): string | undefined {
  if (word === "--version" && shell === undefined) {
    return `${packageJson.version}\n`;
  }
  return word === "completion" && shell !== undefined && rest.length === 0 ? completionScript(shell) : undefined;
}
