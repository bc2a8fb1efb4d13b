/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { failure, fakeMachine, type FakeMachineOptions, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestFaults } from "../test/request-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { gcp } from "./gcp.ts";

const google: FakeMachineOptions = {
  files: { "/sys/class/dmi/id/product_name": "Google Compute Engine\n", "/etc/machine-id": "one" },
};
const metadata = "http://169.254.169.254";
const byName = "http://metadata.google.internal";
const iam = "https://iamcredentials.googleapis.com";
const flavour = { "content-type": "text/html", "metadata-flavor": "Google", server: "Metadata Server for VM" };
const identity = (token: string) => ({ status: 200, headers: flavour, body: token });
const robot = "deployer@acme.iam.gserviceaccount.com";
const accessToken = "ya29.access-token-of-the-machine";
const account = "/computeMetadata/v1/instance/service-accounts/default";

workloadContract(gcp, () =>
  placeUnderTest({
    machine: (_tokenServer, job) => ({ files: { ...google.files, "/etc/machine-id": job } }),
    tokenIn: "nowhere",
    answer: (tokenServer) => async () => identity(await tokenServer.signToken()),
    routes: (tokenServer) => ({ [metadata]: tokenServer.origin, [byName]: tokenServer.origin }),
  }),
);

requestFaults(gcp, {
  settings: (tokenServer) => ({ issuer: tokenServer.issuer }),
  machine: () => google,
  routes: (tokenServer) => ({ [metadata]: tokenServer.origin, [byName]: tokenServer.origin }),
  answer: identity,
  transient: [408, 429, 500, 503, 504],
  refusals: [
    { status: 404, body: "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", said: "HTTP 404" },
    { status: 403, body: "Missing Metadata-Flavor:Google header.", said: "HTTP 403" },
  ],
  hint: /service account/,
  furtherSleeps: [3000, 3000],
  secrets: [],
});

// The IAM Credentials API, with the machine's own access token as it is answered here.
describe("impersonation", () => {
  let tokenServer: TokenServer;
  beforeAll(async () => {
    tokenServer = await startTokenServer();
  });
  afterAll(() => tokenServer.close());
  const start = () => {
    tokenServer.clear();
    return startRun(gcp, {
      settings: { issuer: tokenServer.issuer, service_account: robot },
      machine: fakeMachine(google),
      routes: { [metadata]: tokenServer.origin, [byName]: tokenServer.origin, [iam]: tokenServer.origin },
    });
  };
  const own = {
    status: 200,
    headers: { ...flavour, "content-type": "application/json" },
    body: JSON.stringify({ access_token: accessToken, expires_in: 3599, token_type: "Bearer" }),
  };

  it("asks as Google documents", async () => {
    tokenServer.respond = async ({ method }) =>
      method === "GET"
        ? own
        : { status: 200, body: JSON.stringify({ token: await tokenServer.signToken({ email: robot }) }) };
    expect((await start().signIn()).idToken.claims.email).toBe(robot);
    const [first, second] = tokenServer.requests();
    expect([first?.target, first?.headers["metadata-flavor"]]).toEqual([`${account}/token`, "Google"]);
    expect([second?.method, second?.target, second?.headers["authorization"]]).toEqual([
      "POST",
      "/v1/projects/-/serviceAccounts/deployer%40acme.iam.gserviceaccount.com:generateIdToken",
      `Bearer ${accessToken}`,
    ]);
    expect(JSON.parse(second?.body ?? "")).toEqual({ audience: "sts.amazonaws.com", includeEmail: true });
  });

  it.each([
    [403, `Permission 'iam.serviceAccounts.getOpenIdToken' denied`, /serviceAccountOpenIdTokenCreator/],
    [404, "Gaia id not found for email", /service_account deployer@/],
  ])("is refused with HTTP %i: the hint says what to grant or to correct", async (status, message, hint) => {
    tokenServer.respond = ({ method }) =>
      method === "GET" ? own : { status, body: JSON.stringify({ error: { code: status, message, status: "X" } }) };
    const error = await failure(start().signIn(), "idp_rejected");
    expect(error.message).toContain(message);
    expect(error.hint).toMatch(hint);
    expect(error.message).not.toContain(accessToken);
  });

  it("stops when it gets no access token", async () => {
    tokenServer.respond = () => ({ ...own, body: "{}" });
    await failure(start().signIn(), "idp_invalid_response");
    expect(tokenServer.requests()).toHaveLength(1);
  });
});

