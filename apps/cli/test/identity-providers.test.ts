import { ENTRA_TENANT } from "@tegata/sandbox";
import { expectNoSecret } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "./support/world.ts";

const credentials = v.looseObject({ Version: v.literal(1), AccessKeyId: v.string() });
const deviceEvent = v.strictObject({
  event: v.literal("device_authorization"),
  verificationUri: v.string(),
  userCode: v.string(),
  expiresAt: v.string(),
});
const secret = "GOCSPX-not-so-secret";

let world: World;
beforeAll(async () => {
  world = await createWorld({ faces: ["okta", "entra"] });
  const { okta, entra } = { okta: world.sandbox.face("okta"), entra: world.sandbox.face("entra") };
  const profile = (name: string) => `
[profile.${name}]
idp = "${name}"
role_arn = "${world.sandbox.roles.developer}"
region = "us-east-1"
sts_endpoint = "${world.sandbox.sts.endpoint}"
`;
  await world.writeSettings(`[idp.okta]
type = "okta"
domain = "${okta.origin}"
authorization_server = "default"
client_id = "${okta.clientId}"

[idp.entra]
type = "entra"
tenant = "${ENTRA_TENANT}"
authority_host = "${entra.origin}"
client_id = "${entra.clientId}"

[idp.slash]
type = "oidc"
issuer = "${okta.issuer}/"
client_id = "${okta.clientId}"
${profile("okta")}${profile("entra")}${profile("slash")}`);
});
afterAll(() => world.close());

const credentialsOf = async (profile: string) => {
  const { status, stdout } = await world.run(["credential-process", profile]);
  return { status, ...v.parse(credentials, JSON.parse(stdout)) };
};

describe("a person who signs in", () => {
  it("at Okta gets credentials", async () => {
    await world.signIn("okta");
    expect(await credentialsOf("okta")).toMatchObject({ status: 0 });
  });

  it("at Entra, where the code has to be typed, gets credentials, and is told that signing out cannot revoke", async () => {
    const running = world.start(["login", "entra", "--json"]);
    const [line] = await running.stdoutMatching(/^.*\n/);
    const { verificationUri, userCode } = v.parse(deviceEvent, JSON.parse(line));
    await world.sandbox.approve(verificationUri, { userCode });
    expect((await running.ended).status).toBe(0);
    expect(await credentialsOf("entra")).toMatchObject({ status: 0 });
    const signedOut = await world.run(["logout", "entra"]);
    expect(signedOut.stderr).toContain("may still live at the provider");
    expect(signedOut.status).toBe(0);
  });
});

describe("an issuer with a path, written with a slash too many", () => {
  it("is accepted, and the document's own name of it counts, for AWS too", async () => {
    const { stdout, status } = await world.login("slash");
    const issuer = world.sandbox.face("okta").issuer;
    expect(issuer).toMatch(/\/oauth2\/default$/);
    expect({ stdout, status }).toEqual({
      stdout: expect.stringContaining(`"issuer":"${issuer}"`) as unknown,
      status: 0,
    });
    expect(await credentialsOf("slash")).toMatchObject({ status: 0 });
  });

  it("is refused with two slashes, or with another path", async () => {
    for (const issuer of [`${world.sandbox.face("okta").issuer}//`, `${world.sandbox.face("okta").origin}/oauth2`]) {
      const ended = await world.run(["login", "slash", "--issuer", issuer]);
      expect(ended).toMatchObject({ status: 6, stdout: "" });
      expect(ended.stderr).toContain("is not an OpenID provider");
    }
  });
});

describe("the client secret that Google gives to devices", () => {
  const flags = ["--idp", "google", "--client-id", "1234.apps.googleusercontent.com", "--role-arn"];

  it("is refused as a flag, which others could read, and completed by no shell", async () => {
    const args = ["credential-process", ...flags, world.sandbox.roles.developer, "--client-secret", secret];
    const refused = await world.run(args);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("--client-secret is not taken");
    expect(refused.stderr).toContain("TEGATA_CLIENT_SECRET");
    expectNoSecret(refused.stderr, [secret]);
    expect((await world.run(["login", "--help"])).stdout).not.toContain("--client-secret ");
  });

  it("is not shown in an error or its hint, and not stored", async () => {
    const env = { TEGATA_CLIENT_SECRET: secret };
    const args = ["credential-process", ...flags, world.sandbox.roles.developer];
    const text = await world.run(args, { env });
    const json = await world.run([...args, "--verbose", "--error-format", "json"], { env });
    expect([text.status, json.status]).toEqual([4, 4]);
    expect(text.stderr).toContain("--client-id 1234.apps.googleusercontent.com");
    const stored = (await world.storedFiles()).map(({ content }) => content).join("\n");
    expectNoSecret([text.stderr, text.stdout, json.stderr, json.stdout, stored].join("\n"), [secret]);
  });

  it("is not shown when it is malformed", async () => {
    const bad = await world.run(["credential-process", ...flags, world.sandbox.roles.developer], {
      env: { TEGATA_CLIENT_SECRET: `${secret} and more` },
    });
    expect(bad.status).toBe(2);
    expect(bad.stderr).toContain("TEGATA_CLIENT_SECRET the value must be printable ASCII without spaces");
    expectNoSecret(bad.stderr, [secret]);
  });
});
