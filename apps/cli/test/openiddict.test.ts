import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CLIENT_ID_WITHOUT_REVOCATION } from "@tegata/sandbox";
import { loginEvents } from "./support/login-events.ts";
import { endIdToken } from "./support/records.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld({ faces: ["openiddict"] });
  await writeProfile(world);
});

async function writeProfile(at: World): Promise<void> {
  const { sandbox } = at;
  const { issuer, clientId } = sandbox.face("openiddict");
  await at.writeSettings(`${settingsOf(sandbox)}
[idp.own]
type = "oidc"
issuer = "${issuer}"
client_id = "${clientId}"

[profile.own]
idp = "own"
role_arn = "${sandbox.roles.developer}"
region = "us-east-1"
sts_endpoint = "${sandbox.sts.endpoint}"
`);
}

/** A machine on which somebody has signed in, and only the refresh token is left of it. */
async function signedInBefore(at: World, more: Readonly<Record<string, string>> = {}) {
  const env = { ...(await at.anotherHome()), TEGATA_SCOPE: "openid offline_access", ...more };
  await at.signIn("own", { env });
  await endIdToken(`${env.HOME}/.local/state/tegata`);
  at.sandbox.requests.clear();
  return env;
}
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

const refusal = (area: "device_authorization" | "token", error: string, description: string) =>
  world.sandbox.faults.set({
    kind: "status",
    area,
    status: 400,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error, error_description: description }),
  });

describe("at a provider with few scopes", () => {
  it("the refusal names the odd one, and the line of the hint signs in", async () => {
    const env = await world.anotherHome();
    const { status, stderr } = await world.run(["login", "own"], { env });
    expect(status).toBe(5);
    expect(stderr).toContain('the identity provider does not accept the scope "email" (invalid_scope: The specified');
    expect(stderr).toMatch(
      /^tegata: hint: leave it out: --scope 'openid offline_access', or write scope = "openid offline_access"/m,
    );
    expect((await world.login("own", { env: { ...env, TEGATA_SCOPE: "openid offline_access" } })).status).toBe(0);
  });

  it.each([
    ["a scope that it does not have", []],
    ["an audience", ["--scope", "openid", "--audience", "https://api.example.com"]],
  ])(
    "a sign-in in the browser with %s ends on the provider's page, and the run goes on waiting",
    async (_what, flags) => {
      const running = world.start(["login", "own", "--flow", "browser", "--json", ...flags], {
        env: await world.anotherHome(),
      });
      const [line] = await running.stdoutMatching(/^.*\n/);
      const [asked] = loginEvents(line);
      const page = await fetch(asked?.event === "authorization_request" ? asked.authorizationUri : "", {
        redirect: "manual",
      });
      expect(page.status).toBe(400);
      running.child.kill("SIGINT");
      expect((await running.ended).status).toBe(130);
    },
  );
});

describe("a renewal whose answer was lost", () => {
  it("is made up for within the leeway of the old refresh token, and nobody is asked", async () => {
    const env = await signedInBefore(world);
    world.sandbox.faults.set({ kind: "loseResponse", area: "token", times: 1 });
    await world.run(["credential-process", "own", "--fresh"], { env });
    expect(world.sandbox.requests.all().find(({ area }) => area === "token")).toMatchObject({ status: 0 });
    expect(await world.run(["env", "own", "--fresh"], { env })).toMatchObject({ status: 0, stderr: "" });
  });

  it("ends the sign-in beyond the leeway, and says so in the provider's words", async () => {
    const strict = await createWorld({ faces: ["openiddict"], refreshTokenLeewaySeconds: 0 });
    try {
      await writeProfile(strict);
      const env = await signedInBefore(strict);
      strict.sandbox.faults.set({ kind: "loseResponse", area: "token", times: 1 });
      await strict.run(["credential-process", "own", "--fresh"], { env });
      const { status, stderr } = await strict.run(["env", "own", "--fresh"], { env });
      expect(status).toBe(4);
      expect(stderr).toContain("(invalid_grant: The specified refresh token has already been redeemed)");
      expect(stderr).toMatch(/^tegata: hint: tegata login own$/m);
    } finally {
      await strict.close();
    }
  });
});

describe("a client that may not have something", () => {
  it("a scope: the hint has what was sent, and the least to take", async () => {
    refusal(
      "device_authorization",
      "invalid_request",
      "This client application is not allowed to use the specified scope.",
    );
    const env = { ...(await world.anotherHome()), TEGATA_SCOPE: "openid offline_access" };
    const { status, stderr } = await world.run(["login", "own"], { env });
    expect(status).toBe(5);
    expect(stderr).toMatch(/does not accept the scope \(invalid_request: This client application is not allowed/);
    expect(stderr).toMatch(
      /hint: ask its administrator which scopes.*"openid offline_access" was sent.*--scope openid$/m,
    );
  });

  it("revocation: it is signed out here, and the OAuth error is named", async () => {
    const env = await signedInBefore(world, { TEGATA_CLIENT_ID: CLIENT_ID_WITHOUT_REVOCATION });
    const { status, stdout, stderr } = await world.run(["logout", "own", "--json"], { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "not_revoked", error: "unauthorized_client" });
    expect(stderr).toContain("unauthorized_client: This client application is not allowed to use the revocation");
  });

  it("refresh tokens: the hint is the grant, or the scope without it and what that means", async () => {
    refusal("device_authorization", "invalid_request", "The 'offline_access' scope is not allowed.");
    const { status, stderr } = await world.run(["login", "own"], { env: await world.anotherHome() });
    expect(status).toBe(5);
    expect(stderr).toContain("no refresh token (invalid_request: The 'offline_access' scope is not allowed)");
    expect(stderr).toMatch(
      /hint: ask its administrator to allow the refresh token grant.*--scope 'openid email'.*then a person is asked again/,
    );
  });

  it("the token endpoint: it is not called one without the device grant", async () => {
    const env = await world.anotherHome();
    refusal("token", "unauthorized_client", "This client application is not allowed to use the token endpoint.");
    const { status, stderr } = await world.login("own", { env: { ...env, TEGATA_SCOPE: "openid" } });
    expect(status).toBe(5);
    expect(stderr).toContain("use the token endpoint");
    expect(stderr).not.toContain("device grant");
  });
});
