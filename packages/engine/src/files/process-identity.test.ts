import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { hasEnded, isGone, processTable, thisProcessIdentity } from "./process-identity.ts";

const self = thisProcessIdentity();

describe.runIf(process.platform === "linux")("a process on Linux", () => {
  it("is identified by the start of the system, its namespaces, its id and its start time", () => {
    expect(self).toMatchObject({ pid: process.pid, startedAt: expect.stringMatching(/^\d+$/) as unknown });
    expect(self.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(self.namespaces).toMatch(/^pid:\[\d+\]/);
  });

  it("is not gone while it runs, and gone after its end", async () => {
    const child = spawn("sleep", ["60"]);
    const pid = child.pid ?? 0;
    const holder = { ...self, pid, startedAt: processTable.startOf(pid) };
    expect([isGone(self), isGone(holder)]).toEqual([false, false]);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isGone(holder)).toBe(true);
  });

  it("is gone when its id is another process's by now", () => {
    expect(isGone({ ...self, startedAt: "1" })).toBe(true);
  });
});

it("a process whose start time is unknown is judged by its id", () => {
  const table = { isRunning: () => true, startOf: () => undefined };
  const here = { hostname: "h", bootId: "b", namespaces: "n", pid: 1, startedAt: "7" };
  expect(hasEnded(here, here, table)).toBe(false);
  expect(hasEnded(here, here, { ...table, isRunning: () => false })).toBe(true);
});
