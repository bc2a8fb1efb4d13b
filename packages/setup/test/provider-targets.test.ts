import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { groupClaimOf, type ProviderClient, setupTargets } from "../src/index.ts";
import { hostileTexts } from "./hostile-texts.ts";
import { hclTextsOf, readHcl } from "./read-output.ts";
import { expectKnownAttributes } from "./terraform-names.ts";
import { formatFaults, need } from "./tools.ts";

const ports = ["http://127.0.0.1:17580/callback", "http://127.0.0.1:17581/callback"];

function client(patch: Partial<ProviderClient> = {}): ProviderClient {
  return { name: "tegata", redirectUris: ports, settings: {}, programName: "tegata", ...patch };
}

function render(id: string, patch: Partial<ProviderClient> = {}): string {
  const target = setupTargets.find((each) => each.id === id);
  if (target?.side !== "provider") {
    throw new Error(`${id} is no target of a provider`);
  }
  return target.render(client(patch));
}

const targets = setupTargets.filter(({ side }) => side === "provider").map(({ id }) => id);
const inTerraform = targets.filter((id) => id.endsWith("-terraform"));
const scripts = targets.filter((id) => id.endsWith("-cli") || id === "keycloak");
const inTag = groupClaimOf(["admins", "it's"]);
const inAmr = groupClaimOf(["amr:admins"]);
const withServer = { settings: { authorization_server: "default" } };

/** The JSON of the only here-document. */
function jsonOf(text: string): unknown {
  const [, body = ""] = /<<'JSON'\n([^]*?)\nJSON\n/.exec(text) ?? [];
  return JSON.parse(body);
}

describe.each(targets)("the target %s", (id) => {
  it("begins with a comment that nothing was applied and how to", () => {
    expect(render(id).split("\n", 1)[0]).toMatch(/^# Nothing was applied(?:\.|: Google has no API)/);
  });

  it("holds the redirect URIs that the client has to allow", () => {
    // Google has none to register.
    expect(ports.map((port) => render(id).includes(port))).toEqual(ports.map(() => id !== "google"));
  });
});

describe.each(inTerraform)("the file of %s", (id) => {
  it("has only attributes that the provider of Terraform knows, and all that it wants", async () => {
    expect(await expectKnownAttributes(render(id))).not.toEqual([]);
    // Entra has no groups to give.
    const groups = id === "entra-terraform" ? undefined : inTag;
    expect(await expectKnownAttributes(render(id, { ...withServer, groups }))).not.toEqual([]);
  });

  it("is formatted as terraform fmt writes it", async (context) => {
    need("terraform", context);
    expect(await formatFaults(render(id))).toBe("");
    expect(await formatFaults(render(id, withServer))).toBe("");
  });

  it("keeps a name as it is", async () => {
    for (const name of hostileTexts(60)) {
      const { resource } = await readHcl(render(id, { name }));
      expect(JSON.stringify(hclTextsOf(resource))).toContain(JSON.stringify(name));
    }
  });
});

describe.each(scripts)("the script of %s", (id) => {
  it("is one that sh takes, no matter what the name is", () => {
    for (const name of ["tegata", ...hostileTexts(30)]) {
      const { status, stderr } = spawnSync("sh", ["-n"], { input: render(id, { name }), encoding: "utf8" });
      expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: "" });
    }
  });
});

