import { flag, hint, setting, TegataError, words } from "@tegata/core";
import { type HclItem, hclVariables, printHcl } from "../text/hcl.ts";
import type { GroupClaim } from "../groups.ts";
import { comments } from "../text/shell.ts";
import { code, map, type Unknown } from "../text/tree.ts";
import {
  type ProviderClient,
  deviceGrantType,
  refreshTokenLeewaySeconds,
  tagsClaim,
  textOf,
} from "./provider-client.ts";

const groupIds: Unknown = {
  kind: "unknown",
  name: "group_ids",
  about: "ids of the groups whose people may sign in, such as 00g1emaKYZTWRYYRRTSK",
  isList: true,
};

/** A native app of an org; with a custom authorization server, the policy that lets it in there. */
export function oktaTerraform(facts: ProviderClient): string {
  const server = textOf(facts, "authorization_server");
  const domain = textOf(facts, "domain");
  const isCustomDomain =
    domain !== undefined &&
    !/\.okta(?:preview|-emea|-gov)?\.(?:com|mil)$/i.test(domain.replace(/^https:\/\/|\/$/g, ""));
  const head = [
    "Nothing was applied. Save this as okta.tf, set OKTA_ORG_NAME, OKTA_BASE_URL and OKTA_API_TOKEN, then: terraform init, terraform plan, terraform apply.",
    "Only people of the groups in group_ids can sign in.",
  ];
  const client = code("okta_app_oauth.tegata.client_id");
  const body: readonly HclItem[] = [
    {
      block: "terraform",
      body: [
        {
          block: "required_providers",
          body: [{ attribute: "okta", value: map({ source: "okta/okta", version: ">= 4.9" }) }],
        },
      ],
    },
    ...hclVariables([groupIds]),
    {
      block: "resource",
      labels: ["okta_app_oauth", "tegata"],
      body: [
        { attribute: "label", value: facts.name },
        { attribute: "type", value: "native" },
        { attribute: "grant_types", value: ["authorization_code", deviceGrantType, "refresh_token"] },
        { attribute: "response_types", value: ["code"] },
        { attribute: "redirect_uris", value: facts.redirectUris },
        { attribute: "token_endpoint_auth_method", value: "none" },
        { attribute: "pkce_required", value: true },
        { attribute: "refresh_token_rotation", value: "ROTATE" },
        { attribute: "refresh_token_leeway", value: refreshTokenLeewaySeconds },
        { attribute: "issuer_mode", value: isCustomDomain ? "CUSTOM_URL" : "ORG_URL" },
      ],
    },
    {
      block: "resource",
      labels: ["okta_app_group_assignment", "tegata"],
      body: [
        { attribute: "for_each", value: code("toset(var.group_ids)") },
        { attribute: "app_id", value: code("okta_app_oauth.tegata.id") },
        { attribute: "group_id", value: code("each.value") },
      ],
    },
    ...(server === undefined ? [] : serverItems(server, facts)),
    ...(facts.groups === undefined ? [] : claimItems(facts.groups, server)),
    { block: "output", labels: ["client_id"], body: [{ attribute: "value", value: client }] },
  ];
  return `${comments(head)}\n${printHcl(body)}`;
}

function serverItems(server: string, { name }: ProviderClient): readonly HclItem[] {
  return [
    {
      block: "resource",
      labels: ["okta_auth_server_policy", "tegata"],
      body: [
        { attribute: "auth_server_id", value: server },
        { attribute: "name", value: name },
        { attribute: "description", value: "sign-in for AWS credentials" },
        { attribute: "priority", value: 1 },
        { attribute: "client_whitelist", value: [code("okta_app_oauth.tegata.client_id")] },
      ],
    },
    {
      block: "resource",
      labels: ["okta_auth_server_policy_rule", "tegata"],
      body: [
        { attribute: "auth_server_id", value: server },
        { attribute: "policy_id", value: code("okta_auth_server_policy.tegata.id") },
        { attribute: "name", value: name },
        { attribute: "priority", value: 1 },
        { attribute: "grant_type_whitelist", value: ["authorization_code", deviceGrantType] },
        { attribute: "scope_whitelist", value: ["openid", "email", "profile", "offline_access"] },
        { attribute: "group_whitelist", value: code("var.group_ids") },
      ],
    },
  ];
}

/** The flat form of the claim: a text for each tag. */
function claimItems({ names, in: where }: GroupClaim, server: string | undefined): readonly HclItem[] {
  if ("claim" in where) {
    throw new TegataError(
      "usage_invalid",
      words`Okta has values of its own in ${where.claim} and puts no groups there`,
      {
        hint: hint`put them into a session tag: ${flag("group", names[0])}`,
      },
    );
  }
  if (server === undefined) {
    throw new TegataError(
      "usage_invalid",
      words`Okta puts claims of your own into tokens of a custom authorization server only`,
      {
        hint: hint`name it with ${setting("authorization_server", "default")}`,
      },
    );
  }
  const expression = names.reduceRight((rest, name) => {
    const text = JSON.stringify(name);
    return `isMemberOfGroupName(${text}) ? ${text} : ${rest}`;
  }, "null");
  return [
    {
      block: "resource",
      labels: ["okta_auth_server_claim", "tegata"],
      body: [
        { attribute: "auth_server_id", value: server },
        { attribute: "name", value: `${tagsClaim}/principal_tags/${where.tag}` },
        { attribute: "claim_type", value: "IDENTITY" },
        { attribute: "value_type", value: "EXPRESSION" },
        { attribute: "value", value: expression },
      ],
    },
  ];
}
