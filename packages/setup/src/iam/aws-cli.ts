import { comments, jsonInHereDocument, shellVariables, shellWord, variableOf } from "../text/shell.ts";
import { code, map, printTree, type TreeMap } from "../text/tree.ts";
import { hostAndPath, type IamSide, unknownsOf } from "./iam-side.ts";
import { trustPolicyOf } from "./trust-policy.ts";

/** A script for sh that calls the AWS CLI. It takes a provider that is there, and stops at a role that is. */
export function awsCli(facts: IamSide): string {
  const { provider, trust, role, accounts, notes } = facts;
  const head = [
    "Nothing was applied. Save this as setup.sh, read it, then run it with an administrator's credentials: sh setup.sh",
    ...(accounts.length > 1
      ? [
          `Run it once in each account, for example: AWS_PROFILE=NAME sh setup.sh. It goes on in these only: ${accounts.join(", ")}`,
        ]
      : []),
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ];
  const isBuiltIn = provider.kind === "built-in";
  const name = shellWord(`--role-name=${role.name}`);
  const parts = [
    comments(head),
    "set -eu\n",
    shellVariables(unknownsOf(facts)),
    accountCheck(accounts),
    `work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
`,
    isBuiltIn ? "" : providerLines(facts),
    `${file("trust.json", trustPolicyOf(trust, isBuiltIn ? hostAndPath(provider.issuer) : code('"$provider"')))}
aws iam create-role ${name}${role.path === "/" ? "" : ` --path ${shellWord(role.path)}`} --max-session-duration ${role.maxSessionSeconds} \\
  --assume-role-policy-document "file://$work/trust.json" --query Role.Arn --output text
`,
    "kind" in role.policyArns
      ? `for policy_arn in $${variableOf(role.policyArns)}; do
  aws iam attach-role-policy ${name} --policy-arn "$policy_arn"
done
`
      : role.policyArns.map((arn) => `aws iam attach-role-policy ${name} --policy-arn ${shellWord(arn)}\n`).join(""),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function accountCheck(accounts: readonly string[]): string {
  return accounts.length === 0
    ? ""
    : `account="$(aws sts get-caller-identity --query Account --output text)"
case "$account" in
  ${accounts.join(" | ")}) ;;
  *)
    echo "these are credentials of the account $account, which is not meant" >&2
    exit 1
    ;;
esac
`;
}

function providerLines({ provider }: IamSide): string {
  const { issuer, kind, clientIds } = provider;
  const [clientId] = clientIds;
  const none =
    kind === "existing"
      ? `  echo "this account has no provider for ${issuer}" >&2
  exit 1
`
      : `${file("provider.json", map({ Url: issuer, ClientIDList: clientIds }))}  provider="$(aws iam create-open-id-connect-provider --cli-input-json "file://$work/provider.json" \\
    --query OpenIDConnectProviderArn --output text)"
`;
  // An account has one provider for each issuer, and this may not be the first role for it.
  return `provider="$(aws iam list-open-id-connect-providers --output text \\
  --query "OpenIDConnectProviderList[?ends_with(Arn, ':oidc-provider/${hostAndPath(issuer)}')].Arn")"
if [ -z "$provider" ] || [ "$provider" = None ]; then
${none}else
  known=" $(aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider" --query ClientIDList --output text | tr '\\t' ' ') "
  case "$known" in
    *" "${shellWord(clientId)}" "*) ;;
    *)
${file("client.json", map({ OpenIDConnectProviderArn: code('"$provider"'), ClientID: clientId }))}      aws iam add-client-id-to-open-id-connect-provider --cli-input-json "file://$work/client.json"
      ;;
  esac
fi
`;
}

/** Some versions of the AWS CLI fetch a value that looks like a URL, and take one with a dash for a flag: in a file it is neither. */
function file(name: string, tree: TreeMap): string {
  return `cat >"$work/${name}" <<JSON
${printTree(tree, jsonInHereDocument)}
JSON
`;
}