describe("a public native client", () => {
  it("has both flows and rotation at Auth0, in Terraform and by the API alike", async () => {
    const { resource } = await readHcl(render("auth0-terraform"));
    const rotation = { rotation_type: "rotating", expiration_type: "expiring", leeway: 10, token_lifetime: 2_592_000 };
    const grants = ["urn:ietf:params:oauth:grant-type:device_code", "authorization_code", "refresh_token"];
    expect(resource).toMatchObject({
      auth0_client: {
        tegata: [{ app_type: "native", grant_types: grants, callbacks: ports, refresh_token: [rotation] }],
      },
      auth0_client_credentials: { tegata: [{ authentication_method: "none" }] },
    });
    expect(jsonOf(render("auth0-cli"))).toMatchObject({
      app_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: grants,
      callbacks: ports,
      refresh_token: { ...rotation, infinite_token_lifetime: false },
    });
  });

  it("has both flows and rotation at Okta; a custom authorization server lets it in", async () => {
    const { resource } = await readHcl(render("okta-terraform", withServer));
    const device = "urn:ietf:params:oauth:grant-type:device_code";
    expect(resource).toMatchObject({
      okta_app_oauth: {
        tegata: [
          {
            type: "native",
            token_endpoint_auth_method: "none",
            grant_types: ["authorization_code", device, "refresh_token"],
            redirect_uris: ports,
            refresh_token_rotation: "ROTATE",
          },
        ],
      },
      okta_auth_server_policy_rule: {
        tegata: [{ auth_server_id: "default", grant_type_whitelist: ["authorization_code", device] }],
      },
    });
    expect(render("okta-terraform")).not.toContain("auth_server");
  });

  it.each([
    ["acme.okta.com", "ORG_URL"],
    ["https://acme.oktapreview.com/", "ORG_URL"],
    ["login.example.com", "CUSTOM_URL"],
    [undefined, "ORG_URL"],
  ])("has the issuer of the domain %s at Okta: %s", (domain, mode) => {
    expect(render("okta-terraform", { settings: { domain } })).toContain(`issuer_mode                = "${mode}"`);
  });

  it("has both flows at Entra, and only people who are assigned to it", async () => {
    const { resource } = await readHcl(render("entra-terraform", { redirectUris: ["http://localhost"] }));
    expect(resource).toMatchObject({
      azuread_application: {
        tegata: [
          {
            fallback_public_client_enabled: true,
            sign_in_audience: "AzureADMyOrg",
            public_client: [{ redirect_uris: ["http://localhost"] }],
            optional_claims: [{ id_token: [{ name: "email" }] }],
          },
        ],
      },
      azuread_service_principal: { tegata: [{ app_role_assignment_required: true }] },
    });
    expect(render("entra-cli")).toContain("--is-fallback-public-client true");
  });

  it("has both flows with PKCE at Keycloak", () => {
    const text = render("keycloak", {
      redirectUris: ["http://127.0.0.1/callback"],
      settings: { issuer: "https://sso.example.com/auth/realms/my%20staff" },
    });
    expect(jsonOf(text)).toEqual({
      clientId: "tegata",
      name: "tegata",
      protocol: "openid-connect",
      publicClient: true,
      standardFlowEnabled: true,
      directAccessGrantsEnabled: false,
      redirectUris: ["http://127.0.0.1/callback"],
      attributes: {
        "oauth2.device.authorization.grant.enabled": "true",
        "pkce.code.challenge.method": "S256",
        "use.refresh.tokens": "true",
      },
    });
    expect(text).toContain("--server https://sso.example.com/auth ");
    expect(text).toContain("create clients -r 'my staff' ");
  });

  it("asks for the realm of Keycloak where no issuer is known", () => {
    const { status, stderr } = spawnSync("/bin/sh", [], {
      input: render("keycloak"),
      encoding: "utf8",
      env: { PATH: "/nowhere", KCADM: "/bin/false" },
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain("URL of Keycloak");
  });
});

describe("groups in a token", () => {
  it("come from an Action of Auth0 that runs, as the first of them that the person has", async () => {
    const { resource } = await readHcl(render("auth0-terraform", { groups: inTag }));
    expect(resource).toMatchObject({ auth0_trigger_action: { tegata: [{ trigger: "post-login" }] } });
    const script = render("auth0-cli", { groups: inTag })
      .split("\n")
      .flatMap((line) => /^# (exports\.|(?: {2}.*)|\};)(.*)$/.exec(line)?.slice(1, 3).join("") ?? [])
      .join("\n");
    const run = `${script}\nconst set = [];
exports.onExecutePostLogin({ authorization: { roles: ["x", "it's", "admins"] } }, { idToken: { setCustomClaim: (...each) => set.push(each) } })
  .then(() => exports.onExecutePostLogin({}, { idToken: { setCustomClaim: (...each) => set.push(each) } }))
  .then(() => console.log(JSON.stringify(set)));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", run], { encoding: "utf8" });
    expect({ stderr, claims: JSON.parse(stdout || "[]") as unknown }).toEqual({
      stderr: "",
      claims: [["https://aws.amazon.com/tags", { principal_tags: { Group: ["admins"] } }]],
    });
  });

  it("come from a claim of Okta's custom authorization server", async () => {
    const { resource } = await readHcl(render("okta-terraform", { ...withServer, groups: groupClaimOf(["a", 'b"']) }));
    expect(hclTextsOf(resource)).toMatchObject({
      okta_auth_server_claim: {
        tegata: [
          {
            name: "https://aws.amazon.com/tags/principal_tags/Group",
            value: 'isMemberOfGroupName("a") ? "a" : isMemberOfGroupName("b\\"") ? "b\\"" : null',
          },
        ],
      },
    });
  });

  it("come from mappers of Keycloak, whose dots are escaped", () => {
    expect(jsonOf(render("keycloak", { groups: groupClaimOf(["a.b:admins"]) }))).toMatchObject({
      protocolMappers: [
        {
          config: {
            "claim.name": String.raw`https://aws\.amazon\.com/tags.principal_tags.a\.b`,
            "user.attribute": "a.b",
          },
        },
      ],
    });
    expect(jsonOf(render("keycloak", { groups: inAmr }))).toMatchObject({
      protocolMappers: [{ protocolMapper: "oidc-group-membership-mapper", config: { "claim.name": "amr" } }],
    });
    expect(render("keycloak", { groups: inTag })).toContain("administrators who may edit it");
  });

  it.each([
    ["auth0-cli", { groups: inAmr }, "Auth0 has values of its own in amr"],
    ["auth0-terraform", { groups: inAmr }, "Auth0 has values of its own in amr"],
    ["okta-terraform", { ...withServer, groups: inAmr }, "Okta has values of its own in amr"],
    ["okta-terraform", { groups: inTag }, "custom authorization server only"],
    ["entra-terraform", { groups: inTag }, "Entra puts neither groups"],
    ["entra-cli", { groups: inAmr }, "Entra puts neither groups"],
    ["google", { groups: inTag }, "Google puts no claims"],
  ] as const)("are refused where the provider cannot have them: %s with %j", (id, patch, words) => {
    expect(() => render(id, patch)).toThrow(words);
  });
});
