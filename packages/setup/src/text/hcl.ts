import { aligned, type Dialect, printTree, type Tree, type Unknown } from "./tree.ts";

/**
 * A quoted template of HCL that means this text: quotes, backslashes and what would begin a template are escaped.
 *
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings
 */
export function hclText(text: string): string {
  return withoutTemplates(JSON.stringify(text));
}

/** Doubles what would begin a template, in a quoted text or a here-document. */
export function withoutTemplates(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => `${sign}${sign}`);
}

const hcl: Dialect = {
  text: hclText,
  unknown: ({ name }) => `var.${name}`,
  key: (key) => (/^[A-Za-z_]\w*$/.test(key) ? key : hclText(key)),
  assign: " = ",
  separator: "",
  lastOfList: ",",
  lastOfMap: "",
  aligns: true,
};

/** A value, where its first line is indented so. */
export function hclTree(tree: Tree, indent: string): string {
  return printTree(tree, hcl, indent);
}

/** Something in the body of a block. */
export type HclItem =
  | { readonly attribute: string; readonly value: Tree | undefined }
  | { readonly block: string; readonly labels?: readonly string[]; readonly body: readonly HclItem[] }
  | { readonly comments: readonly string[] };

/** A file of blocks with a blank line between them, as `terraform fmt` writes it. */
export function printHcl(items: readonly HclItem[]): string {
  return printBody(items, "");
}

/** The variables of what is not known. */
export function hclVariables(unknowns: readonly Unknown[]): readonly HclItem[] {
  return unknowns.map(({ name, about, isList }) => ({
    block: "variable",
    labels: [name],
    body: [
      { attribute: "description", value: about },
      { attribute: "type", value: { kind: "code", code: isList === true ? "list(string)" : "string" } },
    ],
  }));
}

function printBody(items: readonly HclItem[], indent: string): string {
  const chunks: string[] = [];
  let attributes: (readonly [string, string])[] = [];
  const flush = () => {
    if (attributes.length > 0) {
      chunks.push(
        aligned(attributes, hcl)
          .map((line) => `${indent}${line}\n`)
          .join(""),
      );
    }
    attributes = [];
  };
  for (const item of items) {
    if ("attribute" in item) {
      if (item.value !== undefined) {
        attributes.push([item.attribute, printTree(item.value, hcl, indent)]);
      }
      continue;
    }
    flush();
    if ("comments" in item) {
      chunks.push(item.comments.map((line) => `${indent}${line === "" ? "#" : `# ${line}`}\n`).join(""));
    } else {
      const labels = (item.labels ?? []).map((label) => ` ${hclText(label)}`).join("");
      chunks.push(`${indent}${item.block}${labels} {\n${printBody(item.body, `${indent}  `)}${indent}}\n`);
    }
  }
  flush();
  return chunks
    .map((chunk, index) => {
      const isBehindComment = index > 0 && (chunks[index - 1] ?? "").trimStart().startsWith("#");
      return index === 0 || (isBehindComment && indent !== "") ? chunk : `\n${chunk}`;
    })
    .join("");
}
