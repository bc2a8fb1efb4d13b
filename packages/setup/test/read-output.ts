import { spawnSync } from "node:child_process";
import { parse } from "@cdktf/hcl2json";
import * as v from "valibot";
import { parse as parseYamlText } from "yaml";

const tree = v.record(v.string(), v.unknown());

/** What a file of Terraform says; a text that is an expression is in `${…}`. */
export async function readHcl(text: string): Promise<Readonly<Record<string, unknown>>> {
  return v.parse(tree, await parse("output.tf", text));
}

/** hcl2json leaves escapes of templates in a text. */
export function hclTextsOf(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replaceAll("$${", "${").replaceAll("%%{", "%{");
  }
  if (Array.isArray(value)) {
    return value.map(hclTextsOf);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [String(hclTextsOf(key)), hclTextsOf(each)]))
    : value;
}

/** The trust policies of a file of Terraform, with PROVIDER in place of the provider's ARN. */
export async function policiesOfHcl(text: string): Promise<readonly unknown[]> {
  const found = [...text.matchAll(/jsonencode\((\{\n[^]*?\n {2}\})\)\n/g)];
  return Promise.all(
    found.map(async ([, object = ""]) => {
      const plain = object.replace(
        /(?<=Federated = )(?:data\.)?aws_iam_openid_connect_provider\.\w+\.arn/g,
        '"PROVIDER"',
      );
      const { policy } = await readHcl(`policy = ${plain}\n`);
      return hclTextsOf(policy);
    }),
  );
}

/** A template of CloudFormation; a function is a map with its name. */
export function readYaml(text: string): Readonly<Record<string, unknown>> {
  const customTags = ["Ref", "Sub", "GetAtt"].map((name) => ({
    tag: `!${name}`,
    resolve: (value: string) => ({ [name]: value }),
  }));
  const join = { tag: "!Join", collection: "seq" as const, resolve: () => ({ Join: true }) };
  return v.parse(tree, parseYamlText(text, { customTags: [...customTags, join] }));
}

const template = v.looseObject({
  Resources: v.looseObject({
    Role: v.looseObject({ Properties: v.looseObject({ AssumeRolePolicyDocument: v.unknown() }) }),
  }),
});

export function policyOfYaml(text: string): unknown {
  const { Resources } = v.parse(template, readYaml(text));
  return withProvider(Resources.Role.Properties.AssumeRolePolicyDocument);
}

/** The here-document of the trust policy, as a real shell expands it. */
export function policyOfScript(text: string): unknown {
  const [, body = ""] = /^cat >"\$work\/trust\.json" (<<JSON\n[^]*?\nJSON\n)/m.exec(text) ?? [];
  const { stdout } = spawnSync("sh", ["-c", `provider=PROVIDER\nCLIENT_ID=CLIENT\ncat ${body}`], { encoding: "utf8" });
  return JSON.parse(stdout);
}

/** The same policy with PROVIDER in place of a reference to the provider, or of its ARN. */
export function withProvider(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key: string, each: unknown) =>
      key === "Federated" && (typeof each === "object" || (typeof each === "string" && each.startsWith("arn:")))
        ? "PROVIDER"
        : each,
    ),
  );
}
