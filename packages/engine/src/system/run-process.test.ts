import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failure } from "@tegata/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { runProcess } from "./run-process.ts";

const folder = mkdtempSync(join(tmpdir(), "tegata-run-program-"));
afterAll(() => rmSync(folder, { recursive: true }));

const context = { env: { PATH: "/usr/bin:/bin", KEPT: "yes" }, signal: new AbortController().signal };
const limits = { timeoutMilliseconds: 20_000, maxBytes: 1000 };
const sh = (script: string) => ["/bin/sh", "-c", script] as const;

describe("runProcess", () => {
  it("gives what a program says and its status, and hands on stdin and environment", async () => {
    const result = await runProcess(sh('cat; echo "$KEPT" >&2; exit 3'), { ...limits, input: "in é" }, context);
    expect(result).toEqual({ status: 3, stdout: "in é", stderr: "yes\n" });
  });

  it("preloads no library into a program that gets input, and gives no variable of Bun to any", async () => {
    const env = { ...context.env, LD_PRELOAD: "libc.so.6", BUN_OPTIONS: "--smol", BUN_INSPECT: "", NODE_OPTIONS: "" };
    const names = async (input?: string) => {
      const { stdout } = await runProcess(
        ["/usr/bin/env"],
        { ...limits, ...(input && { input }) },
        { ...context, env },
      );
      return stdout.split("\n").flatMap((line) => /^(LD_|BUN_|NODE_)\w+/.exec(line)?.[0] ?? []);
    };
    expect(await names("secret")).toEqual(["NODE_OPTIONS"]);
    expect(await names()).toEqual(["LD_PRELOAD", "NODE_OPTIONS"]);
  });

  it("gives no status for a program that a signal ended", async () => {
    expect((await runProcess(sh("kill -9 $$"), limits, context)).status).toBeUndefined();
  });

  it("succeeds with a program that does not read its stdin", async () => {
    const result = await runProcess(["/bin/true"], { ...limits, input: "x".repeat(1_000_000) }, context);
    expect(result.status).toBe(0);
  });

  it("ends a program that does not end in time, and does not wait for what it leaves behind", async () => {
    const running = runProcess(sh("sleep 5 & sleep 5"), { ...limits, timeoutMilliseconds: 50 }, context);
    const error = await failure(running, "process_failed");
    expect(error.message).toBe("/bin/sh did not end within 0.05 s");
  });

  it("ends a program that writes more than the limit", async () => {
    expect(await failure(runProcess(sh("yes"), limits, context), "process_failed")).toMatchObject({
      message: "/bin/sh wrote more than 1000 bytes to stdout",
    });
    expect(await failure(runProcess(sh("yes >&2"), limits, context), "process_failed")).toMatchObject({
      message: "/bin/sh wrote more than 1000 bytes to stderr",
    });
  });

  it("says why a program cannot be started, and what to run by hand", async () => {
    expect(await failure(runProcess(["tegata-no-such-program"], limits, context), "process_failed")).toMatchObject({
      message: "tegata-no-such-program cannot be started: no such file or folder (ENOENT)",
      hint: "run tegata-no-such-program by hand to see what is wrong",
    });
  });

  it("says that a command contains a NUL character", async () => {
    const error = await failure(runProcess(["/bin/echo", "a\0b"], limits, context), "process_failed");
    expect(error.message).toBe("/bin/echo cannot be started: it contains a NUL character (ERR_INVALID_ARG_VALUE)");
  });

  it("ends with the signal's reason after Ctrl-C, and starts nothing after it", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const running = runProcess(sh("sleep 60"), limits, { ...context, signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(runProcess(sh("exit 0"), limits, { ...context, signal: controller.signal })).rejects.toBe(reason);
  });
});
