import { spawnSync } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as passes } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { SandboxRole } from "@tegata/sandbox";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { findProgram } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { ageCredentials, cachedCredentials, endIdToken } from "./support/records.ts";
import { start } from "./support/run.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

const hub = "arn:aws:iam::123456789012:role/Developer";
const prod = "arn:aws:iam::210987654321:role/Prod";
const audit = "arn:aws:iam::210987654321:role/Audit";
const python = findProgram("python3");
const hasBoto3 = python !== undefined && spawnSync(python, ["-c", "import boto3"]).status === 0;
const without = hasBoto3 ? "" : " (without boto3, which is not installed)";
const aws = findProgram("aws");

/** A world in which nobody gets new credentials for a while, by refusals of the real thing. */
interface Stage {
  readonly world: World;
  block(): Promise<void>;
  unblock(): Promise<void>;
  close(): Promise<void>;
}

async function createStage(): Promise<Stage> {
  let isBlocked = false;
  const role = (arn: string, trusted: string): SandboxRole => ({
    arn,
    trustPolicy: () => ({
      Version: "2012-10-17",
      // Looked at for each request: an administrator changes it meanwhile.
      get Statement() {
        const principal = isBlocked ? "arn:aws:iam::210987654321:role/Nobody" : trusted;
        return [{ Effect: "Allow", Principal: { AWS: principal }, Action: "sts:AssumeRole" }] as const;
      },
    }),
  });
  const world = await createWorld({ roles: [role(prod, hub), role(audit, prod)] });
  const { sandbox, folder } = world;
  const machine = await sandbox.machine();
  const secretFile = join(folder, "secret");
  const writeSecret = async (secret: string) => {
    await writeFile(secretFile, secret);
    await chmod(secretFile, 0o600);
  };
  await writeSecret(machine.clientSecret);
  const profile = (name: string, lines: string) =>
    `\n[profile.${name}]\n${lines}\nregion = "us-east-1"\nsts_endpoint = "${sandbox.sts.endpoint}"\n`;
  const chained = (name: string, source: string, arn: string) =>
    profile(name, `source_profile = "${source}"\nrole_arn = "${arn}"`);
  await world.writeSettings(
    [
      settingsOf(sandbox),
      `[idp.robot]\ntype = "oidc"\nissuer = "${sandbox.oidc.issuer}"\nclient_id = "${machine.clientId}"\n` +
        `flow = "client-credentials"\nclient_secret_file = "${secretFile}"\n`,
      profile("robot", `idp = "robot"\nrole_arn = "${hub}"`),
      chained("prod", "dev", prod),
      chained("audit", "prod", audit),
      chained("robot-prod", "robot", prod),
    ].join("\n"),
  );
  return {
    world,
    block: async () => {
      isBlocked = true;
      await writeSecret("wrong");
      sandbox.faults.set({ kind: "status", area: "token", status: 400 });
    },
    unblock: async () => {
      isBlocked = false;
      await writeSecret(machine.clientSecret);
      sandbox.faults.clear();
    },
    close: () => world.close(),
  };
}

/** What the sandbox was asked for new credentials since then; calls of AWS clients aside. */
function asked({ sandbox }: World): readonly string[] {
  return sandbox.requests
    .all()
    .filter(({ area, from }) => from === "client" && (area === "sts" || area === "token"))
    .map(({ area, operation }) => operation ?? area)
    .filter((operation) => operation !== "GetCallerIdentity");
}

const holder = [
  "sh",
  "-c",
  "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; read line; exit 9",
];
const keys = v.object({ AccessKeyId: v.string() });

interface Link {
  readonly profile: string;
  /** Whose credentials end, the last role's first. */
  readonly ending: readonly [string, ...string[]];
  readonly requests: readonly string[];
  readonly asPerson: boolean;
  /** What runs `exec --refresh`. Left out: the binary. */
  readonly program?: "node";
}

const links: readonly (readonly [string, Link])[] = [
  ["the last role of a chain", { profile: "audit", ending: [audit], requests: ["AssumeRole"], asPerson: true }],
  [
    "the last two roles of a chain",
    { profile: "audit", ending: [audit, prod], requests: ["AssumeRole", "AssumeRole"], asPerson: true },
  ],
  [
    "every role of a chain, and of the ID token",
    {
      profile: "audit",
      ending: [audit, prod, hub],
      requests: ["refresh_token", "AssumeRoleWithWebIdentity", "AssumeRole", "AssumeRole"],
      asPerson: true,
    },
  ],
  [
    "a client that signs in by itself",
    { profile: "robot", ending: [hub], requests: ["client_credentials", "AssumeRoleWithWebIdentity"], asPerson: false },
  ],
  [
    "every role of such a client's chain",
    {
      profile: "robot-prod",
      ending: [prod, hub],
      requests: ["client_credentials", "AssumeRoleWithWebIdentity", "AssumeRole"],
      asPerson: false,
    },
  ],
  [
    "every role of a chain, on Node",
    {
      profile: "audit",
      ending: [audit, prod, hub],
      requests: ["refresh_token", "AssumeRoleWithWebIdentity", "AssumeRole", "AssumeRole"],
      asPerson: true,
      program: "node",
    },
  ],
  [
    "every role of a client's chain, on Node",
    {
      profile: "robot-prod",
      ending: [prod, hub],
      requests: ["client_credentials", "AssumeRoleWithWebIdentity", "AssumeRole"],
      asPerson: false,
      program: "node",
    },
  ],
];

