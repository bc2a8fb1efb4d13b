import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, type TestContext } from "vitest";
import { hookScript, hookShells } from "./hook-scripts.ts";

function need(program: string, context: TestContext): void {
  if (!existsSync(program)) {
    context.skip(`${program} is not there`);
  }
}

test.for<[string, string]>([
  ["/bin/dash", "sh"],
  ["/bin/bash", "bash"],
])("a program of one's own, with a dash in its name, has a hook in %s", ([shell, name], context) => {
  need(shell, context);
  const folder = mkdtempSync(join(tmpdir(), "tegata-hook-"));
  try {
    const program = join(folder, "corp-tool");
    writeFileSync(program, '#!/bin/sh\n[ "$1" = use ] && echo "export SET_BY=\'$*\';" || echo "ran $*"\n');
    chmodSync(program, 0o755);
    const code = `${hookScript(name, "corp-tool")}\ncorp-tool use dev\necho "$SET_BY"\ncorp-tool a -- b`;
    const stdout = execFileSync(shell, ["-c", code], { env: { PATH: `${folder}:/usr/bin:/bin` }, encoding: "utf8" });
    expect(stdout).toBe(`use --shell ${name} dev\nran a -- b\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every shell with a hook has a script, and no other name has one", () => {
  expect(hookShells.map((shell) => typeof hookScript(shell, "tegata"))).toEqual(hookShells.map(() => "string"));
  expect(hookScript("constructor", "tegata")).toBeUndefined();
});
