import { cmd } from "./cmd.ts";
import { csh } from "./csh.ts";
import { elvish } from "./elvish.ts";
import { fish } from "./fish.ts";
import { nushell } from "./nushell.ts";
import { posix } from "./posix.ts";
import { powershell } from "./powershell.ts";
import type { ShellDialect } from "./shell-dialect.ts";
import { xonsh } from "./xonsh.ts";

/** What `--shell` takes. */
export const shells = [
  "sh",
  "bash",
  "zsh",
  "ksh",
  "fish",
  "csh",
  "tcsh",
  "powershell",
  "pwsh",
  "cmd",
  "nushell",
  "nu",
  "elvish",
  "xonsh",
] as const;

export type Shell = (typeof shells)[number];

export const dialects: Readonly<Record<Shell, ShellDialect>> = {
  sh: posix,
  bash: posix,
  zsh: posix,
  ksh: posix,
  fish,
  csh,
  tcsh: csh,
  powershell,
  pwsh: powershell,
  cmd,
  nushell,
  nu: nushell,
  elvish,
  xonsh,
};
