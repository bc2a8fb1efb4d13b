import { expect, test } from "vitest";
import { fileEntries, workflowCommand } from "./workflow-commands.ts";

test("a value in a command is escaped", () => {
  expect(workflowCommand("add-mask", "100%\r\n::stop-commands::x")).toBe(
    "::add-mask::100%25%0D%0A::stop-commands::x\n",
  );
  expect(workflowCommand("error", "a: b, c", { title: "50%, a:b\n", file: "x" })).toBe(
    "::error title=50%25%2C a%3Ab%0A,file=x::a: b, c\n",
  );
});

test("a value in a file stands between delimiters that are used once", () => {
  const text = fileEntries({ A: "1\nA<<x\n", B: "" });
  const [, first = "", second = ""] = /^\nA<<(.+)\n1\nA<<x\n\n\1\nB<<(.+)\n\n\2\n$/.exec(text) ?? [];
  expect(first).toMatch(/^tegata_[0-9a-f-]{36}$/);
  expect(second).not.toBe(first);
});
