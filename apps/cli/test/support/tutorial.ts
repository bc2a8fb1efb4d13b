import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { startSandbox } from "@tegata/sandbox";
import { type Running, start } from "./run.ts";
import { approveOnStderr } from "./world.ts";

/** What a page lets its reader do: type commands, write a file, look at what was printed. */
type Step =
  | { readonly kind: "commands"; readonly text: string }
  | { readonly kind: "file"; readonly path: string; readonly text: string }
  | { readonly kind: "output"; readonly text: string };

/** Commands that go on until somebody ends them, and what they say when they are ready. */
const background = new Map([["npm run sandbox", /^wrote sandbox\.toml/m]]);

/** The steps of one section of a page. Every block of TypeScript begins with a comment that names its file. */
export function stepsOf(page: string, heading: string): Step[] {
  const [, after = ""] = page.split(`\n## ${heading}\n`);
  const [section = ""] = after.split(/\n## /, 1);
  return [...section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, text = ""]): Step => {
    if (language === "sh") {
      return { kind: "commands", text };
    }
    if (language === "text") {
      return { kind: "output", text };
    }
    const [, path] = /^\/\/ (\S+)\n/.exec(text) ?? [];
    if (language !== "ts" || path === undefined) {
      throw new Error(`a block that is no step: ${text.slice(0, 80)}`);
    }
    return { kind: "file", path, text: text.slice(text.indexOf("\n") + 1) };
  });
}

/**
 * Does what a reader does, in one folder after the other as the commands say, and plays the person in the browser.
 *
 * @returns The folder in which it ended
 * @throws Error for a command that fails, and for output that the page does not show so
 */
export async function follow(
  steps: readonly Step[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const person = await startSandbox();
  const running: Running[] = [];
  let folder = cwd;
  let printed = "";
  try {
    for (const step of steps) {
      if (step.kind === "file") {
        await mkdir(dirname(join(folder, step.path)), { recursive: true });
        await writeFile(join(folder, step.path), step.text);
      } else if (step.kind === "output") {
        step.text.split("\n").forEach((line) => expectPrinted(line, printed));
      } else {
        const ready = background.get(step.text.trim());
        const script = ready === undefined ? `set -e\n${step.text}\necho "::: $PWD"` : `exec ${step.text}`;
        const shell = start(["sh", "-c", script], { cwd: folder, env, limitSeconds: 120, ownGroup: true });
        if (ready !== undefined) {
          running.push(shell);
          await shell.stdoutMatching(ready);
          continue;
        }
        if (/ login (?!.*--help)/.test(step.text)) {
          await approveOnStderr(shell, person);
        }
        const ended = await shell.ended;
        printed = `${ended.stdout}${ended.stderr}`;
        if (ended.status !== 0) {
          throw new Error(`the commands end with ${ended.status}:\n${step.text}\n${printed}`);
        }
        folder = /^::: (.*)$/m.exec(ended.stdout)?.[1] ?? folder;
      }
    }
    return folder;
  } finally {
    // npm does not pass it on.
    running.forEach(({ child }) => process.kill(-(child.pid ?? 0), "SIGTERM"));
    await Promise.all(running.map(({ ended }) => ended));
    await person.close();
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A line of the page stands in the output; `…` is anything, and so is the width of a gap. */
function expectPrinted(line: string, printed: string): void {
  const words = line.trim().split(/\s+/);
  const patterns = words.map((word) => word.split("…").map(escaped).join(".*"));
  if (line.trim() !== "" && !new RegExp(patterns.join("\\s+")).test(printed)) {
    throw new Error(`the page shows "${line}", which is not in:\n${printed}`);
  }
}
