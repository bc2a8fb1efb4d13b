import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { CLIENT_ID_WITHOUT_CODE_GRANT, CLIENT_ID_WITHOUT_DEVICE_GRANT, ENTRA_TENANT } from "@tegata/sandbox";
import { expectNoSecret } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loginEvents } from "./support/login-events.ts";
import { onlySession } from "./support/records.ts";
import type { Running } from "./support/run.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
let port: number;
beforeAll(async () => {
  port = await freePort();
  world = await createWorld({ faces: ["okta", "entra", "cognito", "gitlab"], redirectPorts: [port] });
  const { sandbox } = world;
  const [okta, entra] = [sandbox.face("okta"), sandbox.face("entra")];
  const profile = (idp: string) =>
    `[profile.${idp}]\nidp = "${idp}"\nrole_arn = "${sandbox.roles.developer}"\nregion = "us-east-1"\nsts_endpoint = "${sandbox.sts.endpoint}"\n`;
  await world.writeSettings(`${settingsOf(sandbox)}
[idp.okta]
type = "okta"
domain = "${okta.origin}"
authorization_server = "default"
client_id = "${okta.clientId}"
redirect_ports = [${port}]

[idp.entra]
type = "entra"
tenant = "${ENTRA_TENANT}"
authority_host = "${entra.origin}"
client_id = "${entra.clientId}"

[idp.cognito]
type = "oidc"
issuer = "${sandbox.face("cognito").issuer}"
client_id = "${sandbox.face("cognito").clientId}"
scope = "openid email"
redirect_host = "localhost"
redirect_ports = [${port}]

[idp.gitlab]
type = "oidc"
issuer = "${sandbox.face("gitlab").issuer}"
client_id = "${sandbox.face("gitlab").clientId}"
scope = "openid email"

[idp.by-browser]
type = "oidc"
issuer = "${sandbox.oidc.issuer}"
client_id = "${sandbox.oidc.clientId}"
flow = "browser"

${["okta", "entra", "cognito", "gitlab", "by-browser"].map(profile).join("\n")}`);
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

/** A server of somebody else, and its port. */
async function otherServer() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

async function freePort(): Promise<number> {
  const { server, port: free } = await otherServer();
  server.close();
  await once(server, "close");
  return free;
}

/** A sign-in that has asked for a browser, in a home where nobody is signed in. */
async function started(profile: string, args: readonly string[] = []) {
  const env = await world.anotherHome();
  const running = world.start(["login", profile, "--flow", "browser", "--json", ...args], { env });
  const [line] = await running.stdoutMatching(/^.*\n/);
  const [asked] = loginEvents(line);
  if (asked?.event !== "authorization_request") {
    throw new Error(`it asked otherwise: ${line}`);
  }
  return { running, asked, parameters: new URL(asked.authorizationUri).searchParams, home: env.HOME };
}

/** What is kept there of a sign-in: what a provider publishes does not count. */
async function keptIn(home: string): Promise<readonly string[]> {
  const places = { cacheDir: join(home, ".cache/tegata"), stateDir: join(home, ".local/state/tegata") };
  return (await world.storedFiles(places)).map(({ path }) => path).filter((path) => !path.endsWith(".document"));
}

async function endOf(running: Running) {
  const { status, stdout, stderr } = await running.ended;
  expectNoSecret(
    `${stdout}${stderr}`,
    world.sandbox.secrets().map(({ value }) => value),
  );
  return { status, stderr, last: loginEvents(stdout).at(-1) };
}

describe("a sign-in in the browser", () => {
  it.each([
    ["plain", /^http:\/\/127\.0\.0\.1:\d+\/callback$/, []],
    ["dev", /^http:\/\/127\.0\.0\.1:PORT\/callback$/, ["--redirect-ports", "PORT"]],
    ["okta", /^http:\/\/127\.0\.0\.1:PORT\/callback$/, []],
    ["entra", /^http:\/\/localhost:\d+$/, []],
    ["cognito", /^http:\/\/localhost:PORT\/callback$/, []],
    ["gitlab", /^http:\/\/127\.0\.0\.1:\d+\/callback$/, []],
  ])(
    "at the provider of %s gives credentials, and the page says for whom, for what and until when",
    async (profile, uri, args) => {
      const own = args.map((arg) => arg.replace("PORT", String(port)));
      const { running, asked, parameters } = await started(profile, own);
      expect(asked.redirectUri).toMatch(new RegExp(uri.source.replace("PORT", String(port))));
      expect(parameters.get("code_challenge_method")).toBe("S256");
      const page = await world.sandbox.browse(asked.authorizationUri);
      expect(page.status).toBe(200);
      for (const words of ["You are signed in", "ann@example.com", profile, "Developer in 123456789012", "until "]) {
        expect(page.html).toContain(words);
      }
      const { status, last } = await endOf(running);
      expect(status).toBe(0);
      expect(last).toMatchObject({ event: "signed_in", profile });
    },
  );

  it.each(["cognito", "gitlab"])(
    "at %s is taken by itself, as there is no device grant to be found, and is renewed without offline_access",
    async (profile) => {
      const env = await world.anotherHome();
      const running = world.start(["login", profile, "--json"], { env });
      const [line] = await running.stdoutMatching(/^.*\n/);
      const [asked] = loginEvents(line);
      await world.sandbox.browse(asked?.event === "authorization_request" ? asked.authorizationUri : "");
      const { status, last } = await endOf(running);
      expect(status).toBe(0);
      expect(last).toMatchObject({ event: "signed_in" });
      expect((await world.run(["status", profile], { env })).stdout).toContain("renewed by refresh token");
    },
  );

  it.each(["cognito", "gitlab"])("at %s names the scope that is refused", async (profile) => {
    const { running, asked } = await started(profile, ["--scope", "openid email offline_access"]);
    const page = await world.sandbox.browse(asked.authorizationUri);
    const { last } = await endOf(running);
    expect(last).toMatchObject({ event: "error", code: "idp_rejected" });
    expect(last).toHaveProperty("message", expect.stringContaining('does not accept the scope "offline_access"'));
    expect(last).toHaveProperty("hint", expect.stringContaining("--scope 'openid email'"));
    expect(page.html).toContain("The sign-in did not succeed");
  });

  it("pushes its request where the provider wants it so", async () => {
    const patch = { require_pushed_authorization_requests: true };
    world.sandbox.faults.set({ kind: "patchJson", area: "discovery", patch });
    const { running, parameters, asked } = await started("plain");
    expect([...parameters.keys()]).toEqual(["client_id", "request_uri"]);
    const page = await world.sandbox.browse(asked.authorizationUri);
    expect(page.html).toContain("You are signed in");
    expect((await endOf(running)).status).toBe(0);
  });

  it("is kept like any other: the next run asks nobody, no matter what the flow, and renews by the refresh token", async () => {
    const env = await world.anotherHome();
    const running = world.start(["login", "by-browser", "--json"], { env });
    const [line] = await running.stdoutMatching(/^.*\n/);
    const [asked] = loginEvents(line);
    await world.sandbox.browse(asked?.event === "authorization_request" ? asked.authorizationUri : "");
    expect((await running.ended).status).toBe(0);
    const next = await world.run(["credential-process", "by-browser", "--fresh"], { env });
    expect(next.status).toBe(0);
  });

  it("says on the terminal where tegata waits for the answer, what to register, and the other flow", async () => {
    const running = world.start(["login", "plain", "--flow", "browser"], {
      env: { ...(await world.anotherHome()), SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22" },
    });
    const [, url = ""] = await running.stderrMatching(/^tegata: open (\S+)\n/m);
    await running.stderrMatching(/--flow device\n/);
    await world.sandbox.browse(url);
    const { status, stderr, stdout } = await running.ended;
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/in a browser on this machine; tegata waits for the answer at http:\/\/127\.0\.0\.1:\d+\n/);
    expect(stderr).toMatch(/ssh -L (\d+):127\.0\.0\.1:\1/);
    expect(stderr).toContain(
      "if the page shows an error, the client may lack the redirect URI http://127.0.0.1/callback, or use --flow device",
    );
    expect(stderr).toMatch(/signed in as ann@example\.com/);
  });

  it.each(["node", "bun", "deno"] as const)("gives credentials on %s, and the page says which", async (program) => {
    const running = world.start(["login", "plain", "--flow", "browser", "--json"], {
      program,
      env: await world.anotherHome(),
    });
    const [line] = await running.stdoutMatching(/^.*\n/);
    const [asked] = loginEvents(line);
    const page = await world.sandbox.browse(asked?.event === "authorization_request" ? asked.authorizationUri : "");
    expect(page.html).toContain("Developer in 123456789012");
    expect((await endOf(running)).status).toBe(0);
  });

  it("has a port of its own: another sign-in at the same time takes the next one, and is refused where there is none", async () => {
    const [first, second] = [await freePort(), await freePort()];
    const one = await started("plain", ["--redirect-ports", `${first},${second}`]);
    const two = await started("plain", ["--redirect-ports", `${first},${second}`]);
    expect([one, two].map(({ asked }) => asked.redirectUri)).toEqual(
      [first, second].map((each) => `http://127.0.0.1:${each}/callback`),
    );
    const three = await world.run(["login", "plain", "--flow", "browser", "--redirect-ports", `${first},${second}`]);
    expect(three.stderr).toContain(`at ports ${first}, ${second} of this machine`);
    await Promise.all([one, two].map(({ asked }) => world.sandbox.browse(asked.authorizationUri)));
    expect([(await endOf(one.running)).status, (await endOf(two.running)).status]).toEqual([0, 0]);
  });

  it("ends on Ctrl-C, and nobody listens any more", async () => {
    const { running, asked } = await started("plain");
    running.child.kill("SIGINT");
    expect((await endOf(running)).status).toBe(130);
    await expect(fetch(asked.redirectUri ?? "")).rejects.toThrow("fetch failed");
  });
});

describe("what somebody else brings to the redirect address", () => {
  it("changes nothing: icons, other tabs, other states, a code without a state", async () => {
    const { running, asked, parameters } = await started("plain");
    const redirect = asked.redirectUri ?? "";
    const { origin } = new URL(redirect);
    const statuses = [];
    for (const url of [
      `${origin}/favicon.ico`,
      redirect,
      `${redirect}?code=stolen&state=guessed`,
      `${redirect}?error=access_denied`,
      `${redirect}?code=stolen`,
    ]) {
      statuses.push((await fetch(url)).status);
    }
    const head = await fetch(`${redirect}?code=x&state=${parameters.get("state")}`, { method: "HEAD" });
    expect([...statuses, head.status]).toEqual([404, 400, 400, 400, 400, 405]);
    await world.sandbox.browse(asked.authorizationUri);
    expect((await endOf(running)).status).toBe(0);
  });
});

/** The first bytes of a browser that tries https first: a TLS record with a ClientHello, cut off as none answers. */
const clientHello = Buffer.concat([Buffer.from("160301020001000001fc0303", "hex"), Buffer.alloc(504, 7)]);

describe("a port scanner, or a browser that tries https first,", () => {
  it.each([
    ["a ClientHello of TLS", clientHello],
    ["the banner of another protocol", Buffer.from("SSH-2.0-scan\r\n\r\n")],
    ["bytes without a meaning", Buffer.from("\0\u0001\u0002\r\n\r\n")],
  ])("is hung up on at %s, so that it goes on with http, and the sign-in goes on", async (_what, bytes) => {
    const { running, asked } = await started("plain");
    const { port: at } = new URL(asked.redirectUri ?? "");
    const silent = connect(Number(at), "127.0.0.1").on("error", () => undefined);
    const scanner = connect(Number(at), "127.0.0.1").on("error", () => undefined);
    scanner.resume().write(bytes);
    await once(scanner, "close");
    const page = await world.sandbox.browse(asked.authorizationUri);
    expect(page.html).toContain("You are signed in");
    expect((await endOf(running)).status).toBe(0);
    silent.destroy();
  });
});

describe("a sign-in that goes wrong", () => {
  it.each([
    ["is denied", { outcome: "deny" as const }, undefined, 5, "sign_in_denied"],
    ["comes from another provider", {}, { set: { iss: "https://evil.example" } }, 6, "idp_invalid_response"],
    ["does not say which provider it comes from", {}, { remove: ["iss"] }, 6, "idp_invalid_response"],
    ["has no code", {}, { remove: ["code"] }, 6, "idp_invalid_response"],
    ["has another code", {}, { set: { code: "another" } }, 5, "idp_rejected"],
    [
      "is refused, in words that a terminal and a page would obey",
      {},
      { set: { error: "server_error", error_description: "\u001b[2J<script>alert(1)</script>" } },
      6,
      "idp_unavailable",
    ],
  ])(
    "because the answer %s, is one error, on the page as well, and nothing is kept",
    async (_what, decision, fault, status, code) => {
      const { running, asked, home } = await started("plain");
      if (fault !== undefined) {
        world.sandbox.faults.set({ kind: "redirect", ...fault });
      }
      const page = await world.sandbox.browse(asked.authorizationUri, decision);
      const end = await endOf(running);
      expect(end.status).toBe(status);
      expect(end.last).toMatchObject({ event: "error", code });
      expect(page.html).toContain("The sign-in did not succeed");
      expect(page.html).not.toContain("<script");
      expect(end.stderr).not.toContain("\u001b");
      expect(await keptIn(home)).toEqual([]);
    },
  );

  it.each(["another", null])("because of the nonce (%j) is one error, and nothing is kept", async (nonce) => {
    const { running, asked, home } = await started("plain");
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { nonce } } });
    const page = await world.sandbox.browse(asked.authorizationUri);
    const { status, last } = await endOf(running);
    expect(status).toBe(6);
    expect(last).toMatchObject({ event: "error", code: "id_token_invalid" });
    expect(page.html).toContain("nonce");
    expect(await keptIn(home)).toEqual([]);
  });

  it("because AWS refuses the role says so on the page", async () => {
    const { running, asked } = await started("plain", ["--role-arn", world.sandbox.roles.bobOnly]);
    const page = await world.sandbox.browse(asked.authorizationUri);
    expect((await endOf(running)).last).toMatchObject({ event: "error", code: "sts_access_denied" });
    expect(page.html).toContain("The sign-in did not succeed");
    expect(page.html).toContain("BobOnly");
  });

  it("because the grant is switched off names the other flow", async () => {
    const browser = await started("plain", ["--client-id", CLIENT_ID_WITHOUT_CODE_GRANT]);
    await world.sandbox.browse(browser.asked.authorizationUri);
    const { last } = await endOf(browser.running);
    expect(last).toMatchObject({ event: "error", code: "idp_grant_disabled" });
    expect(last).toHaveProperty("hint", expect.stringContaining("--flow device"));
    const device = await world.run(["login", "plain", "--client-id", CLIENT_ID_WITHOUT_DEVICE_GRANT]);
    expect(device.status).toBe(5);
    expect(device.stderr).toContain("--flow browser");
  });

  it.each([
    ["auto", 404, "<html>not here</html>"],
    ["device", 404, JSON.stringify({ error: "Not Found", status: 404 })],
    ["device", 405, ""],
  ])(
    "because the device endpoint is not there names the browser flow (flow %s, HTTP %i)",
    async (flow, status, body) => {
      world.sandbox.faults.set({ kind: "status", area: "device_authorization", status, body });
      const ended = await world.run(["login", "plain", "--flow", flow], {
        env: { ...(await world.anotherHome()), SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22" },
      });
      expect(ended.status).toBe(5);
      expect(ended.stderr).toContain(`names a device authorization endpoint that is not there`);
      expect(ended.stderr).toMatch(/^tegata: hint: .*or use --flow browser$/m);
    },
  );

  it("because every registered port is taken says which, and what helps", async () => {
    const { server: other, port: taken } = await otherServer();
    const { status, stderr } = await world.run([
      "login",
      "plain",
      "--flow",
      "browser",
      "--redirect-ports",
      String(taken),
    ]);
    other.close();
    expect(status).toBe(3);
    expect(stderr).toContain(`no server can be opened at port ${taken} of this machine`);
    expect(stderr).toMatch(/--redirect-ports.*--flow device/);
  });
});

