import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as v from "valibot";
import {
  createWorkloadWorld,
  deployer,
  githubJob,
  respondAsGithub,
  type WorkloadWorld,
} from "./support/workload-world.ts";

let runner: WorkloadWorld;
beforeAll(async () => {
  runner = await createWorkloadWorld({ issuerPath: "/_services/token" });
  respondAsGithub(runner.tokenServer);
});
afterAll(() => runner.close());

const shape = v.record(v.string(), v.unknown());
const steps = v.object({ steps: v.array(shape), trustPolicy: v.optional(shape) });

describe("a job", () => {
  it("learns by whoami who it is: the subject of the platform's token", async () => {
    const { status, stdout, stderr } = await runner.run(
      ["whoami", "--role-arn", deployer, "--json"],
      githubJob(runner.tokenServer),
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(v.parse(shape, JSON.parse(stdout))).toMatchObject({
      issuer: runner.tokenServer.issuer,
      subject: expect.stringMatching(/^repo:/) as unknown,
      roleArn: deployer,
      account: "123456789012",
    });
    expect(stdout).not.toMatch(/eyJ/);
  });

  it("learns by whoami --verify what AWS says", async () => {
    const { status, stdout } = await runner.run(
      ["whoami", "--role-arn", deployer, "--verify", "--json"],
      githubJob(runner.tokenServer),
    );
    expect(status).toBe(0);
    expect(v.parse(shape, JSON.parse(stdout))["assumedRoleArn"]).toMatch(
      /^arn:aws:sts::123456789012:assumed-role\/Deployer\//,
    );
  });

  it("has its own token judged by a trust policy", async () => {
    const provider = runner.tokenServer.issuer.replace(/^https?:\/\//, "");
    const policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${provider}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringLike: { [`${provider}:sub`]: "repo:nobody/*" } },
      },
    });
    const { status, stdout } = await runner.run(
      ["doctor", "--role-arn", deployer, "--trust-policy", "-", "--json"],
      githubJob(runner.tokenServer),
      { input: policy },
    );
    expect(status).toBe(5);
    expect(v.parse(steps, JSON.parse(stdout)).trustPolicy).toMatchObject({
      verdict: "denied",
      statements: [{ conditions: [{ key: `${provider}:sub`, verdict: "denied", wanted: ["repo:nobody/*"] }] }],
    });
  });

  it("is told that its platform was not asked, with --offline", async () => {
    const { status, stdout } = await runner.run(
      ["doctor", "--role-arn", deployer, "--trust-policy", "-", "--offline", "--json"],
      githubJob(runner.tokenServer),
      { input: '{"Version":"2012-10-17","Statement":[]}' },
    );
    expect(status).toBe(3);
    expect(v.parse(steps, JSON.parse(stdout)).steps.at(-1)).toMatchObject({
      id: "token",
      code: "workload_token_missing",
    });
  });
});
