import { hclTree, type HclItem, hclVariables, printHcl } from "../text/hcl.ts";
import { code, type Code, map, type Tree } from "../text/tree.ts";
import { comments } from "../text/shell.ts";
import { type IamSide, unknownsOf } from "./iam-side.ts";
import { trustPolicyOf } from "./trust-policy.ts";

/** Terraform and OpenTofu: one file, in which each of several accounts has a provider of its own. */
export function terraform(facts: IamSide): string {
  const { accounts, notes } = facts;
  const suffixes = accounts.length > 1 ? accounts : [undefined];
  const head = [
    "Nothing was applied. Save this as tegata.tf, then: terraform init, terraform plan, terraform apply (or tofu).",
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ];
  const body: readonly HclItem[] = [
    {
      block: "terraform",
      body: [
        {
          block: "required_providers",
          body: [{ attribute: "aws", value: map({ source: "hashicorp/aws", version: ">= 6.0" }) }],
        },
      ],
    },
    ...hclVariables(unknownsOf(facts)),
    ...providersOf(facts),
    ...suffixes.flatMap((account) => resourcesOf(facts, account)),
  ];
  return `${comments(head)}\n${printHcl(body)}`;
}

function providersOf({ accounts, partition }: IamSide): readonly HclItem[] {
  const [only, ...others] = accounts;
  if (only === undefined) {
    return [];
  }
  if (others.length === 0) {
    return [{ block: "provider", labels: ["aws"], body: [{ attribute: "allowed_account_ids", value: [only] }] }];
  }
  return [
    {
      block: "variable",
      labels: ["deploying_role"],
      body: [
        { attribute: "description", value: "name of the role that Terraform assumes in each account" },
        { attribute: "type", value: code("string") },
        { attribute: "default", value: "OrganizationAccountAccessRole" },
      ],
    },
    ...accounts.map((account): HclItem => ({
      block: "provider",
      labels: ["aws"],
      body: [
        { attribute: "alias", value: `account_${account}` },
        { attribute: "allowed_account_ids", value: [account] },
        {
          block: "assume_role",
          body: [
            { attribute: "role_arn", value: code(`"arn:${partition}:iam::${account}:role/\${var.deploying_role}"`) },
          ],
        },
      ],
    })),
  ];
}

/** @param account where there are several */
function resourcesOf({ provider, trust, role }: IamSide, account: string | undefined): readonly HclItem[] {
  const name = account === undefined ? "tegata" : `tegata_${account}`;
  const ofAccount: readonly HclItem[] =
    account === undefined ? [] : [{ attribute: "provider", value: code(`aws.account_${account}`) }];
  const type = "aws_iam_openid_connect_provider";
  const [providerItems, providerArn]: readonly [readonly HclItem[], Tree] =
    provider.kind === "built-in"
      ? [[], provider.issuer.replace("https://", "")]
      : provider.kind === "existing"
        ? [
            [
              {
                block: "data",
                labels: [type, name],
                body: [...ofAccount, { attribute: "url", value: provider.issuer }],
              },
            ],
            code(`data.${type}.${name}.arn`),
          ]
        : [
            [
              {
                block: "resource",
                labels: [type, name],
                body: [
                  ...ofAccount,
                  { attribute: "url", value: provider.issuer },
                  { attribute: "client_id_list", value: provider.clientIds },
                ],
              },
            ],
            code(`${type}.${name}.arn`),
          ];
  const { policyArns } = role;
  return [
    ...providerItems,
    {
      block: "resource",
      labels: ["aws_iam_role", name],
      body: [
        ...ofAccount,
        { attribute: "name", value: role.name },
        { attribute: "path", value: role.path === "/" ? undefined : role.path },
        { attribute: "max_session_duration", value: role.maxSessionSeconds },
        { attribute: "assume_role_policy", value: call("jsonencode", trustPolicyOf(trust, providerArn)) },
      ],
    },
    {
      block: "resource",
      labels: ["aws_iam_role_policy_attachment", name],
      body: [
        { attribute: "for_each", value: call("toset", policyArns) },
        ...ofAccount,
        { attribute: "role", value: code(`aws_iam_role.${name}.name`) },
        { attribute: "policy_arn", value: code("each.value") },
      ],
    },
    {
      block: "output",
      labels: [account === undefined ? "role_arn" : `role_arn_${account}`],
      body: [{ attribute: "value", value: code(`aws_iam_role.${name}.arn`) }],
    },
  ];
}

/** In the body of a block. */
function call(name: string, argument: Tree): Code {
  return code(`${name}(${hclTree(argument, "  ")})`);
}
