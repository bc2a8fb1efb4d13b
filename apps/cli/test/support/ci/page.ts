import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { TrustPolicy } from "@tegata/sandbox";
import * as v from "valibot";
import { parseAllDocuments } from "yaml";

/** A page below docs/ci, with what of it does not exist here replaced by what stands in for it. */
export interface CiPage {
  /** Each block of that language, in order. */
  blocks(language: string): readonly string[];
  /** Each document of each YAML block, which must have this shape. */
  yaml<Output>(schema: v.GenericSchema<unknown, Output>): readonly Output[];
  /** The only block that is one. */
  trustPolicy(): TrustPolicy;
}

const texts = v.union([v.string(), v.array(v.string())]);
const conditions = v.record(v.string(), texts);
const trustPolicySchema = v.strictObject({
  Version: v.literal("2012-10-17"),
  Statement: v.array(
    v.strictObject({
      Effect: v.picklist(["Allow", "Deny"]),
      Principal: v.strictObject({ Federated: texts }),
      Action: texts,
      Condition: v.strictObject({
        StringEquals: v.exactOptional(conditions),
        StringLike: v.exactOptional(conditions),
      }),
    }),
  ),
});

export async function readCiPage(name: string, replacements: readonly (readonly [string, string])[]): Promise<CiPage> {
  const path = fileURLToPath(new URL(`../../../../../docs/ci/${name}.md`, import.meta.url));
  const text = replacements.reduce(
    (page, [documented, here]) => page.replaceAll(documented, here),
    await readFile(path, "utf8"),
  );
  const blocks: CiPage["blocks"] = (language) => {
    const found = [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)];
    return found.filter(([, tag]) => tag === language).map(([, , content = ""]) => content);
  };
  return {
    blocks,
    yaml: (schema) =>
      blocks("yaml")
        .flatMap((block) => parseAllDocuments(block))
        .map((document) => {
          const [problem] = document.errors;
          if (problem !== undefined) {
            throw problem;
          }
          return v.parse(schema, document.toJS());
        }),
    trustPolicy: () => {
      const [policy, ...others] = blocks("json").filter((block) => block.includes('"Statement"'));
      if (policy === undefined || others.length > 0) {
        throw new Error(`${name}.md has ${others.length + (policy === undefined ? 0 : 1)} trust policies`);
      }
      return v.parse(trustPolicySchema, JSON.parse(policy));
    },
  };
}
