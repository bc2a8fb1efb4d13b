import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MachineCredentials } from "@tegata/sandbox";
import { expectNoSecret } from "@tegata/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { diagnosisIn, stepIn } from "./support/diagnosis.ts";
import { onTerminal } from "./support/on-terminal.ts";
import { createProgramFolder, shellIdp } from "./support/plugin-programs.ts";
import { endIdToken } from "./support/records.ts";
import { expectClean, like } from "./support/refusal.ts";
import { createWorkloadWorld, deployer, githubJob, respondAsGithub } from "./support/workload-world.ts";
import { createWorld, settingsOf, type World, type WorldRunOptions } from "./support/world.ts";

const far = (name: string) => `arn:aws:iam::210987654321:role/${name}`;

let world: World;
let machine: MachineCredentials;
let settings: string;
beforeAll(async () => {
  world = await createWorld({
    roles: [
      {
        arn: far("Prod"),
        trustPolicy: () => ({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { AWS: "arn:aws:iam::123456789012:role/Developer" },
              Action: ["sts:AssumeRole"],
            },
          ],
        }),
      },
    ],
  });
  const { sandbox } = world;
  machine = await sandbox.machine();
  const secret = join(world.folder, "secret");
  await writeFile(secret, machine.clientSecret, { mode: 0o600 });
  const chained = (name: string, source: string, arn: string) =>
    `\n[profile.${name}]\nsource_profile = "${source}"\nrole_arn = "${arn}"\nregion = "us-east-1"\nsts_endpoint = "${sandbox.sts.endpoint}"\n`;
  settings = `${settingsOf(sandbox)}
[idp.machine]
type = "oidc"
issuer = "${sandbox.oidc.issuer}"
client_id = "${machine.clientId}"
flow = "client-credentials"
client_secret_file = "${secret}"

[profile.machine]
idp = "machine"
role_arn = "${sandbox.roles.developer}"
region = "us-east-1"
sts_endpoint = "${sandbox.sts.endpoint}"
${chained("prod", "dev", far("Prod"))}${chained("beyond", "prod", far("Beyond"))}`;
  await world.writeSettings(settings);
  await world.signIn("dev");
});
beforeEach(() => world.sandbox.requests.clear());
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

async function doctor(args: readonly string[], options: WorldRunOptions = {}) {
  const ended = await world.run(["doctor", ...args, "--json"], options);
  expectClean(ended.stdout, world);
  return { ...ended, steps: diagnosisIn(ended) };
}

/** What was sent by the run, in order. */
const sent = () =>
  world.sandbox.requests
    .all()
    .filter(({ from }) => from === "client")
    .map(({ area }) => area);

describe("what doctor sends", () => {
  it("is each of the provider's documents, and one request to STS", async () => {
    const { status } = await doctor(["dev"]);
    expect([status, sent()]).toEqual([0, ["discovery", "jwks", "sts"]]);
  });

  it("is the refresh token too where the ID token has ended, and the new ones are stored", async () => {
    await world.signIn("plain");
    const home = await world.anotherHome();
    expect((await world.login("plain", { env: home })).status).toBe(0);
    await endIdToken(join(home.HOME, ".local/state/tegata"));
    world.sandbox.requests.clear();
    const { status, steps } = await doctor(["plain"], { env: home });
    expect([status, sent()]).toEqual([0, ["discovery", "jwks", "token", "sts"]]);
    expect(stepIn(steps, "id-token").message).toMatch(/^a new one: iss /);
    world.sandbox.requests.clear();
    const again = await doctor(["plain"], { env: home });
    expect([again.status, sent()]).toEqual([0, ["discovery", "jwks", "sts"]]);
  });

  it("is nothing offline, where it says what is stored", async () => {
    const { status, steps } = await doctor(["dev", "--offline"]);
    expect([status, sent()]).toEqual([0, []]);
    const skipped = steps.filter(({ state }) => state === "skipped").map(({ id }) => id);
    expect(skipped).toEqual(["discovery", "clock", "keys", "flow", "id-token", "sts"]);
    expect(stepIn(steps, "stored-token").message).toMatch(/^iss .*its signature is not verified offline$/);
    expect(stepIn(steps, "cached").message).toMatch(/^credentials until /);
  });

  it("is nothing to STS where nobody is signed in, and nobody is asked", async () => {
    const { status, steps } = await doctor(["dev"], { env: await world.anotherHome() });
    expect([status, sent()]).toEqual([4, ["discovery", "jwks"]]);
    expect(stepIn(steps, "sign-in")).toMatchObject({ state: "failed", hint: "tegata login dev" });
    expect(stepIn(steps, "sts")).toMatchObject({ state: "skipped", message: "not looked at, because of sign-in" });
  });
});