/** Entra has no page with the code filled in. */
const codeEvent = v.object({ verificationUri: v.string(), userCode: v.string() });

const entraSays = (error: string, description: string) =>
  world.sandbox.faults.set({
    kind: "status",
    area: "token",
    face: "entra",
    status: 400,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error, error_description: description }),
  });

describe("Entra, whose tenant blocks the device code flow", () => {
  it("shows its block page in the browser alone: when the code runs out, the hint names the other flow", async () => {
    entraSays("expired_token", "AADSTS70019: Verification code expired.");
    const { status, stderr } = await world.run(["login", "entra"], { env: await world.anotherHome() });
    expect(status).toBe(4);
    expect(stderr).toContain("the code ran out");
    expect(stderr).toMatch(/^tegata: hint: .*block.*--flow browser/m);
  });

  it("takes a refresh token of that flow no more (530036): it is dropped, and the browser flow signs in", async () => {
    const running = world.start(["login", "entra", "--json"]);
    const [line] = await running.stdoutMatching(/^.*\n/);
    const { verificationUri, userCode } = v.parse(codeEvent, JSON.parse(line));
    await world.sandbox.approve(verificationUri, { userCode });
    expect((await running.ended).status).toBe(0);
    const { path, record } = await onlySession(world.stateDir);
    const { idToken: _ended, ...rest } = record;
    await writeFile(path, JSON.stringify(rest));
    entraSays("invalid_grant", "AADSTS530036: Refresh tokens issued by device code are blocked by policy.");
    const renewal = await world.run(["credential-process", "entra", "--fresh"]);
    expect(renewal.status).toBe(4);
    expect(renewal.stderr).toContain("the tenant forbids sign-ins by device code: the browser flow helps");
    expect((await onlySession(world.stateDir)).record.refreshToken).toBeUndefined();
    world.sandbox.faults.clear();
    const again = world.start(["login", "entra", "--flow", "browser", "--json"]);
    const [request] = loginEvents((await again.stdoutMatching(/^.*\n/))[0]);
    await world.sandbox.browse(request?.event === "authorization_request" ? request.authorizationUri : "");
    expect((await again.ended).status).toBe(0);
  });
});

