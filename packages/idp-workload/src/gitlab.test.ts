/// <reference types="node" />
import { startWorkloadPlace, type WorkloadPlace } from "@tegata/sandbox";
import { failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { gitlab } from "./gitlab.ts";

workloadContract(gitlab, () =>
  placeUnderTest({
    settings: () => ({}),
    machine: (place, job, token) => ({
      variables: {
        GITLAB_CI: "true",
        CI_SERVER_URL: place.origin,
        CI_JOB_ID: job,
        GITLAB_OIDC_TOKEN: token,
      },
    }),
    rests: "variable",
  }),
);

carriedFaults(gitlab, { machine: (token) => ({ variables: { GITLAB_CI: "true", GITLAB_OIDC_TOKEN: token } }) });

describe("GitLab CI", () => {
  let place: WorkloadPlace;
  let token: string;
  beforeAll(async () => {
    place = await startWorkloadPlace();
    token = await place.mint();
  });
  afterAll(() => place.close());
  const start = (variables: Readonly<Record<string, string>>, settings: Readonly<Record<string, unknown>> = {}) =>
    startRun(gitlab, {
      settings,
      machine: fakeMachine({ variables: { GITLAB_CI: "true", CI_SERVER_URL: place.origin, ...variables } }),
    });

  it.each([
    ["GITLAB_OIDC_TOKEN", {}],
    ["STS_AMAZONAWS_COM_ID_TOKEN", {}],
    ["HTTPS___EXAMPLE_COM_ID_TOKEN", { audience: "https://example.com" }],
    ["AWS_TOKEN", { token_variable: "AWS_TOKEN" }],
  ])("does not find the token in %s", async (name, settings) => {
    expect(await start({ [name]: token }, settings).find()).toBeDefined();
  });

  it.each(["VAULT_ID_TOKEN", "CI_JOB_JWT_V2", "CI_JOB_JWT", "CI_JOB_TOKEN", "SIGSTORE_ID_TOKEN"])(
    "sends the token of %s, which is for somebody else",
    async (name) => {
      const error = await failure(start({ [name]: token }).find(), "workload_token_missing");
      expect(error.hint).toContain("id_tokens:");
      expect(error.hint).toContain("aud: sts.amazonaws.com");
      expect(error.hint).toContain("--token-variable");
    },
  );

  it("takes another token than the one that is named", async () => {
    const error = await failure(
      start({ GITLAB_OIDC_TOKEN: token }, { token_variable: "AWS_TOKEN" }).find(),
      "workload_token_missing",
    );
    expect(error.message).toContain("AWS_TOKEN");
  });

  it("takes the token of another GitLab than the job's", async () => {
    const error = await failure(
      start({ GITLAB_OIDC_TOKEN: token, CI_SERVER_URL: "https://gitlab.example.com" }).signIn(),
      "id_token_invalid",
    );
    expect(error.message).toContain(`not "https://gitlab.example.com"`);
    expect(error.hint).toContain("--issuer");
  });

  it("refuses the audience of GitLab's own guide for AWS, which is its URL", async () => {
    const guided = await place.mint({ aud: place.origin });
    expect((await start({ GITLAB_OIDC_TOKEN: guided }).signIn()).idToken.claims.aud).toEqual([place.origin]);
  });
});
