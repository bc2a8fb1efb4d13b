import type { Sandbox } from "@tegata/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { onTerminal } from "./support/on-terminal.ts";
import { cachedCredentials } from "./support/records.ts";
import { expectClean, expectRefusal } from "./support/refusal.ts";
import { approveOnStderr, createWorld, type World } from "./support/world.ts";

type Fault = Parameters<Sandbox["faults"]["set"]>[0];
const device = (patch: Record<string, unknown>): Fault => ({ kind: "patchJson", area: "device_authorization", patch });
const claims = (patch: Record<string, unknown>): Fault => ({
  kind: "idToken",
  fault: { how: "claims", claims: patch },
});

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

const longPage = () => `${world.sandbox.oidc.issuer}/device?${"x".repeat(100_000)}`;

describe("a text of a server that is far too long", () => {
  it.each<[name: string, fault: () => Fault, words: RegExp]>([
    [
      "verification_uri",
      () => device({ verification_uri: longPage() }),
      /its verification_uri has 1000\d\d characters, and at most 2048 are taken/,
    ],
    [
      "verification_uri_complete",
      () => device({ verification_uri_complete: longPage() }),
      /its verification_uri_complete has 1000\d\d characters, and at most 2048 are taken/,
    ],
    [
      "user_code",
      () => device({ user_code: "W".repeat(100_000) }),
      /its user_code has 100000 characters, and at most 64 are taken/,
    ],
    [
      "device_code",
      () => device({ device_code: "d".repeat(100_000) }),
      /its device_code has 100000 characters, and at most 65536 are taken/,
    ],
    [
      "an endpoint of discovery",
      () => ({ kind: "patchJson", area: "discovery", patch: { token_endpoint: longPage() } }),
      /its token_endpoint has 1000\d\d characters, and at most 2048 are taken/,
    ],
  ])("is refused with its name and length: %s", async (_name, fault, words) => {
    world.sandbox.faults.set(fault());
    const ended = await world.run(["login", "plain", "--error-format=json"]);
    expectRefusal(ended, { status: 6, code: "idp_invalid_response", error: words, hint: /./ }, world);
    expect(ended.stderr.length).toBeLessThan(700);
  });

  it("is refused on a terminal as well", async (context) => {
    world.sandbox.faults.set(device({ verification_uri_complete: longPage() }));
    const ended = await onTerminal("tegata login plain", world, context).ended;
    expect(ended.status).toBe(6);
    expect(ended.stdout.replace(/\s+/g, " ")).toContain("and at most 2048 are taken");
    expect(ended.stdout.length).toBeLessThan(1500);
  });

  it("is cut where it is the provider's own words", async () => {
    const long = "e".repeat(100_000);
    const body = JSON.stringify({ error: `x${long}`, error_description: long, error_uri: `https://a.example/${long}` });
    world.sandbox.faults.set({ kind: "status", area: "device_authorization", status: 400, body });
    const ended = await world.run(["login", "plain", "--error-format=json"]);
    expectRefusal(ended, { status: 5, code: "idp_rejected", error: /…/, hint: /./ }, world);
    expect(ended.stderr.length).toBeLessThan(1000);
  });
});

/** A machine of its own, at the one sandbox: keys take long to make. */
async function onNewMachine() {
  const env = await world.anotherHome();
  const sessionName = async () => {
    const { record } = await cachedCredentials(`${env.HOME}/.cache/tegata`, world.sandbox.roles.developer);
    return record.credentials.assumedRoleArn.split("/").at(-1);
  };
  return { env, sessionName };
}