describe("the credentials that doctor gets", () => {
  it("are those that the next run hands out", async () => {
    const { steps } = await doctor(["dev"]);
    world.sandbox.requests.clear();
    const output = credentialProcessOutput(await world.run(["credential-process", "dev"]));
    expect(sent()).toEqual([]);
    expect(stepIn(steps, "credentials").message).toBe(
      `${world.sandbox.roles.developer} as ann@example.com, until ${output.Expiration}`,
    );
  });

  it("stand nowhere in what it prints, and no token does", async () => {
    const text = await world.run(["doctor", "dev", "--verbose"]);
    expectNoSecret(
      text.stdout + text.stderr,
      world.sandbox.secrets().map(({ value }) => value),
    );
  });
});

describe("doctor of a role chain", () => {
  it("names each link", async () => {
    const { status, steps } = await doctor(["prod"]);
    expect(status).toBe(0);
    expect(stepIn(steps, "role").message).toMatch(/^arn:aws:iam::210987654321:role\/Prod .*, by arn:.*Developer/);
    expect(steps.filter(({ id }) => id.startsWith("credentials"))).toMatchObject([
      { id: "credentials-1", state: "ok", message: like(":role/Developer as ") },
      { id: "credentials-2", state: "ok", message: like(":role/Prod as ") },
    ]);
  });

  it("finds the link that is refused, and asks for none behind it", async () => {
    world.sandbox.faults.set({ kind: "stsError", code: "AccessDenied", message: "no", times: 1 });
    const { status, steps } = await doctor(["beyond"]);
    expect(status).toBe(5);
    expect(steps.filter(({ id }) => id.startsWith("credentials")).map(({ state }) => state)).toEqual([
      "failed",
      "skipped",
      "skipped",
    ]);
  });
});

describe("doctor of a client that signs in by itself", () => {
  it("asks for one token, and nobody signs in", async () => {
    const { status, steps } = await doctor(["machine"], { env: await world.anotherHome() });
    expect(steps.filter(({ state }) => state !== "ok")).toEqual([]);
    expect([status, sent()]).toEqual([0, ["discovery", "jwks", "token", "sts"]]);
    expect(steps.map(({ id }) => id)).not.toContain("sign-in");
  });

  it("finds a secret that others can read", async () => {
    const open = join(world.folder, "open-secret");
    await writeFile(open, machine.clientSecret);
    await chmod(open, 0o644);
    const { status, steps } = await doctor(["machine", "--client-secret-file", open]);
    const found = stepIn(steps, "client-token");
    expect([status, found.code]).toEqual([3, "file_unreadable"]);
    expect(found.message).toMatch(/others on this machine can read it/);
    expect(found.hint).toMatch(/^chmod 600/);
  });

  it("finds a secret that is refused", async () => {
    const wrong = join(world.folder, "wrong-secret");
    await writeFile(wrong, "wrong", { mode: 0o600 });
    const { status, steps } = await doctor(["machine", "--client-secret-file", wrong]);
    expect([status, stepIn(steps, "client-token").code]).toEqual([5, "idp_client_rejected"]);
    expect(steps.map(({ hint }) => hint ?? "").join("\n")).not.toContain("login");
  });
});

