import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AUTH0_API, ENTRA_TENANT, type MachineCredentials } from "@tegata/sandbox";
import { expectNoSecret } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { like } from "./support/refusal.ts";
import type { Ended } from "./support/run.ts";
import { createWorld, type World, type WorldRunOptions } from "./support/world.ts";

let world: World;
let machine: MachineCredentials;
let files: string;

async function secretFile(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(files, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

beforeAll(async () => {
  world = await createWorld({ faces: ["okta", "entra", "openiddict"] });
  const { sandbox } = world;
  machine = await sandbox.machine();
  files = join(world.folder, "secrets");
  await mkdir(files, { mode: 0o700 });
  const secret = await secretFile("secret", `${machine.clientSecret}\n`);
  const key = await secretFile("key.pem", machine.keyPem);
  const ecKey = await secretFile("ec.pem", machine.ecKeyPem);
  const keyAndCertificate = await secretFile("entra.pem", `${machine.keyPem}\n${machine.certificatePem}`);
  const profile = (name: string, idp: string, lines: string) => `
[idp.${name}]
${idp}
client_id = "${machine.clientId}"
flow = "client-credentials"
${lines}

[profile.${name}]
idp = "${name}"
role_arn = "${sandbox.roles.developer}"
region = "us-east-1"
sts_endpoint = "${sandbox.sts.endpoint}"
`;
  const oidc = `type = "oidc"\nissuer = "${sandbox.oidc.issuer}"`;
  const auth0 = `type = "auth0"\ndomain = "${sandbox.auth0.domain}"\naudience = "${AUTH0_API}"`;
  const okta = `type = "okta"\ndomain = "${sandbox.face("okta").origin}"\nauthorization_server = "default"\nclient_scope = "aws"`;
  const openiddict = `type = "oidc"\nissuer = "${sandbox.face("openiddict").issuer}"`;
  const entra = `type = "entra"\ntenant = "${ENTRA_TENANT}"\nauthority_host = "${sandbox.face("entra").origin}"`;
  await world.writeSettings(
    [
      profile("oidc-secret", oidc, `client_secret_file = "${secret}"`),
      profile("oidc-variable", oidc, `client_secret_variable = "ACME_SECRET"`),
      profile("oidc-command", oidc, `client_secret_command = ["cat", "${secret}"]`),
      profile("oidc-key", oidc, `client_key_file = "${key}"\nclient_key_id = "${machine.keyId}"`),
      profile("oidc-ec", oidc, `client_key_file = "${ecKey}"`),
      profile("oidc-ps256", oidc, `client_key_file = "${key}"\nclient_key_algorithm = "PS256"`),
      profile("auth0-secret", auth0, `client_secret_file = "${secret}"`),
      profile("auth0-key", auth0, `client_key_file = "${key}"`),
      profile("okta-secret", okta, `client_secret_file = "${secret}"`),
      profile("okta-key", okta, `client_key_file = "${key}"\nclient_key_id = "${machine.keyId}"`),
      profile("entra-secret", entra, `client_secret_file = "${secret}"`),
      profile("openiddict-key", openiddict, `client_key_file = "${key}"`),
      profile("entra-key", entra, `client_key_file = "${keyAndCertificate}"`),
    ].join("\n"),
  );
});
let env: { readonly HOME: string };
beforeEach(async () => {
  env = await world.anotherHome();
  world.sandbox.requests.clear();
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

/** In a home where nothing is stored yet, and where nobody is there to sign in. */
async function run(args: readonly string[], options: WorldRunOptions = {}): Promise<Ended> {
  const ended = await world.run(args, {
    ...options,
    env: { ACME_SECRET: machine.clientSecret, ...env, ...options.env },
  });
  expectNoSecret(`${args.join(" ")}${ended.stderr}`, secrets());
  return ended;
}

const secrets = () => [...world.sandbox.secrets().map(({ value }) => value), machine.keyPem.split("\n")[3] ?? "no key"];
const count = (area: "token" | "sts" | "device_authorization") => world.sandbox.requests.count(area);
const accessKeyOf = (ended: Pick<Ended, "stdout">) => credentialProcessOutput(ended).AccessKeyId;

async function failure(args: readonly string[], status: number, options: WorldRunOptions = {}) {
  const ended = await run(args, { ...options, env: { TEGATA_ERROR_FORMAT: "json", ...options.env } });
  expect(ended).toMatchObject({ status, stdout: "" });
  const error = v.parse(
    v.object({ code: v.string(), message: v.string(), hint: v.optional(v.string(), "") }),
    JSON.parse(ended.stderr),
  );
  expect(`${error.message} ${error.hint}`).not.toMatch(/tegata login|sign in again/);
  return error;
}

describe("a client that signs in by itself", () => {
  it.each([
    "oidc-secret",
    "oidc-variable",
    "oidc-command",
    "oidc-key",
    "oidc-ec",
    "oidc-ps256",
    "auth0-secret",
    "auth0-key",
    "okta-secret",
    "okta-key",
    "entra-secret",
    "entra-key",
    "openiddict-key",
  ])(
    "gets credentials as %s with one request for a token and one to STS, and from then on by none",
    async (profile) => {
      const first = await run(["credential-process", profile]);
      expect(first).toMatchObject({ status: 0, stderr: "" });
      expect([count("token"), count("sts"), count("device_authorization")]).toEqual([1, 1, 0]);
      const second = await run(["credential-process", profile]);
      expect(accessKeyOf(second)).toBe(accessKeyOf(first));
      expect([count("token"), count("sts")]).toEqual([1, 1]);
    },
  );

  it("stores nothing of its sign-in but the credentials", async () => {
    await run(["credential-process", "auth0-secret"]);
    const places = { cacheDir: join(env.HOME, ".cache/tegata"), stateDir: join(env.HOME, ".local/state/tegata") };
    const stored = await world.storedFiles(places);
    const ofSignIn = world.sandbox.secrets().filter(({ kind }) => !/session_token|secret_access_key/.test(kind));
    expect(stored.length).toBeGreaterThan(0);
    expectNoSecret(
      stored.map(({ content }) => content).join("\n"),
      ofSignIn.map(({ value }) => value),
    );
  });

  it("takes a plain provider's access token where there is no ID token and its audience is named", async () => {
    const args = ["credential-process", "oidc-secret", "--client-scope", "profile"];
    const { message, hint } = await failure(args, 6);
    expect([message, hint]).toEqual([like("no ID token"), like("audience")]);
    expect(await run([...args, "--audience", "account"])).toMatchObject({ status: 0 });
    expect((await failure([...args, "--audience", "other"], 6)).code).toBe("id_token_invalid");
  });

  it("is asked for once by ten processes at a time", async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => run(["credential-process", "auth0-key"])));
    expect(new Set(all.map(accessKeyOf)).size).toBe(1);
    expect([count("token"), count("sts")]).toEqual([1, 1]);
  });

  it("does not share its credentials with another way to sign in at the same provider", async () => {
    const one = await run(["credential-process", "auth0-secret"]);
    const other = await run(["credential-process", "auth0-key"]);
    expect(accessKeyOf(other)).not.toBe(accessKeyOf(one));
  });

  it("is chosen by the flag and by the variable as well", async () => {
    const args = ["--idp", "oidc", "--issuer", world.sandbox.oidc.issuer, "--client-id", machine.clientId];
    const role = ["--role-arn", world.sandbox.roles.developer, "--sts-endpoint", world.sandbox.sts.endpoint];
    const secret = ["--client-secret-variable", "ACME_SECRET", "--region", "us-east-1"];
    const all = ["credential-process", ...args, ...role, ...secret];
    expect(await run([...all, "--flow", "client-credentials"])).toMatchObject({ status: 0 });
    expect(await run(all, { env: { TEGATA_FLOW: "client-credentials" } })).toMatchObject({ status: 0 });
  });
});

describe("commands about a client that signs in by itself", () => {
  it("login proves the set-up, asks nobody and ends with 0", async () => {
    const { status, stdout } = await run(["login", "okta-key", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ event: "signed_in", subject: machine.clientId });
    expect(count("device_authorization")).toBe(0);
  });

  it("login --if-needed does nothing while there are credentials", async () => {
    expect(await run(["login", "okta-key", "--if-needed"])).toMatchObject({ status: 0 });
    expect(await run(["login", "okta-key", "--if-needed"])).toMatchObject({ status: 0 });
    expect(count("token")).toBe(1);
  });

  it("status and profiles tell of it, and name no sign-in", async () => {
    await run(["credential-process", "entra-key"]);
    const { status, stdout } = await run(["status", "entra-key", "--json"]);
    expect(status).toBe(0);
    expect(stdout).toContain('"state":"fresh"');
    expect((await run(["status", "entra-key"])).stdout).not.toMatch(/not signed in|tegata login/);
    expect((await run(["profiles"])).stdout).toContain("entra-key");
  });

  it("logout forgets its credentials, and the next run gets others", async () => {
    const before = await run(["credential-process", "oidc-key"]);
    expect(await run(["logout", "oidc-key"])).toMatchObject({ status: 0 });
    const after = await run(["credential-process", "oidc-key"]);
    expect(accessKeyOf(after)).not.toBe(accessKeyOf(before));
  });

  it("exec hands its credentials to a command, and renews them with --refresh", async () => {
    const shown = ["--", "sh", "-c", "echo id=$AWS_ACCESS_KEY_ID url=$AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    const once = await run(["exec", "auth0-secret", ...shown]);
    expect(once).toMatchObject({ status: 0, stdout: like(/^id=ASIA\w+ url=\n$/) });
    const refreshed = await run(["exec", "--refresh", "auth0-secret", ...shown]);
    expect(refreshed).toMatchObject({ status: 0, stdout: like(/^id= url=http:\/\/127\.0\.0\.1:\d+/) });
  });
});

describe("a client that cannot sign in", () => {
  it.each([
    ["a key file that others can read", 0o644, () => machine.keyPem, "file_unreadable", "chmod 600"],
    [
      "an encrypted key",
      0o600,
      () => "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
      "client_credential_invalid",
      "-nocrypt",
    ],
    ["a certificate for a key", 0o600, () => machine.certificatePem, "client_credential_invalid", "private key"],
  ])("says so about %s, and asks nobody", async (_what, mode, text, code, advice) => {
    const path = await secretFile("bad.pem", text(), mode);
    const args = ["credential-process", "oidc-key", "--client-key-file", path];
    const error = await failure(args, 3);
    expect(error).toMatchObject({ code, hint: like(advice) });
    expect(count("token")).toBe(0);
  });

  it("says so about a secret file that is not there, and about one that others can read", async () => {
    await failure(["credential-process", "oidc-secret", "--client-secret-file", "/nowhere/secret"], 3);
    const path = await secretFile("open", machine.clientSecret, 0o604);
    expect(await failure(["credential-process", "oidc-secret", "--client-secret-file", path], 3)).toMatchObject({
      code: "file_unreadable",
    });
  });

  it("shows nothing of a key that was set instead of its file", async () => {
    const key = machine.keyPem.split("\n")[3] ?? "";
    for (const text of [machine.keyPem, JSON.stringify({ kty: "RSA", d: key })]) {
      const error = await failure(["credential-process", "oidc-key"], 2, { env: { TEGATA_CLIENT_KEY_FILE: text } });
      expect(error.message).toContain("must be the path of a file, not what is in it");
      expect(`${error.message} ${error.hint}`).not.toContain(key.slice(0, 20));
    }
  });

  it("says so about a variable that is not set", async () => {
    const args = ["credential-process", "oidc-variable"];
    const error = await failure(args, 3, { env: { ACME_SECRET: "" } });
    expect(error).toMatchObject({ code: "client_credential_invalid" });
  });

  it("says so about a secret that is wrong, and what to check", async () => {
    const error = await failure(["credential-process", "oidc-variable"], 5, { env: { ACME_SECRET: "wrong" } });
    expect(error).toMatchObject({
      code: "idp_client_rejected",
      hint: like("its secret or its key"),
    });
  });

  it("says so about a certificate that Entra wants and the key file lacks", async () => {
    const key = join(files, "key.pem");
    const error = await failure(["credential-process", "entra-key", "--client-key-file", key], 3);
    expect(error).toMatchObject({ code: "client_credential_invalid" });
    expect(error.message).toContain("certificate");
  });

  it("is told what its provider needs besides", async () => {
    const args = ["credential-process", "okta-key", "--authorization-server", "aus1"];
    expect(await failure(args, 3)).toMatchObject({
      code: "settings_incomplete",
      message: like("audience"),
    });
  });

  it("is told that a flow is none of its provider's", async () => {
    const args = ["credential-process", "--idp", "google", "--client-id", "x", "--flow", "client-credentials"];
    const secret = { TEGATA_CLIENT_SECRET: "y" };
    expect(await failure([...args, "--role-arn", world.sandbox.roles.developer], 2, { env: secret })).toMatchObject({
      code: "usage_invalid",
    });
  });

  it("is told the audience that IAM has to list, which is azp where there is one", async () => {
    const words = "Incorrect token audience";
    world.sandbox.faults.set({ kind: "stsError", code: "InvalidIdentityToken", message: words });
    const { message, hint } = await failure(["credential-process", "auth0-secret"], 5);
    expect(message).toContain(`does not list the client id ${machine.clientId}`);
    expect(hint).not.toContain(AUTH0_API);
  });

  it.each(["org_acme", "Acme"])(
    "asks Auth0 for the organization %s, which its token must name",
    async (organization) => {
      const args = ["credential-process", "auth0-secret", "--organization", organization];
      expect(await run(args)).toMatchObject({ status: 0 });
      const sent = world.sandbox.requests.all().find(({ area }) => area === "token");
      expect(sent?.formParameterNames).toContain("organization");
      const claims = { org_id: "org_other", org_name: "other" };
      world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims } });
      const error = await failure([...args, "--fresh"], 6);
      expect(error).toMatchObject({ code: "id_token_invalid", hint: like("check --organization") });
      expect(error.message).toContain(`--organization is "${organization}"`);
    },
  );

  it("cannot ask Auth0 for a connection", async () => {
    const args = ["credential-process", "auth0-secret", "--connection", "staff"];
    expect(await failure(args, 2)).toMatchObject({ code: "usage_invalid", message: like("cannot ask for it") });
  });

  it("is warned before AWS refuses it that AWS compares azp, and no more once AWS has taken it", async () => {
    const warning = `tegata: warning: the access token has an azp, and AWS compares that: the IAM provider and the trust policy (:aud) must name "${machine.clientId}", not "${AUTH0_API}"\n`;
    world.sandbox.faults.set({ kind: "stsError", code: "InvalidIdentityToken", message: "Incorrect token audience" });
    const refused = await run(["env", "auth0-secret"]);
    // What a shell evaluates must fail, too.
    expect(refused).toMatchObject({ status: 5, stdout: "false\n" });
    expect(refused.stderr.startsWith(warning)).toBe(true);
    world.sandbox.faults.clear();
    // An AWS client may take what it reads there for a part of the output.
    expect(await run(["credential-process", "auth0-secret"])).toMatchObject({ status: 0, stderr: "" });
    expect(await run(["env", "auth0-secret", "--fresh"])).toMatchObject({ status: 0, stderr: "" });
    expect(await run(["env", "okta-secret"])).toMatchObject({ status: 0, stderr: "" });
  });

  it("is refused a token that is not its own", async () => {
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { azp: "somebody-else" } } });
    const error = await failure(["credential-process", "auth0-secret"], 6);
    expect(error).toMatchObject({ code: "id_token_invalid" });
    expect(error.message).toContain("the access token cannot be used: it was made for another client");
    expect(count("sts")).toBe(0);
  });

  it.each([
    ["ExpiredTokenException", 5],
    ["IDPRejectedClaim", 5],
    ["InvalidIdentityToken", 6],
    ["AccessDenied", 5],
  ] as const)("is told to sign in by no hint about %s of STS", async (code, status) => {
    world.sandbox.faults.set({ kind: "stsError", code });
    expect((await failure(["credential-process", "okta-secret"], status)).code).toMatch(/^sts_/);
  });

  it("is told which version of Entra's tokens it needs", async () => {
    const iss = `https://sts.windows.net/${ENTRA_TENANT}/`;
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { iss } } });
    const error = await failure(["credential-process", "entra-secret"], 6);
    expect(error).toMatchObject({ code: "id_token_invalid", hint: like("requestedAccessTokenVersion") });
  });

  it("signs once more with its provider's time where its own clock is off", async () => {
    await run(["credential-process", "oidc-key"]);
    world.sandbox.requests.clear();
    world.sandbox.faults.set({ kind: "clockSkew", seconds: -120 });
    expect(await run(["credential-process", "oidc-key", "--fresh"])).toMatchObject({ status: 0 });
    expect([count("token"), count("sts")]).toEqual([2, 1]);
  });

  it("is refused a token that somebody else has signed", async () => {
    world.sandbox.faults.set({ kind: "idToken", fault: { how: "badSignature" } });
    expect(await failure(["credential-process", "okta-secret"], 6)).toMatchObject({
      code: "id_token_signature_invalid",
    });
  });

  it("asks again after HTTP 503, and hands out what is still good while its provider is down", async () => {
    world.sandbox.faults.set({ kind: "status", area: "token", status: 503, times: 1 });
    const first = await run(["credential-process", "auth0-key"]);
    expect([first.status, count("token")]).toEqual([0, 2]);
    world.sandbox.faults.set({ kind: "status", area: "token", status: 503 });
    const again = await run(["credential-process", "auth0-key"]);
    expect(accessKeyOf(again)).toBe(accessKeyOf(first));
  });
});
