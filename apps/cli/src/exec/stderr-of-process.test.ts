import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stderrOfProcess } from "./stderr-of-process.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tegata-stderr-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A shell that does what it is told, one line at a time, and says when it has done it. */
function shell(name: string) {
  const file = join(folder, name);
  const child = spawn(
    "/bin/sh",
    ["-c", `exec 2>>"$1"; while read -r line; do eval "$line"; echo done; done`, "sh", file],
    {
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  const tell = async (line: string) => {
    child.stdin.write(`${line}\n`);
    await once(child.stdout, "data");
  };
  return { pid: child.pid ?? 0, file, tell, end: () => child.stdin.end(), text: () => readFile(file, "utf8") };
}

describe.runIf(existsSync("/proc/self/fd"))("stderr of another process", () => {
  it("is written to while it is the same file", async () => {
    const { pid, tell, end, text } = shell("same");
    await tell(":");
    const stderr = stderrOfProcess(pid);
    stderr.write("one\n");
    stderr.look();
    stderr.write("two\n");
    expect(await text()).toBe("one\ntwo\n");
    end();
  });

  it("is left alone while another file has its number, and is written to when it is back", async () => {
    const { pid, tell, end, text } = shell("moved");
    await tell(":");
    const stderr = stderrOfProcess(pid);
    const data = join(folder, "data");
    await tell(`exec 3>&2 2>&- 2>>${data}`);
    stderr.write("to nobody\n");
    expect(await readFile(data, "utf8")).toBe("");
    await tell("exec 2>&3 3>&-");
    stderr.write("back\n");
    expect(await text()).toBe("back\n");
    end();
  });

  it("is not taken for a new file that has got the number of a deleted one", async () => {
    const { pid, tell, end, file } = shell("deleted");
    await tell(":");
    const stderr = stderrOfProcess(pid);
    const data = join(folder, "data-of-the-same-number");
    await tell(`exec 2>&-; rm ${file}; exec 2>>${data}`);
    stderr.write("to nobody\n");
    stderr.look();
    stderr.write("to nobody\n");
    expect(await readFile(data, "utf8")).toBe("");
    end();
  });

  it("is silent for a process that has ended, or closed it", async () => {
    const { pid, tell, end, text } = shell("closed");
    await tell(":");
    const stderr = stderrOfProcess(pid);
    await tell("exec 2>&-");
    stderr.write("to nobody\n");
    stderr.look();
    expect(await text()).toBe("");
    end();
    stderrOfProcess(2 ** 22 + 1).write("to nobody\n");
  });
});
