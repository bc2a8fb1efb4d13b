import { type ErrorCode, hint, reasonIn, setting, TegataError, wordsOf } from "@tegata/core";
import * as v from "valibot";
import { lineReader, stderrTail } from "./program-output.ts";
import {
  failed,
  invalid,
  notStarted,
  type PluginProgram,
  type PluginEnvironment,
  signalPluginProgram,
  startPluginProgram,
} from "./program-process.ts";
import { encodeRequest, errorEventSchema, issueText, limits, logEventSchema, type ProgramRequest } from "./protocol.ts";
import { createSecretHider } from "./hide-secrets.ts";

export interface Conversation {
  readonly request: ProgramRequest;
  /** False: stdin is closed behind the request. True: only when the program is to stop. */
  readonly staysOpen?: boolean;
  readonly timeoutMilliseconds: number;
  /** Of stdout. */
  readonly maxBytes: number;
  /** Nothing of them is ever shown. */
  readonly secrets: readonly string[];
  /** What its `error` event may name. */
  readonly errorCodes: readonly ErrorCode[];
  /**
   * Judges an event and says whether it is the last one. What it throws ends the program.
   *
   * @param extend sets the time limit again, from now
   */
  readonly onEvent: (event: unknown, extend: (milliseconds: number, error: TegataError) => void) => "more" | "last";
}

/** What a conversation with a plugin program works with. */
export interface ConversationPorts extends PluginEnvironment {
  readonly signal: AbortSignal;
  /** For `--verbose`. */
  readonly log: (line: string) => void;
  /** Asked before each start; what it throws keeps the program from being started. */
  readonly prove?: (program: PluginProgram) => Promise<void>;
  /** Told what it says besides its response, as it came: for the contract suite, which looks for secrets in it. */
  readonly overhear?: (text: string) => void;
}

/** For the rest of stderr, when nobody is left who could write to it. */
const drainMilliseconds = 200;

const anyEvent = v.looseObject({ event: v.string() });

/**
 * Runs a program for one request to its end. It is started without a shell and without a terminal, in a session of its own,
 * in the root folder; it, and what it has started, is ended when it takes too long, says too much or says what makes no
 * sense, and when this program is interrupted.
 *
 * @throws TegataError `process_failed`, `plugin_invalid`; what the program's `error` event names; what `prove` and `onEvent`
 *   throw; the signal's own reason
 */
export async function converse(
  program: PluginProgram,
  conversation: Conversation,
  ports: ConversationPorts,
): Promise<void> {
  await ports.prove?.(program);
  return runToEnd(program, conversation, ports);
}

