import { type Tree, TreeMap, type Unknown } from "./tree.ts";
import { pascalCase } from "./typescript.ts";

/** Between double quotes nothing but the escapes of JSON is special. */
const quoted = (text: string) => JSON.stringify(text);

/** Types of CloudFormation, which no reader of YAML takes for anything but a text. */
const plain = /^AWS(?:::\w+){2}$/;

/**
 * A template of CloudFormation: block style, every text but the types of CloudFormation in double quotes.
 *
 * @param indent of the lines, where the tree stands inside another one
 */
export function printYaml(tree: Tree, indent = ""): string {
  if (tree instanceof TreeMap) {
    return tree.entries.map(([key, value]) => `${indent}${keyOf(key)}:${behindKey(value, indent)}`).join("");
  }
  if (isSequence(tree)) {
    return tree.map((item) => `${indent}-${behindDash(item, indent)}`).join("");
  }
  return `${indent}${scalar(tree)}\n`;
}

/** What is not known, as parameters. */
export function parametersOf(unknowns: readonly Unknown[]): TreeMap {
  return new TreeMap(
    unknowns.map(({ name, about, isList }) => [
      pascalCase(name),
      new TreeMap([
        ["Type", isList === true ? "CommaDelimitedList" : "String"],
        ["Description", about],
        // A parameter may be empty unless it says otherwise.
        ...(isList === true ? [] : ([["MinLength", 1]] as const)),
      ]),
    ]),
  );
}

function behindKey(value: Tree, indent: string): string {
  if (value instanceof TreeMap) {
    return value.entries.length === 0 ? " {}\n" : `\n${printYaml(value, `${indent}  `)}`;
  }
  if (isSequence(value)) {
    return value.length === 0 ? " []\n" : `\n${printYaml(value, `${indent}  `)}`;
  }
  return ` ${scalar(value, indent)}\n`;
}

function behindDash(item: Tree, indent: string): string {
  return item instanceof TreeMap || isSequence(item)
    ? ` ${printYaml(item, `${indent}  `).slice(indent.length + 2)}`
    : ` ${scalar(item, indent)}\n`;
}

function scalar(tree: Exclude<Tree, TreeMap | readonly Tree[]>, indent = ""): string {
  if (typeof tree === "string") {
    return plain.test(tree) ? tree : quoted(tree);
  }
  if (typeof tree === "number" || typeof tree === "boolean") {
    return String(tree);
  }
  // Code of several lines is a block of its own.
  return tree.kind === "code" ? tree.code.replaceAll("\n", `\n${indent}  `) : `!Ref ${pascalCase(tree.name)}`;
}

function keyOf(key: string): string {
  return /^[A-Z][A-Za-z0-9]{2,}$/.test(key) ? key : quoted(key);
}

function isSequence(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}
