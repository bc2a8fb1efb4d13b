import { type IdentityProvider, printable, shownPath, TegataError } from "@tegata/core";
import { parse, TomlError } from "smol-toml";
import { explainLine } from "./right-line.ts";
import { settingDefinitions } from "./setting-definitions.ts";
import {
  checkSettings,
  type FileProblem,
  foreignIdps,
  type LayerPlace,
  type SettingsContent,
} from "./settings-file-check.ts";
import { type LayerName, layerWords } from "./layer.ts";
import type { SettingsText } from "./settings-text.ts";
import { shownKey } from "./toml-key.ts";
import { type Position, type PositionOf, positionsOf } from "./toml-positions.ts";

/** One settings file that is there, and has been checked. */
export interface SettingsLayer {
  readonly name: LayerName;
  readonly path: string;
  readonly text: string;
  /** As `SettingsText` has it. */
  readonly file: SettingsText["file"];
  /** The identity providers that it could name, those that are programs among them. */
  readonly idps: readonly IdentityProvider[];
  readonly content: SettingsContent;
  /** True for a key, or a section, that stands in it. */
  has(key: readonly string[]): boolean;
  /** Where a key stands, `/home/ann/.config/tegata/tegata.toml:12:1`; looked up only when asked for. */
  where(key: readonly string[]): Promise<string>;
}

/** Identity providers that are programs. */
export interface IdpPrograms {
  /** Those whose settings are known. */
  readonly described: readonly IdentityProvider[];
  /** Ids of those that nobody has asked yet what they are: any key may be right. */
  readonly undescribed: readonly string[];
}

/** The parser that knows lines and columns takes seconds for more; no person has written that. */
const maxLocatedCharacters = 131_072;
/** Of a file that is no settings file at all, every line is a problem. */
const maxShownProblems = 20;

/**
 * Checks what is in one settings file.
 *
 * @param document as `parseLayer` made it of the text
 * @param idpPrograms asked only about what the file names and is not in `idps`
 * @throws TegataError `settings_invalid` with every problem on a line of its own
 */
export async function checkLayer(
  path: string,
  { text, file }: Pick<SettingsText, "text" | "file">,
  document: unknown,
  place: LayerPlace,
  given: readonly IdentityProvider[],
  idpPrograms: ((ids: readonly string[]) => Promise<IdpPrograms>) | undefined,
): Promise<SettingsLayer> {
  const others = foreignIdps(document, given, place.below);
  const programs = others.length === 0 ? undefined : await idpPrograms?.(others);
  const idps = programs === undefined ? given : [...given, ...programs.described];
  const { content, problems } = checkSettings(document, idps, settingDefinitions(idps), programs?.undescribed, place);
  const positions = lazily(() =>
    text.length > maxLocatedCharacters ? Promise.resolve(() => undefined) : positionsOf(text),
  );
  if (problems.length > 0) {
    throw invalid(place.layer, path, problems, await positions());
  }
  return {
    name: place.layer,
    path,
    text,
    file,
    idps,
    content,
    has: (key) => holds(document, key),
    where: async (key) => positionText(path, (await positions())(key)),
  };
}

function holds(document: unknown, key: readonly string[]): boolean {
  let value: unknown = document;
  for (const part of key) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) {
      return false;
    }
    value = Reflect.get(value, part);
  }
  return true;
}

/**
 * What a settings file says, before anyone has judged it.
 *
 * @throws TegataError `settings_syntax`
 */
export function parseLayer(path: string, text: string, idps: readonly IdentityProvider[]): unknown {
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

function invalid(
  layer: LayerName,
  path: string,
  problems: readonly FileProblem[],
  positionOf: PositionOf,
): TegataError {
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
      : `${layerWords(layer)} has ${problems.length} problems\n  ${lines.join("\n  ")}${more}`;
  const first = located.find(({ at }) => at !== undefined)?.at;
  return new TegataError("settings_invalid", message, {
    hint: `correct ${shownPath(path)}`,
    details: { file: path, problems: problems.length, ...first },
  });
}

/** A place in a file, for a message. */
export function positionText(path: string, at: Position | undefined): string {
  return at === undefined ? shownPath(path) : `${shownPath(path)}:${at.line}:${at.column}`;
}

function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
