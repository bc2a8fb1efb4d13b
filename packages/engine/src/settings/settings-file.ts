import { hint, type IdentityProvider, printable, setting, shownPath, TegataError, variable, words } from "@tegata/core";
import { parse, TomlError } from "smol-toml";
import { explainLine } from "./right-line.ts";
import { settingDefinitions } from "./setting-definitions.ts";
import { checkSettings, type FileProblem, foreignIdps, type SettingsContent } from "./settings-file-check.ts";
import { readSettingsText, type SettingsReader, type SettingsText } from "./settings-text.ts";
import { shownKey } from "./toml-key.ts";
import { type Position, type PositionOf, positionsOf } from "./toml-positions.ts";

/** A `tegata.toml` that has been checked; empty when there is none. */
export interface SettingsFile extends SettingsContent {
  /** Where it is or would be; `undefined` when nothing says where. */
  readonly path: string | undefined;
  readonly exists: boolean;
  /** False for a surface that takes its settings elsewhere, and where no message speaks of a file. */
  readonly isLookedFor: boolean;
  /** What was parsed; empty when there is no file. */
  readonly text: string;
  /** As `SettingsText` has it; `undefined` when there is no file, too. */
  readonly file: SettingsText["file"];
  /** Where a key stands, `/home/ann/.config/tegata/tegata.toml:12:1`; looked up only when asked for. */
  where(key: readonly string[]): Promise<string>;
}

/** The parser that knows lines and columns takes seconds for more; no person has written that. */
const maxLocatedCharacters = 131_072;
/** Of a file that is no settings file at all, every line is a problem. */
const maxShownProblems = 20;

/** Identity providers that are programs. */
export interface IdpPrograms {
  /** Those whose settings are known. */
  readonly described: readonly IdentityProvider[];
  /** Ids of those that nobody has asked yet what they are: any key may be right. */
  readonly undescribed: readonly string[];
}

export interface SettingsFileInput {
  readonly path: string | undefined;
  /** Who named it: a file that was named must exist. */
  readonly namedBy: "flag" | "variable" | undefined;
  readonly idps: readonly IdentityProvider[];
  readonly host: SettingsReader;
  /** Asked only about what the file names and is not in `idps`. */
  readonly idpPrograms?: (ids: readonly string[]) => Promise<IdpPrograms>;
}

/**
 * Reads and checks the settings file. A missing one is empty settings, unless somebody named it.
 *
 * @throws TegataError `settings_not_found`, `settings_unreadable`, `storage_unsafe`, `settings_syntax`, and
 *   `settings_invalid` with every problem on a line of its own
 */
export async function readSettingsFile(input: SettingsFileInput): Promise<SettingsFile> {
  const { path, namedBy, host } = input;
  const read = path === undefined ? undefined : await readSettingsText(path, host);
  if (path === undefined || read === undefined) {
    if (path !== undefined && namedBy !== undefined) {
      throw new TegataError(
        "settings_not_found",
        words`there is no settings file ${shownPath(path)} (named by ${namedBy === "flag" ? byFlag : byVariable})`,
        { hint: namedBy === "flag" ? hint`correct ${byFlag}` : hint`correct or unset ${byVariable}` },
      );
    }
    return emptySettings(path);
  }
  const { text, file } = read;
  const document = parseToml(path, text, input.idps);
  const others = foreignIdps(document, input.idps);
  const programs = others.length === 0 ? undefined : await input.idpPrograms?.(others);
  const idps = programs === undefined ? input.idps : [...input.idps, ...programs.described];
  const { content, problems } = checkSettings(document, idps, settingDefinitions(idps), programs?.undescribed);
  const positions = lazily(() =>
    text.length > maxLocatedCharacters ? Promise.resolve(() => undefined) : positionsOf(text),
  );
  if (problems.length > 0) {
    throw invalid(path, problems, await positions());
  }
  return {
    ...content,
    path,
    exists: true,
    isLookedFor: true,
    text,
    file,
    where: async (key) => positionText(path, (await positions())(key)),
  };
}

const byFlag = setting("config");
const byVariable = variable("TEGATA_CONFIG");

/** Where one could be and is not. */
export function emptySettings(path: string | undefined): SettingsFile {
  return {
    path,
    exists: false,
    isLookedFor: true,
    text: "",
    file: undefined,
    defaultProfile: undefined,
    idps: new Map(),
    profiles: new Map(),
    where: () => Promise.resolve(positionText(path ?? "the settings file", undefined)),
  };
}

function parseToml(path: string, text: string, idps: readonly IdentityProvider[]): unknown {
  try {
    return parse(text, { unsafeKeyBehaviour: "throw" });
  } catch (error) {
    if (!(error instanceof TomlError)) {
      throw error;
    }
    // The lines below the first quote the file, which may hold what is not for every eye.
    const [first = ""] = error.message.split("\n", 1);
    const reason = printable(first.replace(/^Invalid TOML document: /, ""), 200);
    throw new TegataError("settings_syntax", `${shownPath(path)}:${error.line}:${error.column}: not TOML: ${reason}`, {
      hint: `correct line ${error.line}: ${explainLine(text, error, settingDefinitions(idps))}`,
      details: { file: path, line: error.line, column: error.column },
    });
  }
}

function invalid(path: string, problems: readonly FileProblem[], positionOf: PositionOf): TegataError {
  const located = problems
    .map((problem) => ({ problem, at: positionOf(problem.path) }))
    .sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0));
  const lines = located
    .slice(0, maxShownProblems)
    .map(({ problem, at }) => `${positionText(path, at)}: ${shownKey(problem.path)} ${problem.message}`);
  const more = problems.length > lines.length ? `\n  and ${problems.length - lines.length} more` : "";
  const message =
    problems.length === 1
      ? lines.join("")
      : `the settings file has ${problems.length} problems\n  ${lines.join("\n  ")}${more}`;
  const first = located.find(({ at }) => at !== undefined)?.at;
  return new TegataError("settings_invalid", message, {
    hint: `correct ${shownPath(path)}`,
    details: { file: path, problems: problems.length, ...first },
  });
}

function positionText(path: string, at: Position | undefined): string {
  return at === undefined ? shownPath(path) : `${shownPath(path)}:${at.line}:${at.column}`;
}

function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
