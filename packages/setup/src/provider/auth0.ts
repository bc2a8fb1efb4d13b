import { flag, hint, TegataError, words } from "@tegata/core";
import { type HclItem, hclVariables, printHcl, withoutTemplates } from "../text/hcl.ts";
import { json } from "../text/json.ts";
import type { GroupClaim } from "../groups.ts";
import { comments } from "../text/shell.ts";
import { code, map, printTree, type Unknown } from "../text/tree.ts";
import {
  type ProviderClient,
  deviceGrantType,
  idleRefreshTokenSeconds,
  refreshTokenLeewaySeconds,
  refreshTokenSeconds,
  tagsClaim,
  textOf,
} from "./provider-client.ts";

const grantTypes = [deviceGrantType, "authorization_code", "refresh_token"];

const connectionIds: Unknown = {
  kind: "unknown",
  name: "connection_ids",
  about:
    "ids of the connections with which people may sign in, such as con_0ceG6yJt5cmJLNYy (auth0 api get connections shows them)",
  isList: true,
};

/** A native client of a tenant, and the connections that it may use. */
export function auth0Terraform(facts: ProviderClient): string {
  const groups = facts.groups === undefined ? undefined : actionOf(facts.groups);
  const head = [
    "Nothing was applied. Save this as auth0.tf, set AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, then: terraform init, terraform plan, terraform apply.",
    ...notesOf(facts),
  ];
  const client = code("auth0_client.tegata.id");
  const body: readonly HclItem[] = [
    {
      block: "terraform",
      body: [
        {
          block: "required_providers",
          body: [{ attribute: "auth0", value: map({ source: "auth0/auth0", version: ">= 1.2" }) }],
        },
      ],
    },
    ...hclVariables([connectionIds]),
    {
      block: "resource",
      labels: ["auth0_client", "tegata"],
      body: [
        { attribute: "name", value: facts.name },
        { attribute: "app_type", value: "native" },
        { attribute: "oidc_conformant", value: true },
        { attribute: "callbacks", value: facts.redirectUris },
        { attribute: "grant_types", value: grantTypes },
        { block: "jwt_configuration", body: [{ attribute: "alg", value: "RS256" }] },
        {
          block: "refresh_token",
          body: [
            { attribute: "rotation_type", value: "rotating" },
            { attribute: "expiration_type", value: "expiring" },
            { attribute: "leeway", value: refreshTokenLeewaySeconds },
            { attribute: "token_lifetime", value: refreshTokenSeconds },
            { attribute: "idle_token_lifetime", value: idleRefreshTokenSeconds },
          ],
        },
      ],
    },
    {
      block: "resource",
      labels: ["auth0_client_credentials", "tegata"],
      body: [
        { attribute: "client_id", value: client },
        { attribute: "authentication_method", value: "none" },
      ],
    },
    {
      block: "resource",
      labels: ["auth0_connection_client", "tegata"],
      body: [
        { attribute: "for_each", value: code("toset(var.connection_ids)") },
        { attribute: "connection_id", value: code("each.value") },
        { attribute: "client_id", value: client },
      ],
    },
    ...(groups === undefined ? [] : actionItems(facts, groups)),
    {
      block: "output",
      labels: ["client_id"],
      body: [{ attribute: "value", value: code("auth0_client.tegata.client_id") }],
    },
  ];
  return `${comments(head)}\n${printHcl(body)}`;
}

function actionItems({ name }: ProviderClient, action: readonly string[]): readonly HclItem[] {
  // In a here-document only templates are special.
  const text = action.map((line) => `    ${withoutTemplates(line)}\n`).join("");
  return [
    {
      block: "resource",
      labels: ["auth0_action", "tegata"],
      body: [
        { attribute: "name", value: `${name}: groups` },
        { attribute: "runtime", value: "node22" },
        { attribute: "deploy", value: true },
        { attribute: "code", value: code(`<<-JAVASCRIPT\n${text}  JAVASCRIPT`) },
        {
          block: "supported_triggers",
          body: [
            { attribute: "id", value: "post-login" },
            { attribute: "version", value: "v3" },
          ],
        },
      ],
    },
    {
      block: "resource",
      labels: ["auth0_trigger_action", "tegata"],
      body: [
        { attribute: "trigger", value: "post-login" },
        { attribute: "action_id", value: code("auth0_action.tegata.id") },
        { attribute: "display_name", value: code("auth0_action.tegata.name") },
      ],
    },
  ];
}

/**
 * The same client by the Management API, as Auth0's own program calls it.
 *
 * @see https://auth0.com/docs/api/management/v2/clients/post-clients
 */
export function auth0Cli(facts: ProviderClient): string {
  const action = facts.groups === undefined ? undefined : actionOf(facts.groups);
  const client = map({
    name: facts.name,
    app_type: "native",
    oidc_conformant: true,
    token_endpoint_auth_method: "none",
    callbacks: facts.redirectUris,
    grant_types: grantTypes,
    jwt_configuration: map({ alg: "RS256" }),
    refresh_token: map({
      rotation_type: "rotating",
      expiration_type: "expiring",
      leeway: refreshTokenLeewaySeconds,
      token_lifetime: refreshTokenSeconds,
      infinite_token_lifetime: false,
      idle_token_lifetime: idleRefreshTokenSeconds,
      infinite_idle_token_lifetime: false,
    }),
  });
  const head = [
    "Nothing was applied. Save this as setup.sh, sign in with auth0 login, then: sh setup.sh; it prints the client, whose client_id you need.",
    ...notesOf(facts),
    ...(action === undefined
      ? []
      : [
          "",
          "Save the following as the code of a post-login Action (auth0 actions create), and add it to the post-login trigger:",
          "",
          ...action,
        ]),
  ];
  return `${comments(head)}
set -eu

auth0 api post clients <<'JSON'
${printTree(client, json)}
JSON

# Which connections it may use: enable it for each under Authentication > Connections, else nobody can sign in.
auth0 api get connections
`;
}

/** An Action that puts the first of these groups which is a role of the person into a session tag. */
function actionOf({ names, in: where }: GroupClaim): readonly string[] {
  if ("claim" in where) {
    throw new TegataError(
      "usage_invalid",
      words`Auth0 has values of its own in ${where.claim} and puts no groups there`,
      {
        hint: [hint`put them into a session tag: ${flag("group", names[0])}`],
      },
    );
  }
  return [
    "exports.onExecutePostLogin = async (event, api) => {",
    `  const groups = ${JSON.stringify(names)};`,
    "  const roles = event.authorization?.roles ?? [];",
    "  const group = groups.find((name) => roles.includes(name));",
    "  if (group !== undefined) {",
    `    api.idToken.setCustomClaim(${JSON.stringify(tagsClaim)}, { principal_tags: { ${JSON.stringify(where.tag)}: [group] } });`,
    "  }",
    "};",
  ];
}

function notesOf(facts: ProviderClient): readonly string[] {
  const audience = textOf(facts, "audience");
  return [
    "People can sign up by themselves in an Auth0 database connection unless that is switched off: look, before you let everybody in.",
    ...(audience === undefined
      ? []
      : [`The API ${audience} must have Allow Offline Access on, else there is no refresh token.`]),
  ];
}
