import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { differenceOf, paintedDifference, shownDifference } from "./difference.ts";
import { paintOn } from "./terminal.ts";

const compare = (before: string, after: string) =>
  differenceOf({ name: "/home/ann/.aws/config", text: before }, { name: "with the block", text: after });
const plain = paintOn({ isTerminal: false }, { env: {}, platform: "linux" });
const coloured = paintOn({ isTerminal: true }, { env: { TERM: "xterm" }, platform: "linux" });

describe("a difference", () => {
  it("is empty between equal texts", async () => {
    expect(await compare("a\n", "a\n")).toEqual([]);
  });

  it("is unified, with three lines around", async () => {
    const lines = ["1", "2", "3", "4", "5", "6", "7", "8", ""];
    expect(await compare(lines.join("\n"), lines.with(4, "five").join("\n"))).toEqual([
      "--- /home/ann/.aws/config",
      "+++ with the block",
      "@@ -2,7 +2,7 @@",
      " 2",
      " 3",
      " 4",
      "-5",
      "+five",
      " 6",
      " 7",
      " 8",
    ]);
  });

  it.each([
    ["", "a\n"],
    ["a\n", ""],
    ["a", "a\nb"],
    ["a\nb\n", "a\nb"],
    ["x\n".repeat(50), `${"x\n".repeat(20)}y\n${"x\n".repeat(30)}`],
    [
      Array.from({ length: 6000 }, (_, index) => `before ${index}\n`).join(""),
      Array.from({ length: 6000 }, (_, index) => `after ${index}\n`).join(""),
    ],
  ])("turns the one into the other by patch(1), row %#", async (before, after) => {
    const folder = mkdtempSync(join(tmpdir(), "difference-"));
    try {
      writeFileSync(join(folder, "file"), before);
      const patch = paintedDifference(await compare(before, after), plain);
      const { status, stdout } = spawnSync("patch", ["--quiet", join(folder, "file")], { input: patch });
      expect([status, stdout.toString()]).toEqual([0, ""]);
      expect(readFileSync(join(folder, "file"), "utf8")).toBe(after);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("shows carriage returns where one side alone has them", async () => {
    expect((await compare("a\r\n", "a\r\nb\r\n")).slice(2)).toEqual(["@@ -1,1 +1,2 @@", " a", "+b"]);
    expect((await compare("a\r\n", "a\n")).slice(2)).toEqual(["@@ -1,1 +1,1 @@", "-a\\u000d", "+a"]);
  });

  it("sends nothing to a terminal that it would act on, and no line without an end", async () => {
    const [, , , hostile, long] = await compare("", `\u001b]0;title\u0007 \u202ea\n${"x".repeat(5000)}\n`);
    expect(hostile).toBe("+\\u001b]0;title\\u0007 \\u202ea");
    expect(long).toHaveLength(1000);
  });

  it("is coloured by what a line does, its two first lines as headings", async () => {
    const text = paintedDifference(await compare("--- a\nb\n", "b\nc\n"), coloured);
    expect(text.split("\n").map((line) => line.split("\u001b[")[1]?.split("m")[0] ?? "none")).toEqual([
      ..."1 1 36 31".split(" "),
      "none",
      "32",
      "none",
    ]);
  });

  it("is cut where it is long, and says by how much", async () => {
    const many = Array.from({ length: 500 }, (_, index) => `${index}\n`).join("");
    const shown = shownDifference(await compare("", many), plain).split("\n");
    expect(shown).toHaveLength(402);
    expect(shown.at(-2)).toBe("… and 103 more lines");
  });
});
