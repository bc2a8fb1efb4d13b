import { json } from "../text/json.ts";
import type { GroupClaim } from "../groups.ts";
import { comments, shellVariables, shellWord } from "../text/shell.ts";
import { map, printTree, type Text, type Tree, type Unknown } from "../text/tree.ts";
import { type ProviderClient, tagsClaim, textOf } from "./provider-client.ts";

const unknownRealm: Unknown = {
  kind: "unknown",
  name: "realm",
  about: "name of the realm, the last part of its issuer",
};

const unknownServer: Unknown = {
  kind: "unknown",
  name: "server",
  about: "URL of Keycloak, the part of the issuer before /realms",
};

/**
 * A public client of a realm, by the program that comes with Keycloak. PKCE may be demanded in both flows, because tegata sends it
 * in both.
 *
 * @see https://www.keycloak.org/docs/latest/server_admin/#the-admin-cli
 */
export function keycloak(facts: ProviderClient): string {
  const { server, realm } = serverAndRealmOf(textOf(facts, "issuer"));
  const unknowns = [server, realm].filter((value): value is Unknown => typeof value !== "string");
  const client = map({
    clientId: facts.name,
    name: facts.name,
    protocol: "openid-connect",
    publicClient: true,
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    redirectUris: facts.redirectUris,
    attributes: map({
      "oauth2.device.authorization.grant.enabled": "true",
      "pkce.code.challenge.method": "S256",
      "use.refresh.tokens": "true",
    }),
    ...(facts.groups === undefined ? {} : { protocolMappers: [mapperOf(facts.groups)] }),
  });
  return `${comments([
    "Nothing was applied. Save this as setup.sh, then: KCADM=/opt/keycloak/bin/kcadm.sh sh setup.sh; it asks for the password of the administrator (or takes KC_CLI_PASSWORD).",
    `The client id is ${facts.name}. Everybody with an account in the realm can sign in: see to who can register there.`,
    ...noteOf(facts.groups),
  ])}
set -eu

: "\${KCADM:?path of kcadm.sh, in the folder bin of Keycloak}"
: "\${ADMIN:=admin}"
${shellVariables(unknowns)}
sh "$KCADM" config credentials --server ${shellWord(server)} --realm master --user "$ADMIN"
sh "$KCADM" create clients -r ${shellWord(realm)} -f - <<'JSON'
${printTree(client, json)}
JSON

# A refresh token that can be used once only is a setting of the whole realm, for all of its clients:
# sh "$KCADM" update ${typeof realm === "string" ? shellWord(`realms/${realm}`) : '"realms/$REALM"'} -s revokeRefreshToken=true -s refreshTokenMaxReuse=0
`;
}

function serverAndRealmOf(issuer: string | undefined): { readonly server: Text; readonly realm: Text } {
  const [, server, realm] = /^(https?:\/\/.+?)\/realms\/([^/]+)\/?$/.exec(issuer ?? "") ?? [];
  return { server: server ?? unknownServer, realm: realm === undefined ? unknownRealm : decoded(realm) };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function noteOf(groups: GroupClaim | undefined): readonly string[] {
  return groups === undefined || "claim" in groups.in
    ? []
    : [
        `The tag is the attribute ${groups.in.tag} of the user, one value each. Add it under Realm settings > User profile, with only`,
        "administrators who may edit it: else people put themselves into a group.",
      ];
}

/** `amr` gets the groups of the person; a tag gets the attribute of that name, of which a person must have one. */
function mapperOf({ in: where }: GroupClaim): Tree {
  const inIdToken = { "id.token.claim": "true", "access.token.claim": "false", "userinfo.token.claim": "false" };
  return "claim" in where
    ? map({
        name: "groups for AWS",
        protocol: "openid-connect",
        protocolMapper: "oidc-group-membership-mapper",
        config: map({ "claim.name": "amr", "full.path": "false", ...inIdToken }),
      })
    : map({
        name: "session tags for AWS",
        protocol: "openid-connect",
        protocolMapper: "oidc-usermodel-attribute-mapper",
        config: map({
          "user.attribute": where.tag,
          // A dot would begin a member.
          "claim.name": `${tagsClaim.replaceAll(".", "\\.")}.principal_tags.${where.tag.replaceAll(".", "\\.")}`,
          "jsonType.label": "String",
          multivalued: "true",
          ...inIdToken,
        }),
      });
}
