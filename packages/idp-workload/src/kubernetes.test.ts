/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { irsa } from "./irsa.ts";
import { kubernetes } from "./kubernetes.ts";

const projected = "/var/run/secrets/tokens/aws";
const webhook = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const standard = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const inPod = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };
const cluster = { audience: ["sts.amazonaws.com"] };

workloadContract(kubernetes, () =>
  placeUnderTest({
    tokenServer: cluster,
    settings: () => ({ token_file: projected }),
    isNamed: true,
    machine: (_tokenServer, _job, token) => ({ variables: inPod, files: { [projected]: `${token}\n` } }),
    tokenIn: { file: projected },
  }),
);

workloadContract(irsa, () =>
  placeUnderTest({
    tokenServer: cluster,
    settings: () => ({}),
    machine: (_tokenServer, _job, token) => ({
      variables: { AWS_WEB_IDENTITY_TOKEN_FILE: webhook },
      files: { [webhook]: token },
    }),
    tokenIn: { file: webhook },
  }),
);

carriedFaults(kubernetes, {
  settings: { token_file: projected },
  machine: (token) => ({ files: { [projected]: token } }),
});

carriedFaults(irsa, {
  machine: (token) => ({ variables: { AWS_WEB_IDENTITY_TOKEN_FILE: webhook }, files: { [webhook]: token } }),
});

const start = (files: Readonly<Record<string, string>>, settings: Readonly<Record<string, unknown>> = {}) =>
  startRun(kubernetes, { settings, machine: fakeMachine({ variables: inPod, files }) });

describe("a pod", () => {
  let tokenServer: TokenServer;
  let forAws: string;
  let forApiServer: string;
  beforeAll(async () => {
    tokenServer = await startTokenServer(cluster);
    forAws = await tokenServer.signToken({ sub: "system:serviceaccount:apps:deployer" });
    forApiServer = await tokenServer.signToken({ aud: ["https://kubernetes.default.svc.cluster.local", "k3s"] });
  });
  afterAll(() => tokenServer.close());

  it.each([
    ["the webhook's", { [webhook]: "aws", [standard]: "api" }],
    ["the standard one, in a cluster whose tokens are for AWS", { [standard]: "aws" }],
    ["the standard one beside one that is not for AWS", { [webhook]: "api", [standard]: "aws" }],
  ])("finds its token for AWS: %s", async (_name, files) => {
    const filled = Object.fromEntries(
      Object.entries(files).map(([path, kind]) => [path, kind === "aws" ? forAws : forApiServer]),
    );
    const { idToken } = await start(filled).signIn();
    expect(idToken.claims.sub).toBe("system:serviceaccount:apps:deployer");
  });

  it.each([
    ["the API server's", () => ({ [standard]: forApiServer })],
    ["junk", () => ({ [standard]: "junk", [webhook]: "" })],
    ["none", () => ({})],
  ])("has no token for AWS (%s): the hint says how it gets one", async (_name, files) => {
    const error = await failure(start(files()).find(), "workload_token_missing");
    expect(error.hint).toContain("serviceAccountToken source, audience: sts.amazonaws.com");
    expect(error.hint).toContain("token_file");
  });

  it("finds a token for the audience of the setting, and no other", async () => {
    expect(await start({ [standard]: forApiServer }, { audience: "k3s" }).find()).toBeDefined();
    await failure(start({ [webhook]: forAws }, { audience: "other" }).find(), "workload_token_missing");
  });

  it.each([
    ["is not there", {}],
    ["is empty", { [projected]: " \n" }],
  ])("has a token file that %s: the error names it", async (said, files) => {
    const error = await failure(start(files, { token_file: projected }).find(), "workload_token_missing");
    expect(error.message).toBe(`the token file ${projected} ${said}`);
  });

  it("whose role comes from a service account has lost its file: the error names it", async () => {
    const machine = fakeMachine({ variables: { AWS_WEB_IDENTITY_TOKEN_FILE: webhook } });
    const error = await failure(startRun(irsa, { machine }).find(), "workload_token_missing");
    expect(error.message).toContain(webhook);
    expect(error.hint).toContain("eks.amazonaws.com/role-arn");
  });

  it("takes of its files the one whose audience is named, beside the file of its service account's role", async () => {
    const machine = fakeMachine({
      variables: { AWS_WEB_IDENTITY_TOKEN_FILE: "/run/irsa", KUBERNETES_SERVICE_HOST: "10.0.0.1" },
      files: { "/run/irsa": forAws, [standard]: await tokenServer.signToken({ sub: "other", aud: "acme" }) },
    });
    const subject = async (settings: Readonly<Record<string, string>>) =>
      (await startRun(irsa, { settings, machine }).signIn()).idToken.claims.sub;
    expect(await subject({ audience: "acme" })).toBe("other");
    expect(await subject({ audience: "sts.amazonaws.com" })).toBe("system:serviceaccount:apps:deployer");
  });

  it("has an issuer that AWS cannot reach: the error says that it must be https", async () => {
    const token = await tokenServer.signToken({ iss: "http://cluster.local" });
    const error = await failure(start({ [webhook]: token }).signIn(), "id_token_invalid");
    expect(error.message).toMatch(/issuer "http:\/\/cluster\.local" must be https/);
  });
});
