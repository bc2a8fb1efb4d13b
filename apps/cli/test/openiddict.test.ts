import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loginEvents } from "./support/login-events.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld({ faces: ["openiddict"] });
  const { sandbox } = world;
  const { issuer, clientId } = sandbox.face("openiddict");
  await world.writeSettings(`${settingsOf(sandbox)}
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
});
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

  it("a sign-in in the browser ends on the provider's page, and the run goes on waiting", async () => {
    const running = world.start(["login", "own", "--flow", "browser", "--json"], { env: await world.anotherHome() });
    const [line] = await running.stdoutMatching(/^.*\n/);
    const [asked] = loginEvents(line);
    const page = await fetch(asked?.event === "authorization_request" ? asked.authorizationUri : "", {
      redirect: "manual",
    });
    expect(page.status).toBe(400);
    running.child.kill("SIGINT");
    expect((await running.ended).status).toBe(130);
  });
});

describe("a client that may not have something", () => {
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
