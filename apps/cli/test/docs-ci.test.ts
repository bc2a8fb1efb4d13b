import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox, startTokenServer, type Sandbox } from "@tegata/sandbox";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { githubActions } from "./support/ci/github-actions.ts";
import { type CiPage, readCiPage } from "./support/ci/page.ts";
import { type CiRun, type CiPlatform, type CiStep, makeFiles, roleOf } from "./support/ci/platform.ts";
import { ciPlatforms } from "./support/ci/platforms.ts";
import { binaryFolder, programs, requireBuilt, script } from "./support/programs.ts";
import { run } from "./support/run.ts";

const tools = ["aws", "terraform", "npm", "vault", "vercel", "buildkite-agent"];

const callSchema = v.looseObject({
  name: v.string(),
  args: v.optional(v.array(v.string())),
  credentials: v.optional(v.looseObject({ secretAccessKey: v.string(), sessionToken: v.string() })),
});

/** A page in a world of its own: its platform, and an AWS that has the page's role and trust policy. */
interface CiWorld extends CiRun {
  readonly sandbox: Sandbox;
  readonly page: CiPage;
}

async function startCiWorld(platform: CiPlatform): Promise<CiWorld> {
  const { page: name, claims, others, issuer, issuerPath = "" } = platform;
  const tokenServer = await startTokenServer({ issuerPath });
  const folder = await mkdtemp(join(tmpdir(), `tegata-ci-${name}-`));
  const where = { tokenServer, folder, token: await tokenServer.signToken(claims) };
  await makeFiles(where);
  const toolScript = script("ci/tools.ts").join(" ");
  await Promise.all(
    tools.map((tool) =>
      writeFile(join(folder, tool), `#!/bin/sh\nexec ${toolScript} ${tool} ${folder} "$@"\n`, { mode: 0o755 }),
    ),
  );
  tokenServer.respond = () => platform.answer?.(where) ?? { status: 404 };
  const page = await readCiPage(name, [
    ...(platform.replacements?.(where) ?? []),
    ["role/Deploy", `role/Deploy-${name}`],
    [withoutScheme(issuer), withoutScheme(tokenServer.issuer)],
  ]);
  const sandbox = await startSandbox({
    // Google's accounts are clients of their own, and IAM takes each of them.
    providers: [
      { url: tokenServer.issuer, clientIds: claims["azp"] === undefined ? [claims.aud] : [claims.sub, ...others] },
    ],
    roles: [{ arn: roleOf(name), trustPolicy: () => page.trustPolicy() }],
  });
  return { ...where, sandbox, page };
}

async function endCiWorld({ sandbox, tokenServer, folder }: CiWorld): Promise<void> {
  await Promise.all([sandbox.close(), tokenServer.close()]);
  await rm(folder, { recursive: true, force: true });
}

