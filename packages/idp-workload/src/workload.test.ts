/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { failure, fakeMachine, type FakeMachineOptions, workloadContract } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placeUnderTest, startRun } from "../test/run.ts";
import { idpWorkload, workloadPlatforms } from "./index.ts";

workloadContract(idpWorkload, () =>
  placeUnderTest({
    settings: () => ({}),
    machine: (tokenServer, job, token) => ({
      variables: { GITLAB_CI: "true", CI_SERVER_URL: tokenServer.origin, CI_JOB_ID: job, GITLAB_OIDC_TOKEN: token },
    }),
    tokenIn: "variable",
  }),
);

let tokenServer: TokenServer;
let token: string;
beforeAll(async () => {
  tokenServer = await startTokenServer();
  token = await tokenServer.signToken();
});
afterAll(() => tokenServer.close());

const tokenFile = "/run/token";
/** A machine that is everything at once; a test takes away what it does not want. */
const everything = (): Required<Pick<FakeMachineOptions, "variables" | "files">> => ({
  variables: {
    MY_TOKEN: token,
    GITHUB_ACTIONS: "true",
    ACTIONS_ID_TOKEN_REQUEST_URL: `${tokenServer.origin}/?x=1`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "secret",
    GITLAB_CI: "true",
    GITLAB_OIDC_TOKEN: token,
    CIRCLECI: "true",
    CIRCLE_OIDC_TOKEN_V2: token,
    BUILDKITE: "true",
    BUILDKITE_JOB_ID: "job",
    BUILDKITE_AGENT_ACCESS_TOKEN: "secret",
    BITBUCKET_BUILD_NUMBER: "1",
    BITBUCKET_STEP_OIDC_TOKEN: token,
    TF_BUILD: "True",
    SYSTEM_OIDCREQUESTURI: `${tokenServer.origin}/oidc`,
    SYSTEM_ACCESSTOKEN: "secret",
    TFC_RUN_ID: "run-1",
    TFC_WORKLOAD_IDENTITY_TOKEN: token,
    VERCEL: "1",
    VERCEL_OIDC_TOKEN: token,
    AWS_WEB_IDENTITY_TOKEN_FILE: "/eks/token",
    KUBERNETES_SERVICE_HOST: "10.0.0.1",
    SPIFFE_ENDPOINT_SOCKET: "unix:///run/spire.sock",
  },
  files: {
    [tokenFile]: token,
    "/eks/token": token,
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/token": token,
    "/sys/class/dmi/id/product_name": "Google Compute Engine",
  },
});
/** By the order in which they are looked for: what makes the platform be here. */
const marks = [
  ["GitHub Actions", "GITHUB_ACTIONS"],
  ["GitLab CI", "GITLAB_CI"],
  ["CircleCI", "CIRCLECI"],
  ["Buildkite", "BUILDKITE"],
  ["Bitbucket Pipelines", "BITBUCKET_BUILD_NUMBER"],
  ["Azure Pipelines", "TF_BUILD"],
  ["HCP Terraform", "TFC_RUN_ID"],
  ["Vercel", "VERCEL"],
  ["IAM roles for service accounts", "AWS_WEB_IDENTITY_TOKEN_FILE"],
  ["Kubernetes", "KUBERNETES_SERVICE_HOST"],
  ["SPIFFE", "SPIFFE_ENDPOINT_SOCKET"],
] as const;

/** The machine without what stands before this platform in the order. */
function machineFrom(index: number) {
  const { variables, files } = everything();
  const gone = new Set<string>(marks.slice(0, index).map(([, mark]) => mark));
  if (gone.has("TFC_RUN_ID")) {
    gone.add("TFC_WORKLOAD_IDENTITY_TOKEN");
  }
  if (gone.has("VERCEL")) {
    gone.add("VERCEL_OIDC_TOKEN");
  }
  return fakeMachine({
    variables: Object.fromEntries(Object.entries(variables).filter(([name]) => !gone.has(name))),
    files,
  });
}

const placeOn = async (machine: ReturnType<typeof fakeMachine>, settings: Readonly<Record<string, unknown>> = {}) =>
  (await startRun(idpWorkload, { machine, settings }).find())?.platform;

