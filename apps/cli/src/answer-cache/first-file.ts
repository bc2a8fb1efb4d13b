import type { KeptPlace } from "../command.ts";
import {
  decodeHotAnswer,
  hotFileOf,
  isOwn,
  isPartOfQuestion,
  judgeAnswer,
  mayDependOnShell,
  questionOf,
  shellOf,
  tellsPerson,
} from "./hot-answer.ts";
import type { FoundAnswer } from "./renewal-claim.ts";

/** What a program's first file knows of the rest of it. */
export interface FirstFileProgram {
  /**
   * Tells its kept answers from those of any other program: another one may answer the same arguments otherwise.
   * `undefined`: no answer is kept.
   */
  readonly id: string | undefined;
  /** What can be said without settings or plugins; `undefined` leaves it to the rest of the program. */
  readonly plainAnswer: (args: readonly string[]) => Promise<string | undefined>;
  /** Loads the rest, for all that no kept answer is there for. */
  readonly load: () => Promise<RestOfProgram>;
}

export interface RestOfProgram {
  /** @returns the exit status */
  readonly run: (args: readonly string[], kept: KeptPlace) => Promise<number>;
  /** Writes what the first file could not write of an answer, and says why where that fails. */
  readonly finishWriting: (rest: Uint8Array) => Promise<number>;
}

/** What the system says of a file. */
export interface FileFacts {
  readonly uid: number;
  readonly gid: number;
  /** With the bits of its kind. */
  readonly mode: number;
  readonly bytes: number;
  /** Milliseconds since the epoch, rounded down. */
  readonly writtenAt: number;
}

/** The few things that the first file asks of the system: `files-libc.ts` in the binary, `files-node.ts` elsewhere. */
export interface FirstFileSystem {
  /**
   * Opens a file without waiting, and says what the descriptor that is read from is. `undefined` for what is not there, is
   * no regular file, is longer than the limit, or cannot be read.
   *
   * @param followLink false: a symbolic link is nothing
   */
  readonly read: (
    path: string,
    maxBytes: number,
    followLink: boolean,
  ) => (FileFacts & { readonly text: string }) | undefined;
  /** Looks at a file without opening it. `undefined` for what is not there or is no regular file: a symbolic link, for example. */
  readonly look: (path: string) => FileFacts | undefined;
  /** Where a symbolic link leads; `undefined` where that cannot be told. */
  readonly readLink: (path: string) => string | undefined;
  /** Writes to stdout; how many bytes of it could be written at once: a full pipe takes no more, a closed one nothing. */
  readonly write: (bytes: Uint8Array) => number;
  readonly isTerminal: (descriptor: number) => boolean;
  /** True where stdout may be one that the runtime has opened because there was none: the long way finds out, and says so. */
  readonly mayBeClosed: () => boolean;
}

/** As `encode-hot-answer.ts` has it. */
const maxHotBytes = 131_072;

/** Runs a program to its end: gives a kept answer while it is right, or what needs no settings, else loads the rest. */
export async function runProgram(program: FirstFileProgram, system: FirstFileSystem): Promise<void> {
  const args = process.argv.slice(2);
  const uid = process.getuid?.() ?? -1;
  // Empty where no process tells what it runs: then what depends on it is not kept.
  const executable = mayDependOnShell(args, process.env) ? system.readLink(`/proc/${process.ppid}/exe`) : undefined;
  const shell = executable === undefined ? "" : shellOf(executable);
  const question = questionOf(program.id ?? "", args, process.env, uid, shell);
  const isKept = program.id !== undefined && !(tellsPerson(args) && system.isTerminal(2));
  const hotFile = isKept ? hotFileOf(question, process.env, process.platform) : undefined;
  let answer: string | undefined;
  let release: (() => void) | undefined;
  if (args[0] === "--version" || args[0] === "completion" || args[0] === "hook") {
    answer = await program.plainAnswer(args);
  } else if (hotFile !== undefined) {
    const found = findAnswer(hotFile, question, uid, system);
    answer = found?.state === "right" ? found.stdout : undefined;
    if (found !== undefined && answer === undefined) {
      const { claimRenewal } = await import("./renewal-claim.ts");
      const findAgain = async () => findAnswer(hotFile, question, uid, system);
      ({ stdout: answer, release } = await claimRenewal(hotFile, found, findAgain));
    }
  }
  if (answer === undefined) {
    const { run } = await program.load();
    process.exitCode = await run(args, { question, hotFile, shell, holdsVariable: isPartOfQuestion });
    release?.();
  } else {
    const bytes = new TextEncoder().encode(answer);
    const written = system.mayBeClosed() ? 0 : system.write(bytes);
    if (written < bytes.length) {
      const { finishWriting } = await program.load();
      process.exitCode = await finishWriting(bytes.subarray(written));
    } else {
      // Nothing is left to be done, and the runtime takes its time to find that out.
      process.exit();
    }
  }
}

/**
 * A kept answer that may be worth something; `undefined` where the long way has to answer.
 *
 * Whoever finds a way to put a file there must not be heard, wherever the folder lies: what counts is who wrote the very
 * file that is read. So it is judged by its descriptor, and the settings are what they were only while their file belongs
 * to the same and lets the same write, which the long way has judged.
 */
function findAnswer(hotFile: string, question: string, uid: number, system: FirstFileSystem): FoundAnswer | undefined {
  const file = system.read(hotFile, maxHotBytes, false);
  const kept = file === undefined || !isOwn(file, uid) ? undefined : decodeHotAnswer(file.text);
  if (kept === undefined) {
    return undefined;
  }
  const credentials = system.look(kept.credentialsFile);
  const isOwnCredentials = credentials !== undefined && isOwn(credentials, uid);
  const settings = kept.settingsFile === "" ? undefined : system.read(kept.settingsFile, maxHotBytes, true);
  const state = judgeAnswer(kept, question, Date.now(), {
    settings: settings?.text ?? "",
    settingsOwner: settings === undefined ? "" : `${settings.uid} ${settings.gid} ${settings.mode & 0o7777}`,
    settingsBytes: settings?.bytes ?? 0,
    credentialsBytes: isOwnCredentials ? credentials.bytes : 0,
    credentialsWrittenAt: isOwnCredentials ? credentials.writtenAt : 0,
  });
  return state === "other" ? undefined : { state, stdout: kept.stdout };
}
