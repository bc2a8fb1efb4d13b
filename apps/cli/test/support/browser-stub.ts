import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

/** One start of the program that `BROWSER` names. */
export interface BrowserStart {
  /** The path that it was started by. */
  readonly program: string;
  readonly args: readonly string[];
  /** Every process's argument list at that moment, as any user of the machine can read them. */
  readonly processes: string;
}

/** A program for `BROWSER` that opens nothing and tells the test how it was started. Needs bash, for its `/dev/tcp`. */
export interface BrowserStub {
  readonly command: string;
  nextStart(): Promise<BrowserStart>;
  close(): Promise<void>;
}

export async function createBrowserStub(folder: string): Promise<BrowserStub> {
  const starts: BrowserStart[] = [];
  const waiting: ((start: BrowserStart) => void)[] = [];
  const server = createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("end", () => {
      const [args = "", processes = ""] = text.split("\u0001");
      const [program = "", ...given] = args.split("\0").slice(0, -1);
      const start = { program, args: given, processes };
      const next = waiting.shift();
      if (next === undefined) {
        starts.push(start);
      } else {
        next(start);
      }
      socket.end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const command = join(folder, "browser-stub");
  const code = `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port}
printf '%s\\0' "$0" "$@" >&3
printf '\\001' >&3
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >&3
`;
  await writeFile(command, code, { mode: 0o755 });
  return {
    command,
    nextStart: () => {
      const start = starts.shift();
      return start === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(start);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