describe("the setting flow", () => {
  it.each([
    ["auto", { BROWSER: "firefox" }, "authorization_request"],
    ["auto", {}, "device_authorization"],
    ["auto", { BROWSER: "firefox", SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22" }, "device_authorization"],
    ["device", { BROWSER: "firefox" }, "device_authorization"],
  ])("%s beside %j asks by %s", async (flow, env, event) => {
    const running = world.start(["login", "plain", "--json", "--no-browser"], {
      env: { ...(await world.anotherHome()), ...env, TEGATA_FLOW: flow },
    });
    const [line] = await running.stdoutMatching(/^.*\n/);
    running.child.kill("SIGINT");
    await running.ended;
    expect(loginEvents(line)[0]).toMatchObject({ event });
  });

  it("auto waits for nobody on CI", async () => {
    const env = { ...(await world.anotherHome()), CI: "true" };
    const { status, stderr } = await world.run(["login", "plain", "--flow", "auto"], { env });
    expect(status).toBe(4);
    expect(stderr).toContain("a sign-in in the browser is needed, and on CI nobody is asked unless a flow is named");
    expect(stderr).toMatch(/if a person waits for it, use --flow device$/m);
  });

  it("that the identity provider does not have is an error of the settings", async () => {
    const { status, stderr } = await world.run(["login", "plain", "--flow", "smoke-signals"]);
    expect(status).toBe(2);
    expect(stderr).toContain("must be one of device, browser, auto");
  });
});