describe("workload", () => {
  it("takes the narrowest identity: what was named, the job's, the pod's, the machine's", async () => {
    const found: (string | undefined)[] = [];
    for (const [index] of marks.entries()) {
      found.push(await placeOn(machineFrom(index)));
    }
    expect([...found, await placeOn(machineFrom(marks.length))]).toEqual([
      ...marks.map(([name]) => name),
      "Google Cloud",
    ]);
    expect(await placeOn(machineFrom(0), { token_file: tokenFile })).toBe("a token file");
    expect(await placeOn(machineFrom(3), { token_variable: "MY_TOKEN" })).toBe("HCP Terraform");
    expect(await placeOn(machineFrom(7), { token_variable: "MY_TOKEN" })).toBe("a variable");
    expect(await placeOn(machineFrom(0), { token_command: "print-token" })).toBe("a command");
  });

  it.each([
    ["GitHub Actions", { GITHUB_ACTIONS: "true" }, "id-token: write"],
    ["GitLab CI", { GITLAB_CI: "true", VAULT_ID_TOKEN: "x" }, "id_tokens:"],
    ["CircleCI", { CIRCLECI: "true" }, "fork"],
    ["Buildkite", { BUILDKITE: "true" }, "BUILDKITE_AGENT_ACCESS_TOKEN"],
    ["Bitbucket Pipelines", { BITBUCKET_BUILD_NUMBER: "1" }, "oidc: true"],
    ["Azure Pipelines", { TF_BUILD: "True", SYSTEM_OIDCREQUESTURI: "https://x" }, "SYSTEM_ACCESSTOKEN"],
    ["HCP Terraform", { TFC_RUN_ID: "run-1" }, "TFC_WORKLOAD_IDENTITY_AUDIENCE"],
    ["Vercel", { VERCEL: "1" }, "OIDC Federation"],
  ])("stops in a job of %s that may have no token, although its pod has one", async (_name, variables, hint) => {
    const { files } = everything();
    const machine = fakeMachine({
      variables: { ...variables, AWS_WEB_IDENTITY_TOKEN_FILE: "/eks/token", KUBERNETES_SERVICE_HOST: "10.0.0.1" },
      files,
    });
    const error = await failure(startRun(idpWorkload, { machine }).find(), "workload_token_missing");
    expect(error.hint).toContain(hint);
  });

  it("goes on to the machine's identity in a pod without a token of its own", async () => {
    const machine = fakeMachine({
      variables: { KUBERNETES_SERVICE_HOST: "10.0.0.1" },
      files: { "/sys/class/dmi/id/product_name": "Google Compute Engine" },
    });
    expect(await placeOn(machine)).toBe("Google Cloud");
  });

  it("explains projected tokens in a pod that has no identity at all", async () => {
    const machine = fakeMachine({ variables: { KUBERNETES_SERVICE_HOST: "10.0.0.1" } });
    const error = await failure(startRun(idpWorkload, { machine }).find(), "workload_token_missing");
    expect(error.hint).toContain("projected volume");
  });

  it("refuses two ways to a token at once", async () => {
    const settings = { token_file: tokenFile, token_command: "print-token" };
    const error = await failure(startRun(idpWorkload, { machine: fakeMachine(), settings }).find(), "settings_invalid");
    expect(error.message).toBe("token_file and token_command are both set");
  });

  it("hands a setting on to the platform that it is for", async () => {
    const settings = { audience: "other", issuer: tokenServer.issuer };
    const run = startRun(idpWorkload, { machine: machineFrom(1), settings });
    const error = await failure(run.find(), "id_token_invalid");
    expect(error.message).toContain(`no ID token of this job of GitLab CI is for "other"`);
    const azure = startRun(idpWorkload, {
      machine: machineFrom(5),
      settings: { service_connection_id: "11111111-2222-4333-8444-555555555555" },
    });
    expect((await azure.find())?.fingerprint).toContain("serviceConnectionId=11111111");
  });

  it("has every setting of its platforms, under the same name", () => {
    const own = new Set(Object.keys(idpWorkload.settings.entries));
    const theirs = new Set(workloadPlatforms.flatMap(({ settings }) => Object.keys(settings.entries)));
    expect(own).toEqual(theirs);
    expect(v.safeParse(idpWorkload.settings, {}).success).toBe(true);
  });

  it("has fifteen platforms, each with a name of its own", () => {
    const ids = workloadPlatforms.map(({ id }) => id);
    expect(new Set(ids).size).toBe(15);
    expect(ids.every((id) => /^workload\/[a-z-]+$/.test(id))).toBe(true);
  });
});

describe("the fingerprint of a job", () => {
  it.each(["RUNNER_TRACKING_ID", "CI_JOB_ID", "BUILDKITE_JOB_ID", "SYSTEM_JOBID", "TFC_RUN_ID", "BUILD_TAG"])(
    "tells it from another job of the same machine by %s",
    async (name) => {
      const fingerprintIn = async (job: string) => {
        const machine = fakeMachine({ variables: { [name]: job, MY_TOKEN: token }, files: { [tokenFile]: token } });
        const settings = { token_file: tokenFile };
        return (await startRun(idpWorkload, { machine, settings }).find())?.fingerprint;
      };
      expect(await fingerprintIn("1")).toBe(await fingerprintIn("1"));
      expect(await fingerprintIn("1")).not.toBe(await fingerprintIn("2"));
    },
  );
});
