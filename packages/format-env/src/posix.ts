import { posixSet, posixUnset } from "@tegata/core";
import { statementDialect } from "./shell-dialect.ts";

/** sh, bash, dash, zsh, ksh. */
export const posix = statementDialect({ set: posixSet, unset: posixUnset, failure: "false" });
