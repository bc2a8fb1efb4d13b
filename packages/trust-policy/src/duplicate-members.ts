/**
 * Names that stand twice in one object of a JSON text: `JSON.parse` takes the last of them in silence, and people write a second
 * `StringEquals` below the first.
 *
 * @param json valid JSON
 */
export function duplicateMembers(json: string): readonly string[] {
  const found = new Set<string>();
  /** For each open bracket: the names so far, or `undefined` for a list. */
  const open: (Set<string> | undefined)[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  for (let token = tokens.exec(json); token !== null; token = tokens.exec(json)) {
    const [text] = token;
    if (text === "{" || text === "[") {
      open.push(text === "{" ? new Set() : undefined);
    } else if (text === "}" || text === "]") {
      open.pop();
    } else if (isName(json, tokens.lastIndex)) {
      const name = String(JSON.parse(text));
      const names = open.at(-1);
      if (names?.has(name) === true) {
        found.add(name);
      }
      names?.add(name);
    }
  }
  return [...found];
}

/** True where a colon follows: values are followed by anything else. */
function isName(json: string, end: number): boolean {
  let index = end;
  while (/\s/.test(json[index] ?? "")) {
    index += 1;
  }
  return json[index] === ":";
}
