import { comments } from "../text/shell.ts";
import { code, map, type Tree, type TreeMap } from "../text/tree.ts";
import { pascalCase } from "../text/typescript.ts";
import { parametersOf, printYaml } from "../text/yaml.ts";
import { hostAndPath, type IamSide, unknownsOf } from "./iam-side.ts";
import { trustPolicyOf } from "./trust-policy.ts";

/** A template of CloudFormation; for several accounts, one with a stack set that has it in each of them. */
export function cloudFormation(facts: IamSide): string {
  const { accounts, notes } = facts;
  const isSet = accounts.length > 1;
  const [account] = accounts;
  const parameters = unknownsOf(facts).map(({ name }) => ` ${pascalCase(name)}=…`);
  const overrides = parameters.length === 0 ? "" : ` --parameter-overrides${parameters.join("")}`;
  const head = [
    `Nothing was applied. Save this as tegata.yaml, then: aws cloudformation deploy --template-file tegata.yaml --stack-name tegata --capabilities CAPABILITY_NAMED_IAM${overrides}`,
    ...(isSet
      ? [
          "Deploy it where the role AWSCloudFormationStackSetAdministrationRole is; each account needs AWSCloudFormationStackSetExecutionRole.",
        ]
      : account === undefined
        ? []
        : [`Deploy it with credentials of the account ${account}; a rule stops it anywhere else.`]),
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ];
  return `${comments(head)}${printYaml(isSet ? stackSetOf(facts) : templateOf(facts))}`;
}

function templateOf(facts: IamSide): TreeMap {
  const { provider, trust, role, accounts } = facts;
  const unknowns = unknownsOf(facts);
  const arn: Tree =
    provider.kind === "built-in"
      ? hostAndPath(provider.issuer)
      : provider.kind === "new"
        ? code("!Ref Provider")
        : code(
            `!Sub ${JSON.stringify(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:oidc-provider/${hostAndPath(provider.issuer)}`)}`,
          );
  return map({
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `Lets tokens of ${provider.issuer} take the role ${role.name}`,
    Parameters: unknowns.length === 0 ? undefined : parametersOf(unknowns),
    Rules:
      accounts.length !== 1
        ? undefined
        : map({
            Account: map({
              Assertions: [
                map({
                  Assert: map({ "Fn::Equals": [code("!Ref AWS::AccountId"), accounts[0] ?? ""] }),
                  AssertDescription: `These are credentials of another account than ${accounts[0] ?? ""}.`,
                }),
              ],
            }),
          }),
    Resources: map({
      Provider:
        provider.kind === "new"
          ? map({
              Type: "AWS::IAM::OIDCProvider",
              Properties: map({ Url: provider.issuer, ClientIdList: provider.clientIds }),
            })
          : undefined,
      Role: map({
        Type: "AWS::IAM::Role",
        Properties: map({
          RoleName: role.name,
          Path: role.path,
          MaxSessionDuration: role.maxSessionSeconds,
          AssumeRolePolicyDocument: trustPolicyOf(trust, arn),
          ManagedPolicyArns: role.policyArns,
        }),
      }),
    }),
    Outputs: map({ RoleArn: map({ Value: code("!GetAtt Role.Arn") }) }),
  });
}

/** IAM is the same in every region: one is enough. */
const region = new Map([
  ["aws-cn", "cn-northwest-1"],
  ["aws-us-gov", "us-gov-west-1"],
  ["aws-eusc", "eusc-de-east-1"],
]);

function stackSetOf(facts: IamSide): TreeMap {
  const unknowns = unknownsOf(facts);
  const template = printYaml(templateOf(facts));
  return map({
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `Lets tokens of ${facts.provider.issuer} take the role ${facts.role.name} in ${facts.accounts.length} accounts`,
    Parameters: unknowns.length === 0 ? undefined : parametersOf(unknowns),
    Resources: map({
      Accounts: map({
        Type: "AWS::CloudFormation::StackSet",
        Properties: map({
          StackSetName: "tegata",
          PermissionModel: "SELF_MANAGED",
          Capabilities: ["CAPABILITY_NAMED_IAM"],
          Parameters:
            unknowns.length === 0
              ? undefined
              : unknowns.map((unknown) =>
                  map({
                    ParameterKey: pascalCase(unknown.name),
                    ParameterValue:
                      unknown.isList === true ? code(`!Join [",", !Ref ${pascalCase(unknown.name)}]`) : unknown,
                  }),
                ),
          StackInstancesGroup: [
            map({
              DeploymentTargets: map({ Accounts: [...facts.accounts] }),
              Regions: [region.get(facts.partition) ?? "us-east-1"],
            }),
          ],
          TemplateBody: code(`|\n${template.replace(/\n$/, "")}`),
        }),
      }),
    }),
  });
}
