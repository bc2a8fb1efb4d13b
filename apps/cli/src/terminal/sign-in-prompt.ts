import {
  type BrowserPrompt,
  type Clock,
  type DevicePrompt,
  hintInWords,
  type PromptPerson,
  type SignInPrompt,
} from "@tegata/core";
import { renderUnicodeCompact } from "uqr";
import type { Terminal } from "./terminal.ts";

interface SignInPromptOptions {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Undefined: do not open a browser. */
  readonly openUrl: ((url: string) => Promise<void>) | undefined;
  /** Over SSH the browsers of this machine are not before the person. */
  readonly isRemote: boolean;
  readonly onPrompt: (prompt: SignInPrompt) => void;
}

/** Shows a person where to sign in, opens the page, and counts down until nobody waits any more. */
export function signInPrompt({ terminal, clock, openUrl, isRemote, onPrompt }: SignInPromptOptions): PromptPerson {
  return (prompt) => {
    onPrompt(prompt);
    const uri = show(prompt, isRemote, terminal);
    const advice = prompt.advice && hintInWords(prompt.advice, terminal.vocabulary);
    if (advice !== undefined) {
      terminal.ask(advice);
    }
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

/** @returns the page to open */
function show(prompt: SignInPrompt, isRemote: boolean, terminal: Terminal): string {
  switch (prompt.kind) {
    case "device":
      return showDevice(prompt, terminal);
    case "browser":
      return showBrowser(prompt, isRemote, terminal);
  }
}

function showBrowser({ authorizationUri, redirectUri }: BrowserPrompt, isRemote: boolean, terminal: Terminal): string {
  terminal.ask(`open ${authorizationUri}`);
  if (redirectUri === undefined) {
    terminal.ask("in a browser on this machine");
    return authorizationUri;
  }
  const { origin, port } = new URL(redirectUri);
  // Editors that work on another machine forward a port once they read such an address.
  terminal.ask(`in a browser on this machine; ${terminal.programName} waits for the answer at ${origin}`);
  if (isRemote && port !== "") {
    terminal.ask(
      `over SSH, forward the port first: ssh -L ${port}:127.0.0.1:${port}, from your own machine to this one`,
    );
  }
  return authorizationUri;
}

/**
 * The code is shown even when it stands in the URL, because comparing it is what protects against a sign-in that somebody else
 * started (RFC 8628 section 5.4).
 */
function showDevice({ verificationUri, verificationUriComplete, userCode }: DevicePrompt, terminal: Terminal): string {
  const uri = verificationUriComplete ?? verificationUri;
  const open = `open ${uri}`;
  const verb = verificationUriComplete === undefined ? "enter" : "check that it shows";
  const caution = "(only if you started this yourself)";
  terminal.ask(open);
  if (!terminal.isTerminal) {
    terminal.ask(`and ${verb} the code ${userCode} ${caution}`);
    return uri;
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
  return uri;
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
