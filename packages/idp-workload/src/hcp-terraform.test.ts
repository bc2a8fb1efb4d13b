/// <reference types="node" />
import { startTokenServer } from "@tegata/sandbox";
import { failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { hcpTerraform } from "./hcp-terraform.ts";

workloadContract(hcpTerraform, () =>
  placeUnderTest({
    tokenServer: { audience: "aws.workload.identity" },
    machine: (_tokenServer, job, token) => ({
      variables: { TFC_RUN_ID: `run-${job}`, TFC_WORKLOAD_IDENTITY_TOKEN: token },
    }),
    tokenIn: "variable",
  }),
);

carriedFaults(hcpTerraform, {
  machine: (token) => ({ variables: { TFC_RUN_ID: "run-1", TFC_WORKLOAD_IDENTITY_TOKEN: token } }),
});

describe("HCP Terraform", () => {
  it("has no token: the hint says what the workspace lacks", async () => {
    const machine = fakeMachine({ variables: { TFC_RUN_ID: "run-1", TFC_WORKLOAD_IDENTITY_TOKEN_VAULT: "a.b.c" } });
    const error = await failure(startRun(hcpTerraform, { machine }).find(), "workload_token_missing");
    expect(error.hint).toContain("TFC_WORKLOAD_IDENTITY_AUDIENCE = aws.workload.identity");
  });

  it("takes the tagged token that is named", async () => {
    const tokenServer = await startTokenServer();
    try {
      const variables = {
        TFC_WORKLOAD_IDENTITY_TOKEN: await tokenServer.signToken({ sub: "untagged" }),
        TFC_WORKLOAD_IDENTITY_TOKEN_AWS: await tokenServer.signToken({ sub: "tagged" }),
      };
      const settings = { issuer: tokenServer.issuer, token_variable: "TFC_WORKLOAD_IDENTITY_TOKEN_AWS" };
      const { idToken } = await startRun(hcpTerraform, { settings, machine: fakeMachine({ variables }) }).signIn();
      expect(idToken.claims.sub).toBe("tagged");
    } finally {
      await tokenServer.close();
    }
  });

  it.each<
    [what: string, tokens: Readonly<Record<string, string>>, settings: Readonly<Record<string, string>>, taken: string]
  >([
    ["the one for AWS", { "": "vault", _AWS: "aws.workload.identity", _GCP: "google" }, {}, "_AWS"],
    ["the one for AWS, by AWS's own audience", { "": "vault", _PROD_AWS: "sts.amazonaws.com" }, {}, "_PROD_AWS"],
    ["the one whose audience is named", { "": "aws.workload.identity", _PROD: "prod" }, { audience: "prod" }, "_PROD"],
    ["the one without a tag, where only a name fits", { "": "acme", _VAULT: "aws.workload.identity" }, {}, ""],
  ])("takes of several tokens %s", async (_what, tokens, settings, taken) => {
    const tokenServer = await startTokenServer();
    try {
      const variables = await Promise.all(
        Object.entries(tokens).map(
          async ([tag, aud]) =>
            [`TFC_WORKLOAD_IDENTITY_TOKEN${tag}`, await tokenServer.signToken({ sub: `of ${tag}`, aud })] as const,
        ),
      );
      const machine = fakeMachine({ variables: { TFC_RUN_ID: "run-1", ...Object.fromEntries(variables) } });
      const run = startRun(hcpTerraform, { settings: { issuer: tokenServer.issuer, ...settings }, machine });
      expect((await run.signIn()).idToken.claims.sub).toBe(`of ${taken}`);
    } finally {
      await tokenServer.close();
    }
  });
});
