import { command, shownPath, words } from "@tegata/core";
import { explainNoFile, type SettingsFile } from "@tegata/engine/settings";
import type { Terminal } from "../../terminal/terminal.ts";

/**
 * Beside what a command prints about the settings: on a terminal the file that it goes by, and everywhere that there is none and
 * what makes one.
 */
export function sayWhichFile(
  file: Pick<SettingsFile, "path" | "exists">,
  { terminal }: { readonly terminal: Pick<Terminal, "isTerminal" | "say" | "log"> },
): void {
  if (!file.exists) {
    terminal.say(words`${explainNoFile(file)}; ${command("init")} asks for first settings`);
    return;
  }
  const tell = terminal.isTerminal ? terminal.say : terminal.log;
  tell(`settings file: ${shownPath(file.path ?? "")}`);
}