/** As provider ARNs and condition keys have it. */
function withoutScheme(issuer: string): string {
  return issuer.replace(/^https?:\/\//, "");
}

/** What every process has; with a home of its own, so that nothing is cached from the job before. */
async function baseEnv({ folder, sandbox }: CiWorld): Promise<Record<string, string>> {
  return {
    PATH: [folder, binaryFolder, process.env["PATH"]].join(":"),
    HOME: await mkdtemp(join(folder, "home-")),
    AWS_ENDPOINT_URL_STS: sandbox.sts.endpoint,
  };
}

beforeAll(requireBuilt);

describe.each(ciPlatforms)("docs/ci/$page", (platform) => {
  let world: CiWorld;
  beforeAll(async () => {
    world = await startCiWorld(platform);
  });
  afterAll(() => endCiWorld(world));

  it("has jobs whose commands succeed and whose programs get credentials", async () => {
    const jobs = platform.jobs(world.page);
    expect(jobs.length).toBeGreaterThan(0);
    for (const job of jobs) {
      await makeFiles(world);
      const env: Record<string, string> = { ...(await baseEnv(world)), ...platform.env(world), ...job.env };
      for (const step of job.steps) {
        const ended = await run(step.command, { cwd: world.folder, env: environmentOf(step, env) });
        expect(ended, `${job.name}: ${step.command.join(" ")}`).toMatchObject({ status: 0, stderr: "" });
        Object.assign(env, await platform.after?.(world, ended.stdout));
      }
      await expectCredentials(world, job.name);
    }
  });

  it("has a trust policy that lets its own job in, and no other", async () => {
    const assume = async (sub: string) => {
      const TOKEN = await world.tokenServer.signToken({
        ...platform.claims,
        sub,
        ...(platform.claims["azp"] && { azp: sub }),
      });
      const args = [
        "env",
        "--idp",
        "workload/variable",
        "--token-variable",
        "TOKEN",
        "--role-arn",
        roleOf(platform.page),
      ];
      return run([...programs.binary, ...args], { cwd: world.folder, env: { ...(await baseEnv(world)), TOKEN } });
    };
    expect(await assume(platform.claims.sub)).toMatchObject({ status: 0 });
    for (const sub of platform.others) {
      const { status, stderr } = await assume(sub);
      expect({ sub, status }).toEqual({ sub, status: 5 });
      expect(stderr).toContain(`sub ${sub}`);
    }
  });
});

describe("docs/ci/fleet.md", () => {
  it("is right: many commands of one job share one token and one request to STS", async () => {
    const world = await startCiWorld(githubActions);
    try {
      const role = ["--role-arn", roleOf(githubActions.page)];
      const env = { ...(await baseEnv(world)), ...githubActions.env(world) };
      const command = () => run([...programs.binary, "env", ...role], { cwd: world.folder, env });
      const atOnce = await Promise.all(Array.from({ length: 5 }, command));
      const later = await command();
      expect(new Set([...atOnce, later].map(({ status, stdout }) => `${status} ${stdout}`)).size).toBe(1);
      expect(later.status).toBe(0);
      expect(world.tokenServer.requests()).toHaveLength(1);
      expect(world.sandbox.requests.count("sts")).toBe(1);
    } finally {
      await endCiWorld(world);
    }
  });
});

describe("docs/ci", () => {
  it("has only pages that a test runs", async () => {
    const names = (await readdir(new URL("../../../docs/ci", import.meta.url))).map((name) => name.replace(".md", ""));
    const tried = new Set(["README", "fleet", ...ciPlatforms.map(({ page }) => page)]);
    expect(names.filter((name) => !tried.has(name))).toEqual([]);
  });
});

/** The job's variables and the step's own. A macro of Azure Pipelines, `$(NAME)`, stands for a value that no step sees by itself. */
function environmentOf({ env: own = {} }: CiStep, env: Readonly<Record<string, string>>): Record<string, string> {
  const macros = new Map([["$(System.AccessToken)", "job-access-token"], ...Object.entries(env)]);
  const seen = Object.entries(env).filter(([name]) => !name.startsWith("$("));
  const mapped = Object.entries(own).map(([name, value]) => [name, macros.get(value) ?? value] as const);
  return Object.fromEntries([...seen, ...mapped]);
}

/** What needed credentials had those of this world's STS. */
async function expectCredentials({ folder, sandbox }: CiWorld, job: string): Promise<void> {
  const lines = (await readFile(join(folder, "calls"), "utf8")).split("\n").filter((line) => line !== "");
  const calls = lines.map((line) => v.parse(callSchema, JSON.parse(line)));
  const users = calls.filter(({ args }) => args !== undefined);
  const secrets = new Set(sandbox.secrets().map(({ value }) => value));
  expect({ job, users: users.length }).not.toEqual({ job, users: 0 });
  for (const { name, credentials } of users) {
    const isKnown = secrets.has(credentials?.secretAccessKey ?? "") && secrets.has(credentials?.sessionToken ?? "");
    expect({ job, name, isKnown }).toEqual({ job, name, isKnown: true });
  }
}
