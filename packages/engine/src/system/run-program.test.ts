import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failure } from "@tegata/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { runProgram } from "./run-program.ts";

const folder = mkdtempSync(join(tmpdir(), "tegata-run-program-"));
afterAll(() => rmSync(folder, { recursive: true }));

const facts = { env: { PATH: "/usr/bin:/bin", KEPT: "yes" }, signal: new AbortController().signal };
const limits = { timeoutMilliseconds: 20_000, maxBytes: 1000 };
const sh = (script: string) => ["/bin/sh", "-c", script] as const;

describe("runProgram", () => {
  it("loses what a program says, its status, its stdin or its environment", async () => {
    const result = await runProgram(sh('cat; echo "$KEPT" >&2; exit 3'), { ...limits, input: "in é" }, facts);
    expect(result).toEqual({ status: 3, stdout: "in é", stderr: "yes\n" });
  });

  it("lets no library into a program that reads secrets, and no variable of Bun into any", async () => {
    const env = { ...facts.env, LD_PRELOAD: "libc.so.6", BUN_OPTIONS: "--smol", BUN_INSPECT: "", NODE_OPTIONS: "" };
    const names = async (input?: string) => {
      const { stdout } = await runProgram(["/usr/bin/env"], { ...limits, ...(input && { input }) }, { ...facts, env });
      return stdout.split("\n").flatMap((line) => /^(LD_|BUN_|NODE_)\w+/.exec(line)?.[0] ?? []);
    };
    expect(await names("secret")).toEqual(["NODE_OPTIONS"]);
    expect(await names()).toEqual(["LD_PRELOAD", "NODE_OPTIONS"]);
  });

  it("takes a program that a signal ended for one that ended well", async () => {
    expect((await runProgram(sh("kill -9 $$"), limits, facts)).status).toBeUndefined();
  });

  it("breaks on a program that does not read its stdin", async () => {
    const result = await runProgram(["/bin/true"], { ...limits, input: "x".repeat(1_000_000) }, facts);
    expect(result.status).toBe(0);
  });

  it("waits for a program that never ends, or for what it leaves behind", async () => {
    const running = runProgram(sh("sleep 5 & sleep 5"), { ...limits, timeoutMilliseconds: 50 }, facts);
    const error = await failure(running, "program_failed");
    expect(error.message).toBe("/bin/sh did not end within 0.05 s");
  });

  it("takes more than it can hold", async () => {
    expect(await failure(runProgram(sh("yes"), limits, facts), "program_failed")).toMatchObject({
      message: "/bin/sh wrote more than 1000 bytes to stdout",
    });
    expect(await failure(runProgram(sh("yes >&2"), limits, facts), "program_failed")).toMatchObject({
      message: "/bin/sh wrote more than 1000 bytes to stderr",
    });
  });

  it("says nothing of a program that is not there", async () => {
    expect(await failure(runProgram(["tegata-no-such-program"], limits, facts), "program_failed")).toMatchObject({
      message: "tegata-no-such-program cannot be started: no such file or folder (ENOENT)",
      hint: "run tegata-no-such-program by hand to see what is wrong",
    });
  });

  it("takes a command with a NUL character for a bug of its own", async () => {
    const error = await failure(runProgram(["/bin/echo", "a\0b"], limits, facts), "program_failed");
    expect(error.message).toBe("/bin/echo cannot be started: it contains a NUL character (ERR_INVALID_ARG_VALUE)");
  });

  it("goes on after Ctrl-C", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const running = runProgram(sh("sleep 60"), limits, { ...facts, signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(runProgram(sh("exit 0"), limits, { ...facts, signal: controller.signal })).rejects.toBe(reason);
  });
});
