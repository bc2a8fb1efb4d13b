import { parse } from "node:path";
import type yargs from "yargs";

/**
 * yargs, kept away from the folder that the program is started in. It guesses a version from the `package.json` nearest to
 * its own files; in the compiled binary those are nowhere, so it would read the one of the current folder, and whoever
 * controls that could stop the program there: by a link to `/dev/zero`, for example. Nor would it load in a folder that
 * has been deleted. What it takes for the current folder is decided while it loads.
 */
export async function loadYargs(): Promise<typeof yargs> {
  const cwd = process.cwd.bind(process);
  process.cwd = () => parse(process.execPath).root;
  try {
    return (await import("yargs")).default;
  } finally {
    process.cwd = cwd;
  }
}
