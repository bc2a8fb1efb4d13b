import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { startTokenServer, workloadRole, type TokenServer } from "@tegata/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { expectRefusal } from "./support/refusal.ts";
import { deployer } from "./support/workload-world.ts";
import { createWorld, type World } from "./support/world.ts";

/** An issuer that AWS reaches. What tegata gets there is the test's to say; at first nobody answers it. */
interface PrivateIssuer {
  readonly url: string;
  /** Answers tegata; undefined cuts the connection. */
  answer: ((path: string) => unknown) | undefined;
  readonly server: Server;
}

async function startPrivateIssuer(keysUrl: string): Promise<PrivateIssuer> {
  const server = createServer((request, response) => {
    const document = { issuer: issuer.url, jwks_uri: keysUrl };
    const isAws = request.headers["user-agent"] === "tegata-sandbox-sts";
    const body = isAws ? document : issuer.answer?.(request.url ?? "");
    if (body === undefined) {
      request.socket.destroy();
      return;
    }
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const issuer: PrivateIssuer = { url: `http://127.0.0.1:${port}/id/EXAMPLE`, answer: undefined, server };
  return issuer;
}

let tokenServer: TokenServer;
let issuer: PrivateIssuer;
let world: World;
beforeAll(async () => {
  tokenServer = await startTokenServer();
  issuer = await startPrivateIssuer(`${tokenServer.origin}/keys.json`);
  world = await createWorld({
    providers: [{ url: issuer.url, clientIds: ["sts.amazonaws.com"] }],
    roles: [workloadRole(deployer, { issuer: issuer.url, audience: "sts.amazonaws.com" })],
  });
  await world.writeSettings("");
});
beforeEach(async () => {
  issuer.answer = undefined;
  // Kept documents would answer in the issuer's stead.
  await rm(world.cacheDir, { recursive: true, force: true });
});
afterAll(async () => {
  issuer.server.closeAllConnections();
  issuer.server.close();
  await Promise.all([world.close(), tokenServer.close()]);
});

const token = (claims: Readonly<Record<string, unknown>> = {}) =>
  tokenServer.signToken({ iss: issuer.url, sub: "system:serviceaccount:jobs:backup", ...claims });
const tokenFile = async (name: string, text: string) => {
  const path = `${world.folder}/${name}`;
  await world.writeSettings(text, path);
  return path;
};
const run = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  world.run([...args, "--fresh"], {
    env: {
      AWS_ENDPOINT_URL_STS: world.sandbox.sts.endpoint,
      AWS_REGION: "eu-central-1",
      AWS_ROLE_ARN: deployer,
      ...env,
    },
  });
const spoiled = async () => `${(await token()).slice(0, -86)}${"A".repeat(86)}`;

describe("a pod whose issuer is out of its reach", () => {
  it("gets credentials with its service account's role: AWS decides", async () => {
    const AWS_WEB_IDENTITY_TOKEN_FILE = await tokenFile("irsa", await token());
    const ended = await run(["credential-process"], { AWS_WEB_IDENTITY_TOKEN_FILE });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    credentialProcessOutput(ended);
    const told = await run(["credential-process", "--verbose"], { AWS_WEB_IDENTITY_TOKEN_FILE });
    expect(told.status).toBe(0);
    expect(told.stderr).toMatch(
      /^tegata: the signature of the ID token is not verified here, AWS does it: .* cannot be reached/m,
    );
  });

  it("gets credentials with a projected token that is named", async () => {
    const file = await tokenFile("projected", await token({ aud: ["sts.amazonaws.com"] }));
    const ended = await run(["credential-process", "--token-file", file], { KUBERNETES_SERVICE_HOST: "10.96.0.1" });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
  });

  it("is refused by AWS for a wrong signature, and told that nobody here could verify it", async () => {
    const AWS_WEB_IDENTITY_TOKEN_FILE = await tokenFile("spoiled", await spoiled());
    const ended = await run(["credential-process"], { AWS_WEB_IDENTITY_TOKEN_FILE });
    const hint = /from here too, the identity provider cannot be reached/;
    expectRefusal(ended, { status: 5, error: "AWS refuses the ID token", hint }, world);
  });

  it("is refused here for a token that has ended", async () => {
    const now = Math.floor(Date.now() / 1000);
    const AWS_WEB_IDENTITY_TOKEN_FILE = await tokenFile("ended", await token({ iat: now - 7200, exp: now - 3600 }));
    const before = world.sandbox.requests.count("sts");
    const ended = await run(["credential-process"], { AWS_WEB_IDENTITY_TOKEN_FILE });
    expectRefusal(ended, { status: 6, error: "the ID token ended", hint: "kubelet" }, world);
    expect(world.sandbox.requests.count("sts")).toBe(before);
  });
});

describe("what an issuer answers is final", () => {
  it.each<[what: string, answer: () => unknown, token: () => Promise<string>, error: RegExp]>([
    [
      "a wrong signature",
      () => ({ issuer: issuer.url, jwks_uri: `${tokenServer.origin}/keys.json` }),
      spoiled,
      /not signed by/,
    ],
    ["a document of another issuer", () => ({ issuer: "https://other.example.com" }), token, /names another issuer/],
    ["a document that is something else", () => ["sign in"], token, /not a JSON object with an issuer/],
  ])("%s", async (what, answer, make, error) => {
    issuer.answer = answer;
    const AWS_WEB_IDENTITY_TOKEN_FILE = await tokenFile(what.replaceAll(" ", "-"), await make());
    const before = world.sandbox.requests.count("sts");
    const ended = await run(["credential-process"], { AWS_WEB_IDENTITY_TOKEN_FILE });
    expectRefusal(ended, { status: 6, error, hint: /\w/ }, world);
    expect(world.sandbox.requests.count("sts"), "AWS was asked").toBe(before);
  });

  it("a person's provider that is out of reach is, too: nobody signs in on its word", async () => {
    const ended = await run(["credential-process", "--idp", "oidc", "--issuer", issuer.url, "--client-id", "x"], {});
    expect(ended.status).toBe(4);
    const login = await run(["login", "--idp", "oidc", "--issuer", issuer.url, "--client-id", "x"], {});
    expectRefusal(login, { status: 6, error: "cannot be reached", hint: "network" }, world);
  });

  it("a command or a variable that a person names has no platform behind it", async () => {
    const file = await tokenFile("printed", await token());
    const ended = await run(["credential-process", "--token-command", `cat ${file}`], {});
    expectRefusal(ended, { status: 6, error: "cannot be reached", hint: "network" }, world);
  });
});
