import { toSafeJson } from "@tegata/core";
import type { DiagnosisStep } from "@tegata/engine";
import { runtimeName } from "@tegata/engine/system";
import { jsonFlag, type Command } from "../../command.ts";
import { exitStatuses } from "../../exit-status.ts";
import { shownStep, stepObject } from "./shown-step.ts";
import { stepLines } from "./step-lines.ts";

/** Goes the way of a sign-in and says at each step what it finds. Asks nobody; ends with the status of the first step that failed. */
export const doctorCommand: Command = {
  name: "doctor",
  summary: "go the way of a sign-in, step by step, and say what is wrong",
  group: "person",
  argument: "profile",
  flags: {
    json: jsonFlag,
    offline: {
      kind: "boolean",
      choices: undefined,
      defaultText: undefined,
      description: "send nothing: look at this machine alone",
    },
  },
  async run(context) {
    const { system, terminal, flags, version } = context;
    const { vocabulary, programName } = terminal;
    const asJson = flags["json"] === true;
    const lines = stepLines(system, programName);
    let writing: Promise<void> = Promise.resolve();
    const write = (text: string) => {
      // In order: a step is told while nothing waits for it.
      writing = writing.then(() => system.writeStdout(text));
      // What becomes of it is found out at the end.
      writing.catch(() => undefined);
    };
    const { steps } = await context.diagnose({
      isOffline: flags["offline"] === true,
      programName,
      versions: [`${programName} ${version}`, runtimeName(), `${system.platform} ${process.arch}`],
      onLook: (id) => terminal.status(asJson ? undefined : [`looking at ${id} …`]),
      onStep: (step) => {
        terminal.status(undefined);
        if (!asJson) {
          write(lines.next(shownStep(step, vocabulary)));
        }
      },
    });
    terminal.status(undefined);
    if (!asJson) {
      write(lines.rest());
    } else {
      write(`${toSafeJson({ steps: steps.map((step) => stepObject(shownStep(step, vocabulary))) })}\n`);
    }
    await writing;
    return statusOf(steps);
  },
};

function statusOf(steps: readonly DiagnosisStep[]): number {
  const first = steps.find(({ state }) => state === "failed");
  return first === undefined ? 0 : exitStatuses[first.code ?? "internal"];
}