describe("the metadata server of Google Cloud", () => {
  let tokenServer: TokenServer;
  beforeAll(async () => {
    tokenServer = await startTokenServer();
    tokenServer.respond = async () => identity(await tokenServer.signToken());
  });
  afterAll(() => tokenServer.close());
  const start = (options: FakeMachineOptions) => {
    tokenServer.clear();
    return startRun(gcp, {
      settings: { issuer: tokenServer.issuer },
      machine: fakeMachine(options),
      routes: { [metadata]: tokenServer.origin, [byName]: tokenServer.origin },
    });
  };

  it("is asked as Google documents", async () => {
    await start(google).signIn();
    const [request] = tokenServer.requests();
    expect([request?.method, request?.target, request?.headers["metadata-flavor"]]).toEqual([
      "GET",
      `${account}/identity?audience=sts.amazonaws.com&format=full`,
      "Google",
    ]);
  });

  it.each<[string, FakeMachineOptions, boolean]>([
    ["a laptop", { files: { "/sys/class/dmi/id/product_name": "20XW0055GE\n" } }, false],
    ["a machine of AWS", { files: { "/sys/class/dmi/id/product_name": "m7i.large\n" } }, false],
    ["a machine without DMI", {}, false],
    ["an older machine of Google", { files: { "/sys/class/dmi/id/product_name": "Google\n" } }, true],
    ["Cloud Run", { variables: { K_SERVICE: "hello" } }, true],
    ["a test that names the server", { variables: { GCE_METADATA_HOST: "127.0.0.1:8080" } }, true],
  ])("is looked for on %s: %s", async (_name, options, isThere) => {
    expect((await start(options).find()) !== undefined).toBe(isThere);
  });

  it.each(["metadata.google.internal", "metadata.google.internal:80", "169.254.169.254"])(
    "is asked by the name %s",
    async (name) => {
      await start({ variables: { GCE_METADATA_HOST: name } }).signIn();
      expect(tokenServer.requests()).toHaveLength(1);
    },
  );

  it.each(["evil.example.com", "10.0.0.1:80", "127.0.0.1/x", "metadata.google.internal.evil.example", "a b"])(
    "is refused at %j",
    async (name) => {
      const run = start({ variables: { GCE_METADATA_HOST: name } });
      expect((await failure(run.find(), "idp_untrusted_url")).message).toContain(name);
    },
  );

  it("is asked by its name where its address does not answer", async () => {
    const run = startRun(gcp, {
      settings: { issuer: tokenServer.issuer },
      machine: fakeMachine(google),
      // Port 9 of loopback: nobody listens.
      routes: { [metadata]: "http://127.0.0.1:9", [byName]: tokenServer.origin },
    });
    tokenServer.clear();
    await run.signIn();
    expect(tokenServer.requests()).toHaveLength(1);
    expect(run.clock.sleeps).toEqual([]);
  });

  it("is waited for until it is ready, nine seconds after the first request", async () => {
    const run = start(google);
    const startedAt = run.clock.monotonic();
    tokenServer.respond = async () =>
      run.clock.monotonic() - startedAt < 9000 ? "cut" : identity(await tokenServer.signToken());
    await run.signIn();
    expect(run.clock.monotonic() - startedAt).toBeLessThan(15_000);
    tokenServer.respond = async () => identity(await tokenServer.signToken());
  });

  it("is told apart from a proxy that answers in its place", async () => {
    tokenServer.respond = async () => ({ status: 200, body: await tokenServer.signToken() });
    const error = await failure(start(google).signIn(), "idp_invalid_response");
    expect(error.message).toContain("Metadata-Flavor");
    tokenServer.respond = async () => identity(await tokenServer.signToken());
  });
});
