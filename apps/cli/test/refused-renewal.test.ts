import type { Sandbox } from "@tegata/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as v from "valibot";
import { onTerminal } from "./support/on-terminal.ts";
import { endIdToken, onlySession } from "./support/records.ts";
import { expectClean, expectRefusal } from "./support/refusal.ts";
import { approveOnStderr, createWorld, type World } from "./support/world.ts";

let world: World;
let env: { readonly HOME: string };
const stateDir = () => `${env.HOME}/.local/state/tegata`;
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

/** A machine on which somebody has signed in, and only the refresh token is left of it. */
async function signedInBefore(profile: string): Promise<void> {
  env = await world.anotherHome();
  await world.signIn(profile, { env });
  await endIdToken(stateDir());
  world.sandbox.requests.clear();
}

type Fault = Parameters<Sandbox["faults"]["set"]>[0];
const refuses = (status: number, body: Readonly<Record<string, unknown>>): Fault => ({
  kind: "status",
  area: "token",
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const mfa = refuses(403, { error: "mfa_required", error_description: "Multifactor authentication required" });

describe("a renewal that the provider refuses until it sees the person", () => {
  it.each([
    [403, "mfa_required"],
    [400, "interaction_required"],
    [401, "login_required"],
    [400, "consent_required"],
    [403, "access_denied"],
    [403, "unauthorized"],
  ])("with HTTP %i %s needs a sign-in (4), and keeps the refresh token", async (status, error) => {
    await signedInBefore("plain");
    const before = await onlySession(stateDir());
    world.sandbox.faults.set(refuses(status, { error, error_description: "Not \u001b[2Jthis way." }));
    const ended = await world.run(["credential-process", "plain", "--fresh", "--error-format=json"], { env });
    const message = `did not renew the last one (${error}: Not [2Jthis way)`;
    expectRefusal(ended, { status: 4, code: "sign_in_required", error: message, hint: /^tegata login plain$/ }, world);
    expect(await onlySession(stateDir())).toEqual(before);
    world.sandbox.faults.clear();
    expect(await world.run(["env", "plain", "--fresh"], { env })).toMatchObject({ status: 0, stderr: "" });
  });

  it("at Auth0 names the Action that lets renewals pass", async () => {
    await signedInBefore("dev");
    world.sandbox.faults.set(mfa);
    const ended = await world.run(["env", "dev", "--fresh"], { env });
    const error = /mfa_required: Multifactor authentication required; a post-login Action .* is oauth2-refresh-token/;
    expectRefusal(ended, { status: 4, error, hint: /^tegata login dev$/ }, world);
  });

  it("asks where a person may be asked", async () => {
    await signedInBefore("dev");
    world.sandbox.faults.set({ ...mfa, times: 2 });
    const running = world.start(["env", "dev", "--fresh", "--prompt=always"], { env });
    await approveOnStderr(running, world.sandbox);
    expect(await running.ended).toMatchObject({ status: 0 });
  });

  it("asks on a terminal", async (context) => {
    await signedInBefore("dev");
    world.sandbox.faults.set({ ...mfa, times: 2 });
    const running = onTerminal("tegata env dev --fresh --no-browser >/dev/null", world, context, { env });
    const [, page = ""] = await running.stdoutMatching(/open (http\S+)/);
    await world.sandbox.approve(page);
    expect(await running.ended).toMatchObject({ status: 0 });
  });

  it.each([
    [401, "invalid_client", "idp_client_rejected"],
    [400, "invalid_scope", "idp_rejected"],
    [400, "invalid_request", "idp_rejected"],
  ])("is told apart from HTTP %i %s, which no sign-in mends (5)", async (status, error, code) => {
    await signedInBefore("plain");
    world.sandbox.faults.set(refuses(status, { error }));
    const ended = await world.run(["env", "plain", "--fresh", "--prompt=always", "--error-format=json"], { env });
    expectRefusal(ended, { status: 5, code, error, hint: /./ }, world);
  });

  it.each(["temporarily_unavailable", "server_error", "slow_down"])(
    "is told apart from %s, which time mends (6)",
    async (error) => {
      await signedInBefore("plain");
      const before = await onlySession(stateDir());
      world.sandbox.faults.set(refuses(400, { error }));
      const ended = await world.run(["env", "plain", "--fresh", "--prompt=always", "--error-format=json"], { env });
      expectRefusal(ended, { status: 6, code: "idp_unavailable", error, hint: "try again in a moment" }, world);
      expect(await onlySession(stateDir())).toEqual(before);
    },
  );
});

const statusOf = async () => {
  const { stdout } = await world.run(["status", "plain", "--json"], { env });
  return stdout;
};

describe("a renewal that the provider refuses for good", () => {
  const words = "The user is no longer allowed to sign in.";
  const uri = "https://documentation.openiddict.com/errors/ID2021";
  const said = "invalid_grant: The user is no longer allowed to sign in";

  it("says why in every run, in JSON with the page about it, in status, and asks the provider once", async () => {
    await signedInBefore("plain");
    world.sandbox.faults.set(refuses(400, { error: "invalid_grant", error_description: words, error_uri: uri }));
    for (const _run of [1, 2]) {
      const ended = await world.run(["credential-process", "plain", "--fresh", "--error-format=json"], { env });
      expect(ended).toMatchObject({ status: 4, stdout: "" });
      expect(JSON.parse(ended.stderr)).toEqual({
        code: "sign_in_required",
        message: `a sign-in in the browser is needed: the identity provider did not renew the last one (${said})`,
        hint: "tegata login plain",
        details: { error: "invalid_grant", errorUri: uri },
      });
    }
    expect(world.sandbox.requests.count("token")).toBe(1);
    expect(await statusOf()).toContain(`"message":"a sign-in in the browser is needed: the identity provider did not`);
    expect(await statusOf()).toContain(`"notRenewed":"${said}"`);
    const shown = await world.run(["status", "plain"], { env });
    expect(shown.stdout).toContain(`not renewed (${said})`);
    expectClean(shown.stdout, world);
  });

  it("says why with --verbose, before a person is asked", async () => {
    await signedInBefore("plain");
    world.sandbox.faults.set({ ...refuses(400, { error: "invalid_grant", error_description: words }), times: 1 });
    const running = world.start(["env", "plain", "--fresh", "--prompt=always", "--verbose"], { env });
    await approveOnStderr(running, world.sandbox);
    const { status, stderr } = await running.ended;
    expect(status).toBe(0);
    expect(stderr).toContain(`tegata: the sign-in is not renewed: ${said}\n`);
    expect(await statusOf()).not.toContain("notRenewed");
  });

  it.each(["", "   ", "\u200b", null, 7, {}])(
    "names the error alone when its description is %j",
    async (description) => {
      await signedInBefore("plain");
      const body = { error: "invalid_grant", error_description: description, error_uri: description };
      world.sandbox.faults.set(refuses(400, body));
      const ended = await world.run(["env", "plain", "--fresh"], { env });
      expectRefusal(ended, { status: 4, error: /\(invalid_grant\)$/, hint: "tegata login plain" }, world);
    },
  );

  it("cuts words that are long", async () => {
    await signedInBefore("plain");
    const body = {
      error: "invalid_grant",
      error_description: "d".repeat(100_000),
      error_uri: `${uri}/${"u".repeat(9000)}`,
    };
    world.sandbox.faults.set(refuses(400, body));
    const ended = await world.run(["env", "plain", "--fresh", "--error-format=json"], { env });
    expect(ended.status).toBe(4);
    expect(ended.stderr.length).toBeLessThan(700);
    expect(v.parse(v.looseObject({ details: v.unknown() }), JSON.parse(ended.stderr)).details).toEqual({
      error: "invalid_grant",
    });
  });
});

describe("a renewal that brings no ID token", () => {
  it("spends one refresh token, says so from then on, and is tried again after a sign-in", async () => {
    await signedInBefore("plain");
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "missing" } });
    for (const _run of [1, 2, 3]) {
      const ended = await world.run(["env", "plain", "--fresh"], { env });
      const error = "its answer to the refresh token holds no ID token; the scope is";
      expectRefusal(ended, { status: 4, error, hint: "tegata login plain" }, world);
    }
    expect(world.sandbox.requests.count("token")).toBe(1);
    expect((await world.run(["status", "plain"], { env })).stdout).toContain("not renewed (its answer to");
    world.sandbox.faults.clear();
    await world.signIn("plain", { env });
    await endIdToken(stateDir());
    expect(await world.run(["env", "plain", "--fresh"], { env })).toMatchObject({ status: 0, stderr: "" });
  });
});
