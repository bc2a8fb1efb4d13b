import { parse } from "node:path";
import type { Argv } from "yargs";

const noStream = { value: {} };

/**
 * A new yargs, kept away from what is not its business while it is loaded and made.
 *
 * From the folder that the program is started in: yargs guesses a version from the `package.json` nearest to its own
 * files; in the compiled binary those are nowhere, so it would read the one of the current folder, and anyone who controls
 * that could stop the program there: by a link to `/dev/zero`, for example. Nor would it load in a folder that has been
 * deleted. What it takes for the current folder is decided while it loads.
 *
 * And from stdout and stderr: Bun (1.4.5) makes a pipe non-blocking as soon as somebody looks at the stream, for good and
 * for every other program that writes to it, which then loses what does not fit at once.
 */
export async function createYargs(): Promise<Argv> {
  const cwd = process.cwd.bind(process);
  const real = globalThis.process;
  process.cwd = () => parse(process.execPath).root;
  if ("Bun" in globalThis) {
    // Not by putting other streams into the real one: what Bun has there is made by looking, and lost by writing.
    const other: unknown = Object.create(real, { stdout: noStream, stderr: noStream });
    Object.assign(globalThis, { process: other });
  }
  try {
    return (await import("yargs")).default();
  } finally {
    globalThis.process = real;
    process.cwd = cwd;
  }
}
