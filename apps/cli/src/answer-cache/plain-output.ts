import packageJson from "../../package.json" with { type: "json" };
import { completionScript } from "../shell/completion-scripts.ts";
import { hookScript } from "../shell/hook-scripts.ts";

/**
 * What can be said without settings, plugins or a parser of arguments: shells ask for completions and hook at every start.
 * `undefined` for everything else, mistakes included: the full run explains those.
 */
export function plainOutput(
  [word, shell, ...rest]: readonly string[],
  { name, version }: { readonly name: string; readonly version: string } = {
    name: "tegata",
    version: packageJson.version,
  },
): string | undefined {
  if (word === "--version" && shell === undefined) {
    return `${version}\n`;
  }
  const scriptFor = word === "completion" ? completionScript : word === "hook" ? hookScript : undefined;
  return shell !== undefined && rest.length === 0 ? scriptFor?.(shell, name) : undefined;
}
