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
    show(prompt, uri, terminal);
    const stopCountdown = countDown(terminal, clock, prompt.expiresAt);
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
      stopCountdown();
    };
  };
}

function show({ verificationUriComplete, userCode }: DevicePrompt, uri: string, terminal: Terminal): void {
  const open = `open ${uri}`;
  const verb = verificationUriComplete === undefined ? "enter" : "check that it shows";
  const caution = "(only if you started this yourself)";
  terminal.ask(open);
  if (!terminal.isTerminal) {
    terminal.ask(`and ${verb} the code ${userCode} ${caution}`);
    return;
  }
  const compare = `and ${verb} this code ${caution}:`;
  terminal.ask(compare);
  const code = `    ${terminal.strong(userCode)}`;
  const { rows } = terminal.size();
  const qrCode = terminal.draws ? qrCodeOf(uri, terminal.size().columns) : undefined;
  // With what stands above and below it, or not at all: half a code helps nobody.
  const spareRows = rows - terminal.rowsOf(open) - terminal.rowsOf(compare) - 2;
  const fits = qrCode !== undefined && qrCode.height <= spareRows;
  const spareRowsBeside = fits ? spareRows - qrCode.height : spareRows;
  terminal.block(`${spareRowsBeside < 2 ? code : `\n${code}\n`}\n${fits ? qrCode.text : ""}`);
}

/** `undefined` where the terminal is too narrow for it, or the text too long for any. */
function qrCodeOf(text: string, columns: number): { readonly text: string; readonly height: number } | undefined {
  let code: string;
  try {
    code = renderUnicodeCompact(text, { border: 2 });
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
  const lines = code.split("\n");
  return lines.every((line) => line.length <= columns) ? { text: code, height: lines.length } : undefined;
}

function countDown(terminal: Terminal, clock: Clock, expiresAt: number): () => void {
  const stopped = new AbortController();
  const tick = async () => {
    while (!stopped.signal.aborted) {
      const seconds = Math.max(0, Math.ceil((expiresAt - clock.now()) / 1000));
      const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
      terminal.status([`waiting for the browser: ${left}`, `waiting: ${left}`, left]);
      await clock.sleep(1000, stopped.signal);
    }
  };
  if (terminal.rewrites) {
    tick().catch(() => undefined);
  }
  return () => {
    stopped.abort();
    terminal.status(undefined);
  };
}
