import { hintInWords, inWords, printable } from "@tegata/core";
import type { DiagnosisStep, Engine } from "@tegata/engine";
import { runtimeName } from "@tegata/engine/system";
import { actionVocabulary } from "./vocabulary.ts";
import type { Runner } from "./runner.ts";

/** Longer than any message of ours; what is longer came from outside. */
const maxCharacters = 2000;

/**
 * Goes the way to the credentials once more, step by step, and writes into the log what it found: a group, which a person opens. It
 * asks for another ID token; what comes of it is used for nothing else.
 */
export async function explainFailure({ diagnose }: Engine, runner: Runner): Promise<void> {
  const { steps } = await diagnose({
    isOffline: false,
    programName: "tegata",
    versions: [runtimeName(), runner.platform],
  });
  // What servers said is in it: the runner is to obey none of it.
  const token = crypto.randomUUID();
  await runner.writeStdout(
    [
      "::group::what was found on the way to the credentials\n",
      `::stop-commands::${token}\n`,
      ...steps.flatMap(linesOf).map((line) => `${line}\n`),
      `::${token}::\n`,
      "::endgroup::\n",
    ].join(""),
  );
}

function linesOf({ id, state, message, hint }: DiagnosisStep): readonly string[] {
  const said = hint && hintInWords(hint, actionVocabulary);
  const [first = "", ...others] = inWords(message, actionVocabulary).split("\n");
  return [
    `${state.padEnd(7)} ${id}: ${printable(first, maxCharacters)}`,
    ...[...others, ...(said === undefined ? [] : [`hint: ${said}`])].map(
      (line) => `        ${printable(line, maxCharacters)}`,
    ),
  ];
}
