import { contentOf } from "./edit-section.ts";
import { parseAwsFile } from "./parse-aws-file.ts";

const holdsSecret = /secret|password|session_token|security_token|private_key/;

/** The text with three dots for the values of keys that hold secrets: to be looked at. */
export function withoutSecrets(text: string): string {
  const { lines, sections } = parseAwsFile(text);
  const shown = [...lines];
  for (const { keys, end } of sections) {
    for (const [index, { key, line }] of keys.entries()) {
      if (holdsSecret.test(key)) {
        const next = keys[index + 1]?.line ?? end;
        for (let at = line; at < next; at += 1) {
          shown[at] = withoutValue(lines[at] ?? "", at === line);
        }
      }
    }
  }
  return shown.join("");
}

function withoutValue(line: string, hasKey: boolean): string {
  const content = contentOf(line);
  if (/^\s*(?:[#;]|$)/.test(content)) {
    return line;
  }
  const [head = ""] = (hasKey ? /^[^=:]*[=:]\s*/ : /^\s*/).exec(content) ?? [];
  return `${head}…${line.slice(content.length)}`;
}
