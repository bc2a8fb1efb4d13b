import { type BigIntStats, closeSync, constants, fstatSync, openSync, statSync, writeSync } from "node:fs";

/** What stderr of a process leads to, for lines that are written there from outside. */
interface StderrOfProcess {
  /** Writes only while descriptor 2 of the process still leads to what it led to at first. Never waits, never throws. */
  readonly write: (text: string) => void;
  /** To be called now and then: lets go of a file that the process has let go of. */
  readonly look: () => void;
}

const { O_WRONLY, O_APPEND, O_NOCTTY, O_NONBLOCK } = constants;

/**
 * The stderr of another process: its terminal, pipe or file, as it is now. A process may close descriptor 2 and open a file
 * of data, which then has that number: nothing is written there.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html
 */
export function stderrOfProcess(pid: number): StderrOfProcess {
  const path = `/proc/${pid}/fd/2`;
  const first = quietly(() => statSync(path, { bigint: true }));
  // A socket is the one kind that cannot be opened by its path: this process has been given it as its own.
  const isSocket =
    first?.isSocket() === true &&
    isSame(
      first,
      quietly(() => fstatSync(2, { bigint: true })),
    );
  // Held open, the number of a deleted file is given to no other one.
  let held = first?.isFile() === true ? open(path) : undefined;
  let isGone = first === undefined || (first.isFile() && held === undefined);
  const look = () => {
    const now = quietly(() => statSync(path, { bigint: true }));
    if (held !== undefined && !isSame(first, now)) {
      closeSync(held);
      held = undefined;
      isGone = true;
    }
  };
  const write = (text: string) => {
    if (
      isGone ||
      !isSame(
        first,
        quietly(() => statSync(path, { bigint: true })),
      )
    ) {
      return;
    }
    if (isSocket) {
      quietly(() => writeSync(2, text));
      return;
    }
    const descriptor = open(path);
    if (descriptor !== undefined) {
      // The process may have gone on since it was looked at.
      quietly(() => isSame(first, fstatSync(descriptor, { bigint: true })) && writeSync(descriptor, text));
      closeSync(descriptor);
    }
  };
  return { write, look };
}

/** A pipe that is full is not waited for. */
function open(path: string): number | undefined {
  return quietly(() => openSync(path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK));
}

function isSame(first: BigIntStats | undefined, now: BigIntStats | undefined): boolean {
  return first !== undefined && now !== undefined && first.dev === now.dev && first.ino === now.ino;
}

/** Who closed stderr does not want to hear about it. */
function quietly<Value>(act: () => Value): Value | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
