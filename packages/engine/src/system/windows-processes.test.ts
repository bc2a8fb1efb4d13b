import { describe, expect, it } from "vitest";
import { readProcessEntry, windowsProcesses } from "./windows-processes.ts";

/** As Windows fills it in. */
function entryOf(pid: number, parent: number, name: string): Uint8Array {
  const entry = new Uint8Array(568);
  const view = new DataView(entry.buffer);
  view.setUint32(0, 568, true);
  view.setUint32(8, pid, true);
  view.setUint32(32, parent, true);
  for (let index = 0; index < name.length; index += 1) {
    view.setUint16(44 + 2 * index, name.charCodeAt(index), true);
  }
  // What an earlier, longer name has left behind.
  view.setUint16(44 + 2 * (name.length + 1), 0x78, true);
  return entry;
}

describe("an entry of a process", () => {
  it("tells its number, its parent's and its program", () => {
    expect(readProcessEntry(entryOf(4711, 42, "pwsh.exe"))).toEqual({ pid: 4711, parent: 42, name: "pwsh.exe" });
  });

  it("has a name up to 260 units", () => {
    const name = "ä".repeat(260);
    expect(readProcessEntry(entryOf(0xffff_fffe, 0, name).fill(0xe4, 44, 564)).name).toHaveLength(260);
    expect(readProcessEntry(entryOf(1, 0, "büro.exe")).name).toBe("büro.exe");
  });
});

describe("the processes of Windows", () => {
  it("are none where no function of the system can be called", () => {
    expect(windowsProcesses()).toEqual([]);
  });
});