describe("doctor in a job", () => {
  it("goes the way of the platform's token", async () => {
    const runner = await createWorkloadWorld();
    respondAsGithub(runner.tokenServer);
    const job = githubJob(runner.tokenServer);
    const issuer = ["--issuer", runner.tokenServer.issuer];
    const ended = await runner.run(["doctor", "--role-arn", deployer, ...issuer, "--json"], job);
    const steps = diagnosisIn(ended);
    expect(steps.filter(({ state }) => state === "failed")).toEqual([]);
    expect(ended.status).toBe(0);
    expect(stepIn(steps, "platform-token").message).toMatch(/^GitHub Actions.* has one, of the issuer http/);
    expect(stepIn(steps, "id-token").message).toContain('sub "repo:acme/app:ref:refs/heads/main"');
    expect(steps.map(({ id }) => id)).not.toContain("flow");

    const { ACTIONS_ID_TOKEN_REQUEST_URL: _url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: _token, ...without } = job;
    const refused = await runner.run(["doctor", "--idp", "workload", "--role-arn", deployer, "--json"], without);
    expect(refused.status).toBe(3);
    expect(stepIn(diagnosisIn(refused), "idp")).toMatchObject({
      code: "workload_token_missing",
      hint: like("id-token: write"),
    });
    await runner.close();
  });
});

describe("doctor of a plugin program", () => {
  it("runs none that nobody trusts, and says how to trust it", async () => {
    const on = await createProgramFolder(world);
    await on.put("tegata-idp-corp", shellIdp("corp", "exit 1"));
    const home = await world.anotherHome();
    const args = ["--idp", "corp", "--issuer", world.sandbox.oidc.issuer, "--client-id", "x", "--role-arn", deployer];
    const ended = await on.run(["doctor", ...args, "--json"], home);
    expect(ended.status).toBe(3);
    expect(stepIn(diagnosisIn(ended), "idp")).toMatchObject({
      code: "plugin_untrusted",
      hint: like("plugins trust corp"),
    });
  });
});

const lines = (text: string) => text.replaceAll("\r", "").trimEnd().split("\n");
/** Addresses and paths are not broken; the terminal carries them over. */
const isBreakable = (line: string) => line.trim().includes(" ") && !/\/\S{20}/.test(line);

describe("what a person sees of doctor", () => {
  it("has a word for each state in a pipe, in whole lines and without colours", async () => {
    const { stdout, stderr } = await world.run(["doctor", "dev"]);
    expect(stderr).toBe("");
    expect(lines(stdout).filter((line) => !/^ok {6}[a-z-]+ +\S/.test(line))).toEqual([]);
    expect(stdout).not.toContain("\u001b");
  });

  it("ends with what comes first, where something failed", async () => {
    const { stdout, stderr, status } = await world.run(["doctor", "dev"], { env: await world.anotherHome() });
    expect(stderr).toBe("tegata: sign-in comes first: tegata login dev\n");
    expect(stdout).toMatch(/^failed {2}sign-in +a sign-in in the browser is needed\n +hint: tegata login dev\n/m);
    expect(status).toBe(4);
  });

  it.for([80, 40])("fits a terminal of %i columns, with marks and hints", async (columns, context) => {
    const env = await world.anotherHome();
    const shown = await onTerminal("tegata doctor dev", world, context, { columns, env }).ended;
    // oxlint-disable-next-line no-control-regex
    const plain = shown.stdout.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, "");
    // A line that replaces itself stands before what is left: behind the last carriage return.
    const seen = lines(plain.replaceAll("\r\n", "\n").replaceAll(/[^\n]*\r/g, ""));
    expect(shown.status).toBe(4);
    expect(seen.some((line) => /^✓ +?settings/.test(line))).toBe(true);
    expect(seen.some((line) => /^✗ +?sign-in/.test(line))).toBe(true);
    expect(seen.some((line) => /^ +hint: tegata login dev$/.test(line))).toBe(true);
    expect(seen.filter((line) => line.length >= columns && isBreakable(line))).toEqual([]);
  });

  it.for([
    ["NO_COLOR", { NO_COLOR: "1" }, "✓ settings"],
    ["a dumb terminal", { TERM: "dumb" }, "ok      settings"],
  ] as const)("has no colour where there is %s", async ([_what, env, first], context) => {
    const { stdout } = await onTerminal("tegata doctor dev --offline", world, context, { env }).ended;
    expect(stdout).toContain(first);
    expect(stdout).not.toContain("\u001b");
  });

  it("has words in colour on a terminal without UTF-8", async (context) => {
    const { stdout } = await onTerminal("tegata doctor dev --offline", world, context, { env: { LC_ALL: "C" } }).ended;
    expect(stdout).toContain("\u001b[32mok\u001b[0m      settings");
  });
});
