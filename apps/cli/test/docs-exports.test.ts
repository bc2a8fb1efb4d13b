import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

interface Exported {
  readonly place: string;
  readonly comment: string | undefined;
  /** The text of the declaration, to its last line. */
  readonly text: string;
}

/** The files that may be imported from elsewhere, by the manifest of each package and tool. */
const doors = ["packages", "apps", "tools"]
  .flatMap((kind) => readdirSync(join(root, kind)).map((name) => join(root, kind, name)))
  .filter((folder) => existsSync(join(folder, "package.json")))
  .flatMap((folder) =>
    [...readFileSync(join(folder, "package.json"), "utf8").matchAll(/"@tegata\/source": "(\.[^"]+)"/g)].map(
      ([, file = ""]) => join(folder, file),
    ),
  );

/** What a door exports, with the file that declares it: its own, and the names in `export { a, type B } from "./file.ts"`. */
function namesBehind(door: string): readonly (readonly [file: string, name: string])[] {
  const text = readFileSync(door, "utf8");
  const own = [...text.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm)].map(
    ([, name = ""]) => [door, name] as const,
  );
  const passedOn = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from "(\.[^"]+)";/gm)];
  return [
    ...own,
    ...passedOn.flatMap(([, names = "", file = ""]) =>
      names
        .split(",")
        .map((name) =>
          name
            .trim()
            .replace(/^type /, "")
            .replace(/ as .*/, ""),
        )
        .filter((name) => name !== "")
        .map((name) => [join(dirname(door), file), name] as const),
    ),
  ];
}

function declarationOf(file: string, name: string): Exported | undefined {
  const text = readFileSync(file, "utf8");
  const start = new RegExp(String.raw`^export (?:async )?(?:function|const|class|interface|type) ${name}\b`, "m");
  const at = start.exec(text)?.index;
  if (at === undefined) {
    // Passed on from another file, where it is looked for.
    const [, from] =
      new RegExp(String.raw`^export (?:type )?\{[^}]*\b${name}\b[^}]*\} from "(\.[^"]+)";`, "m").exec(text) ?? [];
    return from === undefined ? undefined : declarationOf(join(dirname(file), from), name);
  }
  const [, comment] = /(\/\*\*(?:(?!\*\/)[^])*\*\/)\n$/.exec(text.slice(0, at)) ?? [];
  const [body = ""] = /^[^]*?\n(?:\}|\);|\]|$)/.exec(text.slice(at)) ?? [];
  return { place: `${relative(root, file)}: ${name}`, comment, text: body };
}

const exported = [...new Map(doors.flatMap(namesBehind).map((pair) => [pair.join(" "), pair])).values()].map(
  ([file, name]) =>
    declarationOf(file, name) ?? { place: `${relative(root, file)}: ${name}`, comment: undefined, text: "" },
);

describe("what a package exports", () => {
  it("is found by this test", () => {
    expect(exported.length).toBeGreaterThan(300);
  });

  it("has a comment that says what it is", () => {
    expect(exported.filter(({ comment }) => comment === undefined).map(({ place }) => place)).toEqual([]);
  });

  it("names its errors in that comment, where it throws some itself", () => {
    const silent = exported.filter(
      ({ text, comment }) =>
        /^export (?:async )?function/.test(text) &&
        /\bthrow new TegataError\(/.test(text) &&
        !/@throws/.test(comment ?? ""),
    );
    expect(silent.map(({ place }) => place)).toEqual([]);
  });
});
