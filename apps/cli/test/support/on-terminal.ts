import type { TestContext } from "vitest";
import { need } from "./needs.ts";
import { binaryFolder } from "./programs.ts";
import { start, type Running } from "./run.ts";
import type { World } from "./world.ts";

export interface OnTerminal {
  readonly rows?: number;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a shell command on a terminal of its own, by util-linux's `script`; what it shows is the run's stdout. */
export function onTerminal(
  command: string,
  world: World,
  context: TestContext,
  { rows = 60, columns = 100, env = {} }: OnTerminal = {},
): Running {
  const script = need("script", context);
  const code = `stty rows ${rows} cols ${columns}; ${command}`;
  return start([script, "--quiet", "--return", "--echo", "never", "--command", code, "/dev/null"], {
    cwd: world.folder,
    keepStdinOpen: true,
    env: {
      ...world.env,
      TERM: "xterm-256color",
      SHELL: "/bin/sh",
      PATH: `${binaryFolder}:${world.env["PATH"]}`,
      ...env,
    },
  });
}
