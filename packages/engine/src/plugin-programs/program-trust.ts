import { command, hint, next, posixWord, shownPath, shownValue, TegataError, variable, words } from "@tegata/core";
import { isPluginId } from "./plugin-name.ts";
import { digestOfProgram } from "./program-digest.ts";
import type { LocatedProgram } from "./program-location.ts";
import type { TrustRecord, TrustRecords } from "./trust-records.ts";
import { isCi } from "../system/desktop.ts";

/** Names programs that are run without asking: `acme@sha256:…`, several separated by commas. */
const trustVariable = "TEGATA_TRUST_PLUGINS";

/** What says whether a program may be run. */
export interface TrustContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly records: TrustRecords;
  /** Asks a person yes or no, after some lines of explanation; undefined: nobody may be asked. */
  readonly confirm: ((lines: readonly string[], question: string) => Promise<boolean>) | undefined;
}

export type TrustState = "trusted" | "untrusted" | "changed";

/** A program with its digest, and whether that is the one that somebody trusts. */
export interface JudgedProgram {
  readonly state: TrustState;
  readonly sha256: string;
  /** Undefined when it is trusted by the variable alone. */
  readonly record: TrustRecord | undefined;
}

/** @throws TegataError `usage_invalid` for a bad variable, `process_failed` when it cannot be read */
export async function judgeTrust(
  program: LocatedProgram,
  { env, records }: Pick<TrustContext, "env" | "records">,
): Promise<JudgedProgram> {
  const pinned = pinnedDigests(env[trustVariable] ?? "");
  const sha256 = await digestOfProgram(program);
  const record = await records.load(program.name);
  const isKnown = record?.path === program.path && record.sha256 === sha256;
  if (isKnown) {
    return { state: "trusted", sha256, record };
  }
  const isPinned = pinned.some((each) => each.id === program.id && each.sha256 === sha256);
  return { state: isPinned ? "trusted" : record === undefined ? "untrusted" : "changed", sha256, record: undefined };
}

/**
 * Sees to it that a program is one that a person trusts; asks where that is possible.
 *
 * @param remember Called when the person says yes.
 * @throws TegataError `plugin_untrusted`
 */
export async function requireTrust(
  program: LocatedProgram,
  trust: TrustContext,
  remember: (sha256: string) => Promise<TrustRecord>,
): Promise<TrustRecord | undefined> {
  if (program.refusal !== undefined) {
    throw refused(program);
  }
  const { state, sha256, record } = await judgeTrust(program, trust);
  if (state === "trusted") {
    return record;
  }
  const { name, id, kind, path } = program;
  const news = state === "changed" ? "is not the one that was trusted" : "has not been run before";
  const told = kind === "idp" ? "signs you in" : "is given AWS credentials";
  const paths = [...new Set([path, program.realPath])].map((each) => `  ${shownPath(each)}`);
  const lines = [`${name} ${news}; it ${told}`, ...paths, `  sha256:${sha256}`];
  if ((await trust.confirm?.(lines, "run it, now and from now on? [y/N] ")) === true) {
    return remember(sha256);
  }
  const problem = state === "changed" ? "has changed since it was trusted" : "has not been trusted yet";
  throw new TegataError("plugin_untrusted", `${name} ${problem}: ${shownPath(path)}`, {
    hint: isCi(trust.env)
      ? hint`set ${variable(trustVariable)}=${id}@sha256:${sha256} if that is the right file`
      : [hint`look at ${posixWord(path)}`, next`run: ${command("plugins", "trust", id)}`],
    details: { program: name, path, sha256 },
  });
}

/** The error for a program that is never run, even if somebody trusts it: `plugin_untrusted`. */
export function refused({ name, path, refusal = "" }: LocatedProgram): TegataError {
  return new TegataError("plugin_untrusted", `${name} is not run from ${shownPath(path)}: ${refusal}`, {
    hint: "move it to a folder that only you or root can write to, by an absolute entry of PATH",
    details: { program: name, path },
  });
}

function pinnedDigests(value: string): readonly { readonly id: string; readonly sha256: string }[] {
  const entries = value.split(",").map((entry) => entry.trim());
  return entries
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [, id = "", sha256 = ""] = /^([^@]+)@sha256:([0-9a-fA-F]{64})$/.exec(entry) ?? [];
      if (!isPluginId(id)) {
        throw new TegataError(
          "usage_invalid",
          words`${variable(trustVariable)} ${shownValue(entry, 120)} must be NAME@sha256:HEX`,
          {
            hint: hint`${command("plugins")} shows the digest of each program`,
          },
        );
      }
      return { id, sha256: sha256.toLowerCase() };
    });
}
