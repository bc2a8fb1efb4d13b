import type { Clock, DevicePrompt, PromptPerson } from "@tegata/core";
import { renderUnicodeCompact } from "uqr";
import type { Terminal } from "./terminal.ts";

export interface DevicePromptOptions {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Undefined: do not open a browser. */
  readonly openUrl: ((url: string) => Promise<void>) | undefined;
  /** For `login --json`. */
  readonly onPrompt?: (prompt: DevicePrompt) => void;
}

/**
 * Shows a person where to go and which code to compare. The code is shown even when it stands in the URL, because
 * comparing it is what protects against a sign-in that somebody else started (RFC 8628 section 5.4).
 */
export function devicePrompt({ terminal, clock, openUrl, onPrompt }: DevicePromptOptions): PromptPerson {
  return (prompt) => {
    onPrompt?.(prompt);
    const uri = prompt.verificationUriComplete ?? prompt.verificationUri;
    terminal.ask(`open ${uri}`);
    terminal.ask(
      prompt.verificationUriComplete === undefined
        ? `and enter the code ${prompt.userCode} (only if you started this yourself)`
        : `and check that it shows the code ${prompt.userCode} (only if you started this yourself)`,
    );
    showQrCode(terminal, uri);
    const stop = countDown(terminal, clock, prompt.expiresAt);
    let isOver = false;
    openUrl?.(uri).catch((error: unknown) => {
      // A person who has signed in needs no other way to.
      if (!isOver) {
        const reason = error instanceof Error && error.message !== "" ? ` (${error.message})` : "";
        terminal.say(`no browser could be opened${reason}: open the page yourself`);
      }
    });
    return () => {
      isOver = true;
      stop();
    };
  };
}

function showQrCode(terminal: Terminal, uri: string): void {
  if (!terminal.isTerminal) {
    return;
  }
  const code = renderUnicodeCompact(uri, { border: 2 });
  const lines = code.split("\n");
  const { columns, rows } = terminal.size();
  const width = Math.max(...lines.map((line) => line.length));
  // With what stands above and below it, or not at all: half a code helps nobody.
  if (width <= columns && lines.length + 4 <= rows) {
    terminal.block(code);
  }
}

function countDown(terminal: Terminal, clock: Clock, expiresAt: number): () => void {
  const stopped = new AbortController();
  const tick = async () => {
    while (!stopped.signal.aborted) {
      const seconds = Math.max(0, Math.ceil((expiresAt - clock.now()) / 1000));
      const clockFace = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      terminal.status(`waiting for the browser: ${clockFace} left`);
      await clock.sleep(1000, stopped.signal);
    }
  };
  if (terminal.isTerminal) {
    tick().catch(() => undefined);
  }
  return () => {
    stopped.abort();
    terminal.status(undefined);
  };
}