// An expiry has to be waited for.
describe.concurrent("past the end of the credentials of", { timeout: 90_000 }, () => {
  it.each(links)(
    `%s, exec --refresh and AWS clients by credential_process go on by what has ended, and no more${without}`,
    async (_what, link) => {
      const stage = await createStage();
      try {
        const { old, before, after, cached, requests, cli, statuses } = await crossExpiry(stage, link);
        expect(before).toBe(old);
        expect(after).not.toBe(old);
        expect(cached).toBe(after);
        expect(requests).toEqual(link.requests);
        expect(cli).toMatch(aws === undefined ? /^$/ : new RegExp(`assumed-role/${roleNameOf(link)}/`));
        expect(statuses).toEqual([hasBoto3 ? 0 : undefined, 9]);
      } finally {
        await stage.close();
      }
    },
  );
});

const roleNameOf = ({ ending: [last] }: Link) => last.split("/")[1] ?? "";

/** Programs that live longer than the credentials: a command of `exec --refresh`, boto3, and the AWS CLI afterwards. */
async function crossExpiry(stage: Stage, link: Link) {
  const { profile, ending, asPerson, program = "binary" } = link;
  const { world } = stage;
  const { endpoint } = world.sandbox.sts;
  await (asPerson ? world.signIn(profile) : world.run(["credential-process", profile]));
  const [tegata] = programs.binary;
  await mkdir(join(world.folder, "home/.aws"));
  const config = `[profile ${profile}]\ncredential_process = ${tegata} credential-process ${profile}\n`;
  await writeFile(join(world.folder, "home/.aws/config"), config);
  const options = { cwd: world.folder, env: { ...world.env, AWS_EC2_METADATA_DISABLED: "true" }, limitSeconds: 90 };
  const longLived = fileURLToPath(new URL("support/long-lived.py", import.meta.url));
  const boto3 = hasBoto3
    ? start([python, longLived, endpoint, profile], { ...options, keepStdinOpen: true })
    : undefined;
  // It is loaded before time is short.
  await boto3?.stdoutMatching(/^ready\n/);

  for (const arn of ending) {
    await ageCredentials(world.cacheDir, arn, 10 / 60);
  }
  if (asPerson && ending.includes(hub)) {
    await endIdToken(world.stateDir);
  }
  await stage.block();
  const [last] = ending;
  const nowCached = async () => (await cachedCredentials(world.cacheDir, last)).record.credentials;
  const old = await nowCached();
  const exec = world.start(["exec", "--refresh", profile, "--", ...holder], {
    program,
    keepStdinOpen: true,
    limitSeconds: 90,
  });
  boto3?.child.stdin.write("\n");
  const [, url = "", token = ""] = await exec.stdoutMatching(/^(\S+) (\S+)\n/);
  const ask = async () => {
    const answer = await fetch(url, { headers: { Authorization: token } });
    return v.parse(keys, await answer.json()).AccessKeyId;
  };
  const before = await ask();
  await boto3?.stdoutMatching(new RegExp(`\n${old.accessKeyId} `));

  // There is no other way past an expiry than to wait for it.
  await passes(Math.max(0, Date.parse(old.expiration) - Date.now() + 100));
  await stage.unblock();
  world.sandbox.requests.clear();
  const after = await ask();
  boto3?.child.stdin.write("\n");
  await boto3?.stdoutMatching(new RegExp(`\n${after} .*assumed-role/${roleNameOf(link)}/`));
  const command = ["sts", "get-caller-identity", "--profile", profile, "--region", "us-east-1"];
  const cli = aws === undefined ? undefined : await start([aws, ...command, "--endpoint-url", endpoint], options).ended;
  boto3?.child.stdin.end("\n");
  exec.child.stdin.end("\n");
  const statuses = [(await boto3?.ended)?.status, (await exec.ended).status];
  return {
    old: old.accessKeyId,
    before,
    after,
    cached: (await nowCached()).accessKeyId,
    requests: asked(world),
    cli: cli?.stdout ?? "",
    statuses,
  };
}
