import { flag, hint, TegataError, words } from "@tegata/core";
import { type HclItem, hclVariables, printHcl } from "../text/hcl.ts";
import { json } from "../text/json.ts";
import { comments, shellVariables, shellWord } from "../text/shell.ts";
import { code, map, printTree, type Unknown } from "../text/tree.ts";
import type { ProviderClient } from "./provider-client.ts";

const principalIds: Unknown = {
  kind: "unknown",
  name: "principal_ids",
  about: "object ids of the groups and people who may sign in (a group needs Entra ID P1)",
  isList: true,
};

/** The role that an assignment has where the application defines none. */
const defaultAppRole = "00000000-0000-0000-0000-000000000000";

const about =
  "Only the people and groups in principal_ids can sign in, because the application asks for an assignment.";

/** An application of a tenant with public client flows on, and whom it lets in. */
export function entraTerraform(facts: ProviderClient): string {
  refuseGroups(facts);
  const head = [
    "Nothing was applied. Save this as entra.tf, sign in with az login, then: terraform init, terraform plan, terraform apply.",
    about,
  ];
  const principal = "azuread_service_principal.tegata";
  const body: readonly HclItem[] = [
    {
      block: "terraform",
      body: [
        {
          block: "required_providers",
          body: [{ attribute: "azuread", value: map({ source: "hashicorp/azuread", version: ">= 3.0" }) }],
        },
      ],
    },
    ...hclVariables([principalIds]),
    {
      block: "resource",
      labels: ["azuread_application", "tegata"],
      body: [
        { attribute: "display_name", value: facts.name },
        { attribute: "sign_in_audience", value: "AzureADMyOrg" },
        { attribute: "fallback_public_client_enabled", value: true },
        { block: "public_client", body: [{ attribute: "redirect_uris", value: facts.redirectUris }] },
        {
          block: "optional_claims",
          body: [{ block: "id_token", body: [{ attribute: "name", value: "email" }] }],
        },
      ],
    },
    {
      block: "resource",
      labels: ["azuread_service_principal", "tegata"],
      body: [
        { attribute: "client_id", value: code("azuread_application.tegata.client_id") },
        { attribute: "app_role_assignment_required", value: true },
      ],
    },
    {
      block: "resource",
      labels: ["azuread_app_role_assignment", "tegata"],
      body: [
        { attribute: "for_each", value: code("toset(var.principal_ids)") },
        { attribute: "app_role_id", value: defaultAppRole },
        { attribute: "principal_object_id", value: code("each.value") },
        { attribute: "resource_object_id", value: code(`${principal}.object_id`) },
      ],
    },
    {
      block: "output",
      labels: ["client_id"],
      body: [{ attribute: "value", value: code("azuread_application.tegata.client_id") }],
    },
  ];
  return `${comments(head)}\n${printHcl(body)}`;
}

/** The same by the Azure CLI. */
export function entraCli(facts: ProviderClient): string {
  refuseGroups(facts);
  const claims = map({ idToken: [map({ name: "email", essential: false })] });
  return `${comments([
    "Nothing was applied. Save this as setup.sh, sign in with az login, then: sh setup.sh; it prints the client id.",
    about,
  ])}
set -eu

${shellVariables([principalIds])}
claims="$(mktemp)"
trap 'rm -f "$claims"' EXIT
cat >"$claims" <<'JSON'
${printTree(claims, json)}
JSON

client_id="$(az ad app create --display-name ${shellWord(facts.name)} --sign-in-audience AzureADMyOrg \\
  --is-fallback-public-client true --public-client-redirect-uris ${facts.redirectUris.map(shellWord).join(" ")} \\
  --optional-claims "@$claims" --query appId --output tsv)"
principal="$(az ad sp create --id "$client_id" --query id --output tsv)"
az ad sp update --id "$principal" --set appRoleAssignmentRequired=true
for principal_id in $PRINCIPAL_IDS; do
  az rest --method POST --url "https://graph.microsoft.com/v1.0/servicePrincipals/$principal/appRoleAssignedTo" \\
    --body "{\\"principalId\\": \\"$principal_id\\", \\"resourceId\\": \\"$principal\\", \\"appRoleId\\": \\"${defaultAppRole}\\"}"
done
echo "$client_id"
`;
}

function refuseGroups({ groups }: ProviderClient): void {
  if (groups !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`Entra puts neither groups into amr nor session tags into a token without a service of your own`,
      { hint: hint`leave ${flag("group")} out and assign the group to the application: principal_ids` },
    );
  }
}
