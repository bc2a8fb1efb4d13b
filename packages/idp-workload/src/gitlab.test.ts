/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { expectNoSecret, failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { gitlab } from "./gitlab.ts";

workloadContract(gitlab, () =>
  placeUnderTest({
    settings: () => ({}),
    machine: (tokenServer, job, token) => ({
      variables: {
        GITLAB_CI: "true",
        CI_SERVER_URL: tokenServer.origin,
        CI_JOB_ID: job,
        GITLAB_OIDC_TOKEN: token,
      },
    }),
    tokenIn: "variable",
  }),
);

carriedFaults(gitlab, { machine: (token) => ({ variables: { GITLAB_CI: "true", GITLAB_OIDC_TOKEN: token } }) });

describe("GitLab CI", () => {
  let tokenServer: TokenServer;
  let token: string;
  beforeAll(async () => {
    tokenServer = await startTokenServer();
    token = await tokenServer.signToken();
  });
  afterAll(() => tokenServer.close());
  const start = (variables: Readonly<Record<string, string>>, settings: Readonly<Record<string, unknown>> = {}) =>
    startRun(gitlab, {
      settings,
      machine: fakeMachine({ variables: { GITLAB_CI: "true", CI_SERVER_URL: tokenServer.origin, ...variables } }),
    });

  it.each([
    ["GITLAB_OIDC_TOKEN", {}],
    ["STS_AMAZONAWS_COM_ID_TOKEN", {}],
    ["HTTPS___EXAMPLE_COM_ID_TOKEN", { audience: "https://example.com" }],
    ["AWS_TOKEN", { token_variable: "AWS_TOKEN" }],
  ])("finds the token in %s", async (name, settings) => {
    expect(await start({ [name]: token }, settings).find()).toBeDefined();
  });

  it.each(["VAULT_ID_TOKEN", "CI_JOB_JWT_V2", "CI_JOB_JWT", "CI_JOB_TOKEN", "SIGSTORE_ID_TOKEN"])(
    "does not send the token of %s, which is for somebody else by its name",
    async (name) => {
      const error = await failure(start({ [name]: token }).find(), "workload_token_missing");
      expect(error.message).toContain(`it has ${name} for "sts.amazonaws.com"`);
      expect(error.hint).toContain("id_tokens:");
      expect(error.hint).toContain("aud: sts.amazonaws.com");
      expect(error.hint).toContain(`token_variable ${name}`);
    },
  );

  it("is refused without the variable that is named, although it has another token", async () => {
    const error = await failure(
      start({ GITLAB_OIDC_TOKEN: token }, { token_variable: "AWS_TOKEN" }).find(),
      "workload_token_missing",
    );
    expect(error.message).toContain("AWS_TOKEN");
  });

  it("refuses the token of another GitLab than the job's", async () => {
    const error = await failure(
      start({ GITLAB_OIDC_TOKEN: token, CI_SERVER_URL: "https://gitlab.example.com" }).signIn(),
      "id_token_invalid",
    );
    expect(error.message).toContain(`not "https://gitlab.example.com"`);
    expect(error.hint).toContain("pass issuer ");
  });

  it("accepts the audience of GitLab's own guide for AWS, which is its URL", async () => {
    const guided = await tokenServer.signToken({ aud: tokenServer.origin });
    expect((await start({ GITLAB_OIDC_TOKEN: guided }).signIn()).idToken.claims.aud).toEqual([tokenServer.origin]);
  });

  const google = "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/gitlab";
  const subjectOf = async (
    tokens: Readonly<Record<string, readonly [aud: string | readonly string[], iss?: string]>>,
    settings: Readonly<Record<string, unknown>> = {},
  ) => {
    const variables = await Promise.all(
      Object.entries(tokens).map(
        async ([name, [aud, iss = tokenServer.issuer]]) =>
          [name, await tokenServer.signToken({ sub: name, aud, iss })] as const,
      ),
    );
    const { idToken } = await start(Object.fromEntries(variables), settings).signIn();
    return idToken.claims.sub;
  };

  describe("of several tokens", () => {
    it.each<
      [
        what: string,
        tokens: Parameters<typeof subjectOf>[0],
        settings: Readonly<Record<string, unknown>>,
        taken: string,
      ]
    >([
      [
        "the one for AWS is sent",
        { GITLAB_OIDC_TOKEN: [google], STS_AMAZONAWS_COM_ID_TOKEN: ["sts.amazonaws.com"] },
        {},
        "STS_AMAZONAWS_COM_ID_TOKEN",
      ],
      [
        "the one for the audience that is named is sent",
        { GITLAB_OIDC_TOKEN: [google], STS_AMAZONAWS_COM_ID_TOKEN: ["sts.amazonaws.com"] },
        { audience: "sts.amazonaws.com" },
        "STS_AMAZONAWS_COM_ID_TOKEN",
      ],
      [
        "the one for AWS is sent, by any name of its variable",
        {
          GITLAB_OIDC_TOKEN: [google],
          ID_TOKEN_1: ["sts.amazonaws.com"],
          VAULT_ID_TOKEN: ["https://vault.example.com"],
        },
        {},
        "ID_TOKEN_1",
      ],
      [
        "the one for the audience that is named is sent, by any name of its variable",
        { GITLAB_OIDC_TOKEN: ["sts.amazonaws.com"], OTHER_ID_TOKEN: ["acme"] },
        { audience: "acme" },
        "OTHER_ID_TOKEN",
      ],
      [
        "the one for AWS alone is sent, not the one for AWS and others",
        { GITLAB_OIDC_TOKEN: [["sts.amazonaws.com", "vault"]], AWS_TOKEN: ["sts.amazonaws.com"] },
        {},
        "AWS_TOKEN",
      ],
      [
        "one of this GitLab is sent, not one of another issuer",
        { GITLAB_OIDC_TOKEN: ["sts.amazonaws.com"], A_TOKEN: ["sts.amazonaws.com", "https://evil.example.com"] },
        {},
        "GITLAB_OIDC_TOKEN",
      ],
    ])("%s", async (_what, tokens, settings, taken) => {
      expect(await subjectOf(tokens, settings)).toBe(taken);
    });

    it("the one in the job's file for the SDKs is sent, and not that of the pod in which the runner is", async () => {
      const GITLAB_OIDC_TOKEN = await tokenServer.signToken({ sub: "variable", aud: "acme" });
      const subjectWith = async (claims: Readonly<Record<string, string>>) => {
        const machine = fakeMachine({
          variables: {
            GITLAB_CI: "true",
            CI_SERVER_URL: tokenServer.origin,
            GITLAB_OIDC_TOKEN,
            AWS_WEB_IDENTITY_TOKEN_FILE: "/run/token",
          },
          files: { "/run/token": await tokenServer.signToken({ sub: "file", ...claims }) },
        });
        return (await startRun(gitlab, { machine }).signIn()).idToken.claims.sub;
      };
      expect(await subjectWith({})).toBe("file");
      expect(await subjectWith({ iss: "https://oidc.eks.example.com" })).toBe("variable");
    });

    it("the names and audiences are listed when none fits, and no token is shown", async () => {
      const error = await failure(
        subjectOf({ GITLAB_OIDC_TOKEN: [google], VAULT_ID_TOKEN: ["vault"] }, { audience: "sts.amazonaws.com" }),
        "id_token_invalid",
      );
      expect(error.message).toBe(
        `no ID token of this job of GitLab CI is for "sts.amazonaws.com": it has GITLAB_OIDC_TOKEN for "${google}", VAULT_ID_TOKEN for "vault"`,
      );
      expect(error.hint).toContain("aud: sts.amazonaws.com");
      expectNoSecret(`${error.message} ${error.hint}`, tokenServer.tokens());
    });
  });
});