function runToEnd(program: PluginProgram, conversation: Conversation, ports: ConversationPorts): Promise<void> {
  const { name } = program;
  const { secrets, errorCodes, staysOpen = false } = conversation;
  const hideSecrets = createSecretHider(secrets);
  return new Promise((resolve, reject) => {
    ports.signal.throwIfAborted();
    const child = startPluginProgram(program, ports);
    const lines = lineReader(program);
    const stderr = stderrTail();
    /** Why it is being ended; the first reason counts. */
    let failure: { readonly reason: unknown } | undefined;
    /** What its `error` event said. */
    let refusal: TegataError | undefined;
    let responded = false;
    /** Undefined while it runs. */
    let exitStatus: number | string | undefined;
    let settled = false;
    let timer: NodeJS.Timeout | undefined;

    const within = (milliseconds: number, act: () => void) => {
      clearTimeout(timer);
      timer = setTimeout(act, milliseconds);
    };
    const settle = () => {
      if (settled) {
        return;
      }
      settled = true;
      clearTimeout(timer);
      ports.signal.removeEventListener("abort", onAbort);
      for (const stream of [child.stdin, child.stdout, child.stderr]) {
        stream.destroy();
      }
      for (const line of stderr.lines()) {
        ports.overhear?.(line);
        ports.log(`${name}: ${hideSecrets(line)}`);
      }
      const reason = failure?.reason ?? refusal ?? verdict();
      if (reason === undefined) {
        resolve();
      } else {
        // The reason of a signal is what the caller gave to abort().
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        reject(reason);
      }
    };
    const verdict = (): TegataError | undefined => {
      const last = reasonIn(stderr.lines());
      const words = last === undefined ? "" : `; it said: ${wordsOf(hideSecrets(last, 200))}`;
      if (exitStatus !== 0) {
        return failed(program, `${name} ended with ${exitStatus}${words}`);
      }
      return responded ? undefined : invalid(program, `${name} ended without a response${words}`);
    };
    /** Once it has ended, what it started is ended; until then it is asked to end, and made to. */
    const stop = (reason: unknown) => {
      if (failure !== undefined || settled) {
        return;
      }
      failure = { reason };
      child.stdin.destroy();
      child.stdout.destroy();
      signalPluginProgram(child, "SIGTERM", ports);
      if (exitStatus !== undefined) {
        signalPluginProgram(child, "SIGKILL", ports);
        settle();
        return;
      }
      within(limits.graceMilliseconds, () => {
        signalPluginProgram(child, "SIGKILL", ports);
        // Nothing outlives that but what hangs in the kernel; nobody waits for it.
        within(limits.graceMilliseconds, settle);
      });
    };
    const tooLong = (what: string) => stop(failed(program, `${name} ${what}`));
    const extend: Parameters<Conversation["onEvent"]>[1] = (milliseconds, error) => {
      if (exitStatus === undefined) {
        within(milliseconds, () => stop(error));
      }
    };
    const onAbort = () => stop(ports.signal.reason);
    const onEvent = (event: unknown) => {
      // What is left of a response may be anything by now.
      const named = v.safeParse(anyEvent, event);
      const kind = named.success ? named.output.event : "without a name";
      if (responded) {
        throw invalid(program, `${name} says more after its response`);
      }
      if (kind === "log") {
        const { message } = parseEvent(logEventSchema, event, program);
        ports.overhear?.(message);
        ports.log(`${name}: ${hideSecrets(message)}`);
        return;
      }
      if (kind === "error") {
        refusal = refusalOf(event, program, errorCodes, hideSecrets);
        responded = true;
      } else {
        responded = conversation.onEvent(event, extend) === "last";
      }
      if (responded && exitStatus === undefined) {
        child.stdin.end();
        within(limits.graceMilliseconds, () =>
          tooLong(`gave its response, but did not end within ${seconds(limits.graceMilliseconds)}`),
        );
      }
    };
    const take = (read: () => readonly string[]) => {
      try {
        for (const text of read()) {
          onEvent(parseLine(text, program));
        }
      } catch (error) {
        stop(error);
      }
    };

    ports.signal.addEventListener("abort", onAbort, { once: true });
    within(conversation.timeoutMilliseconds, () =>
      tooLong(`did not answer within ${seconds(conversation.timeoutMilliseconds)}`),
    );
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > conversation.maxBytes) {
        stop(failed(program, `${name} wrote more than ${conversation.maxBytes} bytes to stdout`));
      } else if (failure === undefined) {
        take(() => lines.push(chunk));
      }
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.push(chunk) > limits.stderrBytes) {
        stop(failed(program, `${name} wrote more than ${limits.stderrBytes} bytes to stderr`));
      }
    });
    child.once("error", (error) => {
      failure ??= { reason: notStarted(program, error) };
      settle();
    });
    child.once("exit", (status, signal) => {
      exitStatus = status ?? signal ?? "an unknown status";
      if (failure !== undefined) {
        signalPluginProgram(child, "SIGKILL", ports);
        // What it said last is still on its way.
        within(drainMilliseconds, settle);
        return;
      }
      // Its output has an end when it has, unless something that it started keeps it open.
      within(limits.graceMilliseconds, () => tooLong("ended, but something that it started keeps its output open"));
    });
    child.once("close", () => {
      if (failure === undefined) {
        take(lines.last);
      }
      settle();
    });
    // Anyone who does not read its stdin has no use for it.
    child.stdin.on("error", () => undefined);
    const request = encodeRequest(conversation.request);
    if (staysOpen) {
      child.stdin.write(request);
    } else {
      child.stdin.end(request);
    }
  });
}

function parseLine(text: string, program: PluginProgram): unknown {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    throw invalid(program, `${program.name} answers what is not JSON`);
  }
  if (!v.is(anyEvent, event)) {
    throw invalid(program, `${program.name} answers JSON that is not an event`);
  }
  return event;
}

/**
 * An event as the protocol has it.
 *
 * @throws TegataError `plugin_invalid` naming the member at fault
 */
export function parseEvent<Output>(
  schema: v.GenericSchema<unknown, Output>,
  event: unknown,
  program: PluginProgram,
): Output {
  const parsed = v.safeParse(schema, event, { abortEarly: true });
  if (parsed.success) {
    return parsed.output;
  }
  // What is left of a response may be anything by now.
  const named = v.safeParse(anyEvent, event);
  const kind = named.success ? named.output.event : "without a name";
  const [issue] = parsed.issues;
  const isUnknown = v.getDotPath(issue) === "event";
  const what = wordsOf(kind, 40);
  throw invalid(
    program,
    isUnknown
      ? `${program.name} answers "${what}", which is no response to this`
      : `the event ${what} of ${program.name} makes no sense: ${issueText(issue)}`,
  );
}

function refusalOf(
  event: unknown,
  program: PluginProgram,
  codes: readonly ErrorCode[],
  hideSecrets: (text: string, maxLength?: number) => string,
): TegataError {
  const { code, message, hint: advice } = parseEvent(errorEventSchema, event, program);
  const known = codes.find((each) => each === code) ?? "process_failed";
  return new TegataError(known, `${program.name}: ${wordsOf(hideSecrets(message))}`, {
    hint:
      advice === undefined
        ? hint`see what else ${program.name} says with ${setting("verbose", true)}`
        : wordsOf(hideSecrets(advice)),
    details: { program: program.name },
  });
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
