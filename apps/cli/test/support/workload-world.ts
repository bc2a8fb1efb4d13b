import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTokenServer, workloadRole, type TokenServer, type TokenServerOptions } from "@tegata/sandbox";
import type { Ended } from "./run.ts";
import { createWorld, type World, type WorldRunOptions } from "./world.ts";

export const deployer = "arn:aws:iam::123456789012:role/Deployer";

/** A runner beside a platform with tokens, and an account whose role trusts them. No settings file says anything. */
export interface WorkloadWorld {
  readonly world: World;
  readonly tokenServer: TokenServer;
  /** With these variables, and the sandbox's STS in the place of AWS's. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>, options?: WorldRunOptions): Promise<Ended>;
  /** A file below the world's folder; returns its path. */
  readonly write: (name: string, content: string) => Promise<string>;
  /** A program below the world's folder, out of shell statements; returns the folder that it stands in. */
  program(name: string, statements: string): Promise<string>;
  close(): Promise<void>;
}

export async function createWorkloadWorld(
  options: TokenServerOptions & { readonly audiences?: readonly string[] } = {},
): Promise<WorkloadWorld> {
  const { audiences = ["sts.amazonaws.com"], ...tokenServerOptions } = options;
  const tokenServer = await startTokenServer(tokenServerOptions);
  const world = await createWorld({
    providers: [{ url: tokenServer.issuer, clientIds: audiences }],
    roles: [workloadRole(deployer, { issuer: tokenServer.issuer, audience: audiences })],
  });
  await world.writeSettings("");
  const write = async (name: string, content: string) => {
    const path = join(world.folder, name);
    await writeFile(path, content);
    return path;
  };
  return {
    world,
    tokenServer,
    write,
    run: (args, env = {}, runOptions = {}) =>
      world.run(args, {
        ...runOptions,
        env: { AWS_ENDPOINT_URL_STS: world.sandbox.sts.endpoint, AWS_REGION: "eu-central-1", ...env },
      }),
    program: async (name, statements) => {
      const folder = join(world.folder, "bin");
      await mkdir(folder, { recursive: true });
      const path = await write(`bin/${name}`, `#!/bin/sh\n${statements}\n`);
      await chmod(path, 0o755);
      return folder;
    },
    close: async () => {
      await Promise.all([world.close(), tokenServer.close()]);
    },
  };
}

/** What GitHub's runner sets for a job, when this platform is the GitHub Enterprise Server that it belongs to. */
export function githubJob(tokenServer: TokenServer, job = "1"): Readonly<Record<string, string>> {
  return {
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_SERVER_URL: tokenServer.origin,
    GITHUB_REPOSITORY: "acme/app",
    GITHUB_RUN_ID: job,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${tokenServer.origin}/_apis/idtoken?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: `request-token-of-job-${job}`,
  };
}

/** Lets the platform answer as GitHub's token endpoint does. */
export function respondAsGithub(tokenServer: TokenServer): void {
  tokenServer.respond = async () => {
    const value = await tokenServer.signToken({ sub: "repo:acme/app:ref:refs/heads/main" });
    return { status: 200, body: JSON.stringify({ count: value.length, value }) };
  };
}
