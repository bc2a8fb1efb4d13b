/**
 * What the person who applies an output knows, and nobody else yet. In Terraform it is a variable, in CloudFormation a parameter, in a
 * script a variable of the shell.
 */
export interface Unknown {
  readonly kind: "unknown";
  /** In snake_case; each language has it in its own case. */
  readonly name: string;
  /** What it is and where it is found: one line, lower case, no full stop. */
  readonly about: string;
  /** True: several texts. */
  readonly isList?: true;
}

/** A text that is known, or the name of one that is not. */
export type Text = string | Unknown;

/** A piece of the target's own language, printed as it is: never made of what a person gave. */
export interface Code {
  readonly kind: "code";
  readonly code: string;
}

/** A value of any of the languages: what JSON has, and code. */
export type Tree = string | number | boolean | Unknown | Code | readonly Tree[] | TreeMap;

/** By key, in the order in which it is printed. */
export class TreeMap {
  readonly entries: readonly (readonly [key: string, value: Tree])[];

  constructor(entries: Iterable<readonly [key: string, value: Tree]>) {
    this.entries = [...entries];
  }
}

export function map(members: Readonly<Record<string, Tree | undefined>>): TreeMap {
  return new TreeMap(
    Object.entries(members).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

export function code(text: string): Code {
  return { kind: "code", code: text };
}

/** A way to print a tree: what differs from one language to the next. */
export interface Dialect {
  readonly text: (text: string) => string;
  readonly unknown: (unknown: Unknown) => string;
  readonly key: (key: string) => string;
  /** Stands between a key and its value, such as `: `. */
  readonly assign: string;
  /** Stands behind a member that another one follows. */
  readonly separator: string;
  /** Behind the last member of a list. */
  readonly lastOfList: string;
  /** Behind the last member of a map. */
  readonly lastOfMap: string;
  /** True: of neighbouring members on one line each, the values stand below each other. */
  readonly aligns?: true;
}

/**
 * A tree in a language with braces and brackets. A list of up to one text, number or code stands on one line.
 *
 * @param indent of the line on which it begins
 */
export function printTree(tree: Tree, dialect: Dialect, indent = ""): string {
  if (typeof tree === "string") {
    return dialect.text(tree);
  }
  if (typeof tree === "number" || typeof tree === "boolean") {
    return String(tree);
  }
  const inner = `${indent}  `;
  if (tree instanceof TreeMap) {
    const { entries } = tree;
    const members = entries.map(([key, value]) => [dialect.key(key), printTree(value, dialect, inner)] as const);
    const lines = aligned(members, dialect).map(
      (line, index) => `${inner}${line}${index < members.length - 1 ? dialect.separator : dialect.lastOfMap}\n`,
    );
    return members.length === 0 ? "{}" : `{\n${lines.join("")}${indent}}`;
  }
  if ("kind" in tree) {
    return tree.kind === "code" ? tree.code : dialect.unknown(tree);
  }
  const items = tree.map((item) => printTree(item, dialect, inner));
  if (items.length === 0 || (items.length === 1 && !(tree[0] instanceof TreeMap))) {
    return `[${items.join("")}]`;
  }
  const lines = items.map(
    (item, index) => `${inner}${item}${index < items.length - 1 ? dialect.separator || "," : dialect.lastOfList}\n`,
  );
  return `[\n${lines.join("")}${indent}]`;
}

/** `key = value`, as `terraform fmt` has it: a value of several lines ends a group, and is not aligned. */
export function aligned(
  members: readonly (readonly [key: string, value: string])[],
  { assign, aligns }: Pick<Dialect, "assign" | "aligns">,
): readonly string[] {
  const widths = members.map(() => 0);
  for (let start = 0; start < members.length;) {
    let end = start;
    while (end < members.length && !(members[end]?.[1] ?? "").includes("\n")) {
      end += 1;
    }
    const width = Math.max(0, ...members.slice(start, end).map(([key]) => key.length));
    widths.fill(width, start, end);
    start = end + 1;
  }
  return members.map(
    ([key, value], index) => `${aligns === true ? key.padEnd(widths[index] ?? 0) : key}${assign}${value}`,
  );
}
