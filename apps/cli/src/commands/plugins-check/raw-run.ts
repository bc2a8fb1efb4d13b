import { parseJson } from "@tegata/core";
import * as v from "valibot";
import {
  type ConversationPorts,
  type PluginProgram,
  signalPluginProgram,
  startPluginProgram,
} from "@tegata/engine/plugin-programs";

interface RawRunOptions {
  /** Written to stdin as it is; then stdin is closed, unless `keepOpen` says otherwise. */
  readonly input: string;
  readonly keepOpen?: boolean;
  /** Called with all of stdout so far, each time there is more. */
  readonly onOutput?: (stdout: string, run: RawRun) => void;
  /** Called when it has had time to start. */
  readonly onStarted?: (run: RawRun) => void;
  readonly limitMilliseconds: number;
}

interface RawRun {
  closeStdin(): void;
  terminate(): void;
}

interface RawResult {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** True when it had to be killed. */
  readonly wasKilled: boolean;
}

/** Long enough for an interpreter to start and to wait for its request. */
const startMilliseconds = 500;
const maxBytes = 1_048_576;

/** True where a whole line of stdout is an event of that kind, wherever in the line its members stand. */
export function saysEvent(stdout: string, kind: string): boolean {
  const schema = v.looseObject({ event: v.literal(kind) });
  return stdout.split("\n").some((line) => v.is(schema, parseJson(line)));
}

/**
 * Runs a program otherwise than the protocol has it, to see whether it ends.
 *
 * @throws TegataError what `prove` throws: then nothing is started
 */
export async function runRaw(
  program: PluginProgram,
  options: RawRunOptions,
  ports: Pick<ConversationPorts, "env" | "platform" | "prove">,
): Promise<RawResult> {
  await ports.prove?.(program);
  return new Promise((resolve, reject) => {
    const child = startPluginProgram(program, ports);
    const output = { stdout: "", stderr: "" };
    let wasKilled = false;
    const run: RawRun = {
      closeStdin: () => child.stdin.end(),
      terminate: () => signalPluginProgram(child, "SIGTERM", ports),
    };
    const limit = setTimeout(() => {
      wasKilled = true;
      signalPluginProgram(child, "SIGKILL", ports);
    }, options.limitMilliseconds);
    const started = setTimeout(() => options.onStarted?.(run), startMilliseconds);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        output[name] = (output[name] + chunk).slice(0, maxBytes);
        if (name === "stdout") {
          options.onOutput?.(output.stdout, run);
        }
      });
    }
    child.stdin.on("error", () => undefined);
    child.once("error", reject);
    child.once("exit", (status) => {
      clearTimeout(limit);
      clearTimeout(started);
      child.stdout.destroy();
      child.stderr.destroy();
      signalPluginProgram(child, "SIGKILL", ports);
      resolve({ status: status ?? undefined, ...output, wasKilled });
    });
    if (options.keepOpen === true) {
      child.stdin.write(options.input);
    } else {
      child.stdin.end(options.input);
    }
  });
}
