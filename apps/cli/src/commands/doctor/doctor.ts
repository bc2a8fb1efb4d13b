import { toSafeJson } from "@tegata/core";
import type { DiagnosisStep } from "@tegata/engine";
import { runtimeName } from "@tegata/engine/system";
import { jsonFlag, type Command } from "../../command.ts";
import { exitStatuses } from "../../exit-status.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { startedProgram } from "../support/started-program.ts";
import { shownStep, stepObject } from "./shown-step.ts";
import { stepLines } from "./step-lines.ts";

/** Goes the way of a sign-in and says at each step what it finds. Asks nobody; ends with the status of the first step that failed. */
export const doctorCommand: Command = {
  name: "doctor",
  summary: "look at each step of a sign-in, and say what is wrong",
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
    "trust-policy": {
      kind: "text",
      choices: undefined,
      defaultText: undefined,
      description: "a role's trust policy, judged condition by condition: a file, or - for stdin",
    },
  },
  examples: [
    { line: "doctor dev", what: "the whole way" },
    { line: "doctor dev --trust-policy role.json", what: "and the policy of the role" },
  ],
  async run(context) {
    const { system, terminal, flags, version } = context;
    const { vocabulary, programName } = terminal;
    const asJson = flags["json"] === true;
    const lines = stepLines(system, programName);
    const show = async (step: DiagnosisStep) => {
      terminal.status(undefined);
      if (!asJson) {
        await system.writeStdout(lines.next(shownStep(step, vocabulary)));
      }
    };
    // Most diagnoses are about no policy.
    const trust = flags["trust-policy"] === undefined ? undefined : await import("./trust.ts");
    const given = await trust?.readGivenTrust(context);
    const { steps: diagnosed } =
      given?.token !== undefined
        ? { steps: [] }
        : await context.diagnose({
            isOffline: flags["offline"] === true,
            programName,
            startedProgram: startedProgram(programName, system),
            versions: [`${programName} ${version}`, runtimeName(), `${system.platform} ${process.arch}`],
            onLook: (id) => terminal.status(asJson ? undefined : [`looking at ${id} …`]),
            onStep: show,
          });
    const found = given === undefined ? undefined : await trust?.judgeTrust(given, diagnosed, context);
    for (const step of found?.steps ?? []) {
      await show(step);
    }
    const steps = [...diagnosed, ...(found?.steps ?? [])];
    terminal.status(undefined);
    const shown = steps.map((step) => stepObject(shownStep(step, vocabulary)));
    const trustPolicy = found?.object === undefined ? {} : { trustPolicy: found.object };
    await system.writeStdout(
      asJson ? `${toSafeJson({ steps: shown, ...trustPolicy })}\n` : lines.rest() + (found?.text ?? ""),
    );
    const first = steps.find(({ state }) => state === "failed");
    if (!asJson) {
      // AWS's refusal only advises to look at the policy, and that has been done.
      const judged = found?.steps.find(({ id, state }) => id === "trust-policy" && state === "failed");
      sayWhatComesFirst(first?.code === "sts_access_denied" ? (judged ?? first) : first, terminal);
    }
    return first === undefined ? 0 : exitStatuses[first.code ?? "internal"];
  },
};

/** What comes later often follows from the first one that failed, which may have left the screen by now. */
function sayWhatComesFirst(first: DiagnosisStep | undefined, { say, vocabulary }: Terminal): void {
  const hint = first && shownStep(first, vocabulary).hint;
  if (first !== undefined && hint !== undefined) {
    say(`${first.id} comes first: ${hint}`);
  }
}
