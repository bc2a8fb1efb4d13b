import { firstUnseen, replaceUnseen, shownValue } from "@tegata/core";
import { parse, type TomlError } from "smol-toml";
import { meantKey, meantSection } from "./meant-key.ts";
import type { SettingDefinition } from "./setting-definitions.ts";
import { tomlKey } from "./toml-key.ts";
import { booleanOf, isSecretSetting } from "./setting-value.ts";

/**
 * What to write where a settings file is not TOML: the line in its right spelling, where it is a habit of another format
 * (`[profile dev]` of `~/.aws/config`, `region: x` of YAML, `"region": "x",` of JSON, text without quotes) or a slip. What is
 * named has been parsed: it is TOML. Values are shown of settings that are known and not secret only.
 *
 * @returns Worded to follow `correct line 5: `
 */
export function explainLine(
  text: string,
  { line, message }: Pick<TomlError, "line" | "message">,
  definitions: ReadonlyMap<string, SettingDefinition>,
): string {
  const typed = (text.split("\n")[line - 1] ?? "").replace(/\r$/, "").trim().slice(0, maxLineCharacters);
  const unseen = firstUnseen(typed.replaceAll("\t", " "));
  if (unseen !== undefined && ["", " "].some((instead) => isToml(replaceUnseen(typed, instead)))) {
    return `it holds ${unseen}, which cannot be seen: take it out`;
  }
  const foreign = otherFormats.find(([beginning]) => beginning.test(text.trimStart()));
  if (foreign !== undefined && line === 1) {
    return `this is ${foreign[1]}, and a settings file is TOML: [profile.dev] on a line, role_arn = "arn:…" on the next`;
  }
  if (/^(\/\/|;|--|%|REM\b)/.test(typed)) {
    return "a comment begins with #";
  }
  const right = [rightHeader(typed), rightPair(typed, definitions)].find((each) => each !== undefined && isToml(each));
  if (right !== undefined && right !== typed) {
    return `write ${right}`;
  }
  return /redefine/.test(message)
    ? `${typed.startsWith("[") ? "this section" : "this key"} is there already: leave one`
    : 'text needs quotes: region = "eu-central-1"';
}

/** A line that is longer than any setting is not worth the work. */
const maxLineCharacters = 2000;

const otherFormats: readonly (readonly [RegExp, string])[] = [
  [/^\{/, "JSON"],
  [/^(---|%YAML)/, "YAML"],
  [/^</, "HTML or XML"],
];

function isToml(line: string): boolean {
  try {
    parse(line, { unsafeKeyBehaviour: "throw" });
    return true;
  } catch {
    return false;
  }
}

/** `[profile dev]`, `[profile "dev"]`, `[profile:dev]`, `[sso-session x]`, `[profile.my dev]`, `[profile.dev`. */
function rightHeader(line: string): string | undefined {
  const [, inner = ""] = /^\[+\s*([^\]#]*?)\s*\]*\s*(?:#.*)?$/.exec(line) ?? [];
  const [, word = "", name = ""] = /^["']?([A-Za-z][\w-]*)["']?\s*[\s.:/]\s*(.+)$/.exec(inner) ?? [];
  if (inner === "" || (word !== "" && meantSection(word) === undefined && /[.:/]/.test(inner))) {
    return undefined;
  }
  const kind = meantSection(word);
  return kind === undefined
    ? `[profile.${tomlKey(withoutQuotes(inner))}]`
    : `[${kind}.${tomlKey(withoutQuotes(name))}]`;
}

function rightPair(line: string, definitions: ReadonlyMap<string, SettingDefinition>): string | undefined {
  const [, typed = "", separator = "", value = ""] =
    /^(?:export |set )?["'“”]?([A-Za-z][\w.-]*)["'“”]?(\s*(?:={1,2}>?|:=?)\s*|\s+|$)(.*)$/.exec(line) ?? [];
  const path = typed.split(".");
  const last = path.pop() ?? "";
  const keys = [...definitions.values()].filter(({ sections }) => sections.length > 0).map(({ name }) => name);
  const key = meantKey(last, [...keys, "type", "default_profile"]);
  if (key === undefined) {
    const kind = value === "" && /:/.test(separator) ? meantSection(last) : undefined;
    const isPair = /[=:]/.test(separator);
    return kind !== undefined ? `[${kind}.NAME]` : isPair ? `${typed} = "…"` : undefined;
  }
  const right = rightValue(value, definitions.get(key)?.kind === "boolean", key === "duration", isSecretSetting(key));
  return right === undefined ? undefined : `${[...path, key].join(".")} = ${right}`;
}

function rightValue(typed: string, isBoolean: boolean, mayBeNumber: boolean, isSecret: boolean): string | undefined {
  if (/^([[{]|"""|''')/.test(typed)) {
    return undefined;
  }
  const text = withoutQuotes((/^["'“‘`]/.test(typed) ? typed : typed.replace(/\s+#.*$/, "")).replace(/\s*[,;]$/, ""));
  const meant = isBoolean ? booleanOf(text) : undefined;
  if (meant !== undefined || isBoolean) {
    return String(meant ?? true);
  }
  if (text === "" || isSecret) {
    return '"…"';
  }
  return mayBeNumber && /^\d+$/.test(text)
    ? text
    : text.includes("\\") && !text.includes("'")
      ? `'${text}'`
      : shownValue(text);
}

/** Without the quotes around it, of any kind, and also where one of them is missing. */
function withoutQuotes(text: string): string {
  return text
    .trim()
    .replace(/^["'“”‘’`]/, "")
    .replace(/["'“”‘’`]$/, "");
}
