import type { Machine } from "@tegata/core";
import { describe, expect, it } from "vitest";
import { callingShell } from "./calling-shell.ts";

/** `ps` of macOS for a tree, the nearest first: names, or whole command lines. */
function psOf(tree: readonly string[]): Machine["run"] {
  const processes = tree.map((line, index) => ({ pid: 100 - index, parent: 99 - index, line }));
  return async ([, ...words]) => {
    const pid = Number(words.at(-1));
    const stdout = words.includes("-A")
      ? processes.map(({ pid: each, parent, line }) => `  ${each}   ${parent} ${line.split(" -", 1)[0]}\n`).join("")
      : `${processes.find((each) => each.pid === pid)?.line ?? ""}\n`;
    return { status: 0, stdout, stderr: "" };
  };
}

const loop: Machine["run"] = async () => ({ status: 0, stdout: "100 99 make\n99 100 env\n", stderr: "" });
const refuse: Machine["run"] = () => Promise.reject(new Error("not here"));

describe("the calling shell, as ps tells it", () => {
  it.each([
    [["-zsh", "login -fp ann", "launchd"], "zsh"],
    [["/usr/bin/time -l", "/opt/homebrew/bin/fish -l", "/bin/zsh"], "fish"],
    [["sudo -u bob", "/bin/bash"], "bash"],
    [["/Users/ann/My Tools/runner -x", "/bin/zsh"], "zsh"],
    [["tmux -L x", "/bin/bash"], undefined],
    [["sshd-session -i", "sshd -D", "/bin/bash"], undefined],
    [["node -e 1", "/sbin/launchd"], undefined],
    [[], undefined],
  ])("of %j is %j", async (tree, shell) => {
    expect(await callingShell("darwin", 100, psOf(tree))).toBe(shell);
  });

  it("is unknown in a tree that leads back to itself, and in one without an end", async () => {
    expect(await callingShell("darwin", 100, loop)).toBeUndefined();
    const long = [...Array.from({ length: 90 }, () => "env"), "bash"];
    expect(await callingShell("darwin", 100, psOf(long))).toBeUndefined();
  });

  it("is unknown where ps cannot be run, and on Windows", async () => {
    expect(await callingShell("darwin", 100, refuse)).toBeUndefined();
    expect(await callingShell("win32", 100, psOf(["bash"]))).toBeUndefined();
  });
});
