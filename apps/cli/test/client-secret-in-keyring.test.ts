import type { MachineCredentials } from "@tegata/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { type KeyringSession, startKeyringSession } from "./support/keyring-session.ts";
import { findProgram, need } from "./support/needs.ts";
import { expectRefusal } from "./support/refusal.ts";
import { start } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

const hasKeyring = ["gnome-keyring-daemon", "dbus-run-session"].every((name) => findProgram(name) !== undefined);

let world: World;
let machine: MachineCredentials;
beforeAll(async () => {
  world = await createWorld();
  machine = await world.sandbox.machine();
  await world.writeSettings(
    ["library/backup", "https://sso.example.com/secret-tool/backup", "acme/other"]
      .map(
        (entry, index) => `
[idp.machine-${index}]
type = "oidc"
issuer = "${world.sandbox.oidc.issuer}"
client_id = "${machine.clientId}"
flow = "client-credentials"
client_secret_keyring = "${entry}"

[profile.machine-${index}]
idp = "machine-${index}"
role_arn = "${world.sandbox.roles.developer}"
region = "us-east-1"
sts_endpoint = "${world.sandbox.sts.endpoint}"
`,
      )
      .join("\n"),
  );
});
afterAll(() => world.close());

/** A program of the person that stores the secret, which it reads from stdin. */
async function store(command: readonly [string, ...string[]], keyring: KeyringSession): Promise<void> {
  const running = start(command, {
    env: { PATH: process.env["PATH"] ?? "", ...keyring.env },
    cwd: process.cwd(),
    keepStdinOpen: true,
  });
  running.child.stdin.end(machine.clientSecret);
  const { status, stderr } = await running.ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

/** Of the library that tegata reads it with. */
const byLibrary = `
  import { Entry } from "@napi-rs/keyring";
  import { text } from "node:stream/consumers";
  new Entry("library", "backup", { linux: { store: "secret-service" } }).setPassword(await text(process.stdin));
`;

describe.skipIf(!hasKeyring)("a client's secret in a real gnome-keyring (skipped where it is not installed)", () => {
  let keyring: KeyringSession;
  beforeAll(async () => {
    keyring = await startKeyringSession();
  });
  afterAll(() => keyring.close());

  it.each(["binary", "node", "bun"] as const)("gives credentials by the %s", async (program) => {
    await store([process.execPath, "--input-type=module", "-e", byLibrary], keyring);
    const env = { ...(await world.anotherHome()), ...keyring.env };
    const ended = await world.run(["credential-process", "machine-0"], { env, program });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(credentialProcessOutput(ended).AccessKeyId).toMatch(/^ASIA/);
  });

  it("gives credentials after secret-tool has stored it as docs/config.md says", async (context) => {
    const secretTool = need("secret-tool", context);
    const service = "https://sso.example.com/secret-tool";
    await store([secretTool, "store", "--label=acme", "service", service, "username", "backup"], keyring);
    const env = { ...(await world.anotherHome()), ...keyring.env };
    expect(await world.run(["credential-process", "machine-1"], { env })).toMatchObject({ status: 0, stderr: "" });
  });

  it("is missed where the keyring has no such entry, and the error names the setting", async () => {
    const env = { ...(await world.anotherHome()), ...keyring.env };
    expectRefusal(
      await world.run(["credential-process", "machine-2"], { env }),
      {
        status: 3,
        error:
          "the client's secret is missing: the entry of the keyring that client_secret_keyring names is empty, or not there",
        hint: "put the secret there",
      },
      world,
    );
  });

  it("is not read from a keyring that is locked", async () => {
    await keyring.again({ unlocked: false });
    const env = { ...(await world.anotherHome()), ...keyring.env };
    const ended = await world.run(["credential-process", "machine-0"], { env });
    expectRefusal(ended, { status: 3, error: "the keyring cannot be used", hint: "unlock the keyring" }, world);
  });
});

describe("a client's secret in a keyring", () => {
  it("cannot be read where there is none, and the hint names a file", async () => {
    const ended = await world.run(["credential-process", "machine-0"], { env: await world.anotherHome() });
    expectRefusal(
      ended,
      { status: 3, error: "the keyring cannot be used: there is no D-Bus session", hint: "client_secret_file" },
      world,
    );
  });

  it("has one place: with another one beside it, nothing is read", async () => {
    const ended = await world.run(["credential-process", "machine-0", "--client-secret-file", "/dev/null"]);
    expectRefusal(
      ended,
      { status: 3, error: "client_secret_file and client_secret_keyring are both set", hint: "leave" },
      world,
    );
  });

  it("is a place and no secret: what has no slash is refused without being shown", async () => {
    const ended = await world.run(["credential-process", "machine-0", "--client-secret-keyring", "hunter2hunter2"]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain("must be SERVICE/ACCOUNT");
    expect(ended.stderr).not.toContain("hunter2");
  });
});
