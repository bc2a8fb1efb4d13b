import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loginEvents } from "./support/login-events.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

/** A login in the browser, from its request to its last event. */
async function login(args: readonly string[], profile = "plain") {
  const env = await world.anotherHome();
  const running = world.start(["login", profile, "--json", ...args], { env });
  const [line] = await running.stdoutMatching(/^.*\n/);
  const [asked] = loginEvents(line);
  const uri = asked?.event === "authorization_request" ? asked.authorizationUri : "";
  const page = await world.sandbox.browse(uri);
  const { status, stdout } = await running.ended;
  return { env, page, status, sent: new URL(uri).searchParams, last: loginEvents(stdout).at(-1) };
}

const acr = (value: string) =>
  world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { acr: value } } });

describe("a sign-in in the browser", () => {
  it("asks for the account, the age, the class and the prompt, and takes a token that has them", async () => {
    acr("mfa");
    const { status, sent, last, env } = await login(
      "--flow browser --account ann@example.com --max-age 8h --idp-prompt login"
        .split(" ")
        .concat("--acr-values", "mfa phr"),
    );
    expect(Object.fromEntries(sent)).toMatchObject({
      login_hint: "ann@example.com",
      max_age: "28800",
      acr_values: "mfa phr",
      prompt: "login",
    });
    expect({ status, last }).toMatchObject({ status: 0, last: { event: "signed_in", account: "ann@example.com" } });
    const args = ["credential-process", "plain", "--fresh", "--account", "ann@example.com", "--max-age", "8h"];
    expect((await world.run([...args, "--acr-values", "mfa phr"], { env })).status).toBe(0);
    // A sign-in that was asked for less is another one.
    expect((await world.run(["credential-process", "plain", "--fresh"], { env })).status).toBe(4);
  });

  it("sends none of it when nobody has set it", async () => {
    const { sent } = await login(["--flow", "browser"]);
    expect(["login_hint", "max_age", "acr_values", "prompt"].filter((name) => sent.has(name))).toEqual([]);
  });

  it("is what max_age needs, so that it is chosen, and a token that is too old is refused", async () => {
    const authTime = Math.floor(Date.now() / 1000) - 7200;
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { auth_time: authTime } } });
    const { status, last } = await login(["--max-age", "1h"]);
    expect(status).toBe(6);
    expect(last).toMatchObject({ event: "error", code: "id_token_invalid", details: { claim: "auth_time" } });
  });

  it("of another account than was asked for is refused, on its last page too, and nothing is kept", async () => {
    const { status, last, page, env } = await login(["--flow", "browser", "--account", "bob@example.com"]);
    expect(status).toBe(4);
    expect(last).toMatchObject({ event: "error", code: "id_token_wrong_account" });
    for (const words of ["The sign-in did not succeed", "ann@example.com", "bob@example.com"]) {
      expect(page.html).toContain(words);
    }
    const { stdout } = await world.run(["status", "plain", "--json", "--account", "bob@example.com"], { env });
    expect(stdout).not.toContain("signIn");
  });

  it("that is not of the class that was asked for is refused", async () => {
    acr("pwd");
    const { last } = await login(["--acr-values", "mfa"]);
    expect(last).toMatchObject({ event: "error", code: "id_token_invalid", details: { claim: "acr" } });
  });
});

describe("an organization at Auth0", () => {
  const ports = ["--redirect-ports", "17580,17581,17582"];

  it.each(["org_acme", "Acme"])(
    "%s is asked for in the browser, is in the token, and in the renewed one",
    async (name) => {
      const args = [...ports, "--organization", name];
      const sign = await login([...args, "--connection", "staff", "--screen-hint", "signup"], "dev");
      expect(Object.fromEntries(sign.sent)).toMatchObject({
        organization: name,
        connection: "staff",
        screen_hint: "signup",
      });
      expect(sign.last).toMatchObject({ event: "signed_in" });
      const again = [
        "credential-process",
        "dev",
        "--fresh",
        ...args,
        "--connection",
        "staff",
        "--screen-hint",
        "signup",
      ];
      expect((await world.run(again, { env: sign.env })).status).toBe(0);
      // Another organization has no sign-in yet.
      const other = await world.run(["credential-process", "dev", "--fresh", ...ports, "--organization", "other"], {
        env: sign.env,
      });
      expect(other.status).toBe(4);
    },
  );

  it("is asked for in a pushed request, too", async () => {
    const patch = { require_pushed_authorization_requests: true };
    world.sandbox.faults.set({ kind: "patchJson", area: "discovery", patch });
    const { sent, last } = await login([...ports, "--organization", "org_acme"], "dev");
    expect([...sent.keys()]).toEqual(["client_id", "request_uri"]);
    expect(last).toMatchObject({ event: "signed_in" });
  });

  it("that the token does not name is an error, and nothing is kept", async () => {
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { org_id: "org_other" } } });
    const { status, last } = await login([...ports, "--organization", "org_acme"], "dev");
    expect(status).toBe(6);
    expect(last).toMatchObject({ event: "error", code: "id_token_invalid", details: { claim: "org_id" } });
  });

  it.each([
    ["device", "--organization"],
    ["client-credentials", "--connection"],
  ])("is refused with the flow %s where that cannot ask for %s, and the way out is named", async (flow, setting) => {
    const { status, stderr } = await world.run(["login", "dev", setting, "org_acme", "--flow", flow]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${setting} needs --flow browser`);
  });

  it("of a variable is refused at its place", async () => {
    const variables = { ...(await world.anotherHome()), TEGATA_ORGANIZATION: "org_acme", TEGATA_FLOW: "device" };
    const { status, stderr } = await world.run(["login", "dev"], { env: variables });
    expect(status).toBe(2);
    expect(stderr).toContain("TEGATA_ORGANIZATION needs");
  });
});

describe("a setting of the browser flow", () => {
  it.each([
    [["--max-age", "1h", "--flow", "device"], "--max-age needs --flow browser: the device grant cannot ask for it"],
    [["--acr-values", "mfa", "--flow", "device"], "--acr-values needs --flow browser"],
    [["--max-age", "soon"], '--max-age "soon" is not a length of time'],
    [["--idp-prompt", "none"], "must be login, consent or select_account"],
  ])("is refused with %j", async (args, words) => {
    const { status, stderr } = await world.run(["login", "plain", ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });
});
