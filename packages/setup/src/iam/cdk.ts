import { code, map, printTree, type Tree } from "../text/tree.ts";
import { camelCase, pascalCase, typescript } from "../text/typescript.ts";
import { hostAndPath, type IamSide, unknownsOf } from "./iam-side.ts";
import { trustPolicyOf } from "./trust-policy.ts";

/** An app of the CDK, version 2, in TypeScript: constructs of level 1, which are the template that CloudFormation gets. */
export function cdk(facts: IamSide): string {
  const { provider, trust, role, accounts, notes } = facts;
  const unknowns = unknownsOf(facts);
  const parameters = unknowns.map(({ name }) => ` --parameters ${pascalCase(name)}=…`).join("");
  const head = [
    `Nothing was applied. Save this as bin/tegata.ts of a CDK app (cdk init app --language typescript), then: cdk diff, cdk deploy --all${parameters}`,
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ];
  const arn: Tree =
    provider.kind === "built-in"
      ? hostAndPath(provider.issuer)
      : provider.kind === "new"
        ? code("provider.ref")
        : code(`\`arn:\${this.partition}:iam::\${this.account}:oidc-provider/${hostAndPath(provider.issuer)}\``);
  const lines = [
    ...head.map((line) => (line === "" ? "//" : `// ${line}`)),
    'import * as cdk from "aws-cdk-lib";',
    'import * as iam from "aws-cdk-lib/aws-iam";',
    "",
    "class TegataStack extends cdk.Stack {",
    "  constructor(scope: cdk.App, id: string, props: cdk.StackProps) {",
    "    super(scope, id, props);",
    ...unknowns.map(
      ({ name, about, isList }) =>
        `    const ${camelCase(name)} = new cdk.CfnParameter(this, "${pascalCase(name)}", ${inConstructor(
          map({ type: isList === true ? "CommaDelimitedList" : "String", description: about }),
        )});`,
    ),
    ...(provider.kind === "new"
      ? [
          `    const provider = new iam.CfnOIDCProvider(this, "Provider", ${inConstructor(
            map({ url: provider.issuer, clientIdList: provider.clientIds }),
          )});`,
        ]
      : []),
    `    const role = new iam.CfnRole(this, "Role", ${inConstructor(
      map({
        roleName: role.name,
        path: role.path,
        maxSessionDuration: role.maxSessionSeconds,
        assumeRolePolicyDocument: trustPolicyOf(trust, arn),
        managedPolicyArns: role.policyArns,
      }),
    )});`,
    '    new cdk.CfnOutput(this, "RoleArn", { value: role.attrArn });',
    "  }",
    "}",
    "",
    "const app = new cdk.App();",
    ...(accounts.length === 0
      ? ['new TegataStack(app, "tegata", {});']
      : accounts.map((account) => {
          const id = accounts.length === 1 ? "tegata" : `tegata-${account}`;
          return `new TegataStack(app, "${id}", { env: { account: "${account}", region: process.env.CDK_DEFAULT_REGION } });`;
        })),
    "",
  ];
  return lines.join("\n");
}

/** An argument of a call in the constructor of the stack. */
function inConstructor(tree: Tree): string {
  return printTree(tree, typescript, "    ");
}