describe("a text of a server that says nothing", () => {
  const subject = "65f1a0c2d4e6f80011223301";

  it.each(["", "   ", "\u200b", null, 7, ["ann@example.com"]])(
    "is no e-mail address: the subject stands in for %j",
    async (email) => {
      const { env, sessionName } = await onNewMachine();
      world.sandbox.faults.set(claims({ email }));
      const running = world.start(["login", "plain"], { env });
      await approveOnStderr(running, world.sandbox);
      const { status, stderr } = await running.ended;
      expect(stderr).toContain(`tegata: signed in as ${subject}; `);
      expect(status).toBe(0);
      expect(await sessionName()).toBe(subject);
    },
  );

  it("is an e-mail address of which STS takes nothing: the subject names the session", async () => {
    const { env, sessionName } = await onNewMachine();
    world.sandbox.faults.set(claims({ email: "山田" }));
    await world.signIn("plain", { env });
    expect(await sessionName()).toBe(subject);
  });

  it.each(["", " ", "\u200b\u202e"])("is no subject: %j is refused", async (sub) => {
    const { env } = await onNewMachine();
    world.sandbox.faults.set(claims({ sub }));
    const ended = await world.login("plain", { env });
    expect(ended.status).toBe(6);
    expect(ended.stderr).toContain("its claim sub is missing or of the wrong kind");
  });

  it.each(["", "  ", null])("is no page with the code filled in: %j", async (complete) => {
    const { env } = await onNewMachine();
    world.sandbox.faults.set(device({ verification_uri_complete: complete }));
    const running = world.start(["login", "plain"], { env });
    const [said, page = "", code = ""] = await running.stderrMatching(/open (\S+)\n.* enter the code (\S+) /);
    expectClean(said, world);
    await world.sandbox.approve(page, { userCode: code });
    expect(await running.ended).toMatchObject({ status: 0 });
  });

  it.each(["refresh_token", "access_token", "scope"])("changes nothing in a response with tokens: %s", async (name) => {
    const { env } = await onNewMachine();
    world.sandbox.faults.set({ kind: "patchJson", area: "token", patch: { [name]: "" } });
    expect(await world.login("plain", { env })).toMatchObject({ status: 0 });
  });
});

describe("a number of a server that makes no sense", () => {
  it.each<[name: string, value: unknown]>([
    ["interval", 1e308],
    ["interval", -1],
    ["interval", "soon"],
    ["interval", 301],
    ["expires_in", 0],
    ["expires_in", -5],
    ["expires_in", "NaN"],
    ["expires_in", null],
  ])("is refused before anybody is asked: %s %j", async (name, value) => {
    world.sandbox.faults.set(device({ [name]: value }));
    const ended = await world.run(["login", "plain"]);
    expect(ended).toMatchObject({ status: 6, stdout: "" });
    expect(ended.stderr).toContain(`its ${name} is missing or makes no sense`);
    expect(ended.stderr).not.toContain("open ");
  });

  it("is a day at most where it is a code's life, and the countdown shows it", async (context) => {
    world.sandbox.faults.set(device({ expires_in: 1e300 }));
    const running = onTerminal("tegata login plain", world, context, { columns: 20, rows: 20 });
    await running.stdoutMatching(/14(?:40:00|39:\d\d) left/);
    running.child.stdin.write("\u0003");
    expect((await running.ended).status).toBe(130);
  });
});

describe("a text of a server on a terminal", () => {
  const hostile = `\u001b[31m\u009b2J\r\u202e${"w".repeat(100_000)}`;
  // oxlint-disable-next-line no-control-regex
  const escapes = /\u001b(?!\[(?:\d*m|0m|K))|\u009b|\u202e|\r(?!\n|\u001b\[K)/;

  it.for<[name: string, fault: () => Fault, status: number]>([
    ["the e-mail address in signed in as", () => claims({ email: hostile.slice(0, 3000) }), 0],
    ["an e-mail address that makes a token too long", () => claims({ email: hostile }), 6],
    ["words of STS", () => ({ kind: "stsError", code: "AccessDenied", message: hostile }), 5],
    ["a code of STS", () => ({ kind: "stsError", code: hostile, message: "no" }), 5],
  ])("is limited, and commands nothing: %s", async ([, fault, status], context) => {
    const env = await world.anotherHome();
    const running = onTerminal("tegata login plain", world, context, { env, columns: 80 });
    const [, page = ""] = await running.stdoutMatching(/open (\S+)\r\n/);
    world.sandbox.faults.set(fault());
    await world.sandbox.approve(page);
    const ended = await running.ended;
    expect(ended.stdout).not.toMatch(escapes);
    expect(ended.stdout.length).toBeLessThan(6000);
    expect(ended.status).toBe(status);
  });
});
