import { chmod, chown, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as passes } from "node:timers/promises";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { SandboxRole, TrustStatement } from "@tegata/sandbox";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ageCredentials, endIdToken } from "./support/records.ts";
import { expectClean, expectRefusal, keepingFiles } from "./support/refusal.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

const hub = "arn:aws:iam::123456789012:role/Developer";
const other = (name: string) => `arn:aws:iam::210987654321:role/${name}`;
const everything = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];

function role(arn: string, trusted: string, statement: Partial<TrustStatement> = {}): SandboxRole {
  const all = { Effect: "Allow", Principal: { AWS: trusted }, Action: everything, ...statement } as const;
  return { arn, trustPolicy: () => ({ Version: "2012-10-17", Statement: [all] }) };
}

const withExternalId = {
  Condition: { StringEquals: { "sts:ExternalId": "ext-1", "aws:RequestTag/Team": "platform" } },
};
const long = Array.from({ length: 42 }, (_, index) => other(`R${index + 1}`));
const roles: readonly SandboxRole[] = [
  role(other("Prod"), hub, withExternalId),
  role(other("Audit"), other("Prod")),
  role(other("ForNobody"), "arn:aws:iam::210987654321:role/Nobody"),
  ...long.map((arn, index) => role(arn, long[index - 1] ?? hub)),
];

/** A profile that another one is the source of. */
function chained(world: World, name: string, source: string, arn: string, more = ""): string {
  return `
[profile.${name}]
source_profile = "${source}"
role_arn = "${arn}"
region = "us-east-1"
sts_endpoint = "${world.sandbox.sts.endpoint}"
${more}
`;
}

const prodKeys = `external_id = "ext-1"
session_tags = { Team = "platform", Cost = "a b" }
transitive_tag_keys = ["Team"]
source_identity = "ann@example.com"
`;

let world: World;
let settings: string;
beforeAll(async () => {
  world = await createWorld({ roles });
  settings = [
    settingsOf(world.sandbox),
    chained(world, "prod", "dev", other("Prod"), prodKeys),
    chained(world, "audit", "prod", other("Audit")),
    chained(world, "refused", "dev", other("ForNobody")),
    ...long.map((arn, index) => chained(world, `r${index + 1}`, index === 0 ? "dev" : `r${index}`, arn)),
  ].join("\n");
  await world.writeSettings(settings);
  await world.signIn("audit");
});
afterEach(async () => {
  world.sandbox.faults.clear();
  await world.writeSettings(settings);
});
afterAll(() => world.close());

const output = v.object({
  Version: v.literal(1),
  AccessKeyId: v.string(),
  SecretAccessKey: v.string(),
  SessionToken: v.string(),
  Expiration: v.string(),
  AccountId: v.string(),
});

async function credentialsOf(...args: readonly string[]) {
  const ended = await world.run(["credential-process", ...args]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return v.parse(output, JSON.parse(ended.stdout));
}

async function whoHas({ AccessKeyId, SecretAccessKey, SessionToken }: v.InferOutput<typeof output>) {
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  const { endpoint } = world.sandbox.sts;
  const client = new STSClient({ region: "us-east-1", endpoint, credentials });
  return (await client.send(new GetCallerIdentityCommand({}))).Arn;
}

/** The roles that STS was asked for since then, by the way that it was asked. */
function asked(): readonly (string | undefined)[] {
  return world.sandbox.requests
    .all()
    .filter(({ area, from }) => area === "sts" && from !== "sts")
    .map(({ operation }) => operation);
}

describe("a sign-in for a profile with a source", () => {
  it("leaves credentials of every role of the chain: nobody asks STS for them again", async () => {
    world.sandbox.requests.clear();
    for (const profile of ["audit", "prod", "dev"]) {
      await credentialsOf(profile);
    }
    expect(asked()).toEqual([]);
  });

  it("gives those of the last role, in its account, with the person's name in the session", async () => {
    const credentials = await credentialsOf("audit");
    expect(credentials.AccountId).toBe("210987654321");
    expect(await whoHas(credentials)).toBe("arn:aws:sts::210987654321:assumed-role/Audit/ann@example.com");
    expect(await whoHas(await credentialsOf("prod"))).toBe(
      "arn:aws:sts::210987654321:assumed-role/Prod/ann@example.com",
    );
  });

  it("shows each profile once in the status", async () => {
    const { stdout } = await world.run(["status", "--json"]);
    const { profiles } = v.parse(
      v.object({ profiles: v.array(v.object({ profile: v.optional(v.string()), roleArn: v.optional(v.string()) })) }),
      JSON.parse(stdout),
    );
    expect(profiles.filter(({ profile }) => profile === undefined)).toEqual([]);
    expect(profiles).toContainEqual({ profile: "audit", roleArn: other("Audit") });
  });
});

describe("a chain that is renewed", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ["the last role", [other("Audit")], ["AssumeRole"]],
    ["the last two roles", [other("Audit"), other("Prod")], ["AssumeRole", "AssumeRole"]],
    ["all roles", [other("Audit"), other("Prod"), hub], ["AssumeRoleWithWebIdentity", "AssumeRole", "AssumeRole"]],
  ])("asks STS for %s when these are about to end, and for no more", async (_what, ending, operations) => {
    for (const arn of ending) {
      await ageCredentials(world.cacheDir, arn, 5);
    }
    world.sandbox.requests.clear();
    expect(await whoHas(await credentialsOf("audit"))).toContain("/Audit/");
    expect(asked().filter((operation) => operation !== "GetCallerIdentity")).toEqual(operations);
  });

  it.each([
    ["the last role's", [other("Audit")]],
    ["the middle role's", [other("Audit"), other("Prod")]],
    ["each role's", [other("Audit"), other("Prod"), hub]],
  ])("keeps a client of AWS working across the end of %s credentials", async (_what, ending) => {
    const client = new STSClient({
      region: "us-east-1",
      endpoint: world.sandbox.sts.endpoint,
      credentials: async () => {
        const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = await credentialsOf("audit");
        return {
          accessKeyId: AccessKeyId,
          secretAccessKey: SecretAccessKey,
          sessionToken: SessionToken,
          expiration: new Date(Expiration),
        };
      },
    });
    for (const arn of ending) {
      await ageCredentials(world.cacheDir, arn, 0.05);
    }
    // It takes those that are about to end, as others are not to be had.
    world.sandbox.faults.set({ kind: "stsError", code: "AccessDenied" });
    const old = await client.config.credentials();
    world.sandbox.faults.clear();
    // There is no other way past an expiry than to wait for it.
    await passes(Math.max(0, (old.expiration?.getTime() ?? 0) - Date.now() + 100));
    const { Arn } = await client.send(new GetCallerIdentityCommand({}));
    expect(Arn).toContain("/Audit/");
    expect((await client.config.credentials()).accessKeyId).not.toBe(old.accessKeyId);
  });

  it("by 43 roles ends with the last one", async () => {
    world.sandbox.requests.clear();
    expect(await whoHas(await credentialsOf("r42"))).toContain("assumed-role/R42/");
    expect(asked().filter((operation) => operation === "AssumeRole")).toHaveLength(42);
  });

  it("needs a sign-in, and names the command for its own profile", async () => {
    const away = await world.anotherHome();
    const ended = await world.run(["credential-process", "audit"], { env: away });
    expectRefusal(ended, { status: 4, error: "sign-in", hint: "tegata login audit" }, world);
  });
});

describe("a refusal in a chain", () => {
  it("names who asked, for which role, and what its trust policy has to allow", async () => {
    const ended = await world.run(["credential-process", "refused"]);
    expectRefusal(
      ended,
      {
        status: 5,
        error: `AWS does not let arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com assume ${other("ForNobody")}`,
        hint: `let the trust policy of ${other("ForNobody")} allow sts:AssumeRole to the principal ${hub}`,
      },
      world,
    );
  });

  it("leaves the role before usable", async () => {
    await world.run(["credential-process", "refused"]);
    expect(await whoHas(await credentialsOf("dev"))).toContain("/Developer/");
  });

  it.each(["ExpiredToken", "InvalidClientTokenId"])(
    "of the credentials of the role before (%s) is made up for by new ones",
    async (code) => {
      await ageCredentials(world.cacheDir, other("Prod"), 5);
      world.sandbox.faults.set({ kind: "stsError", code, httpStatus: 403, times: 1 });
      world.sandbox.requests.clear();
      await credentialsOf("prod");
      expect(asked()).toEqual(["AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRole"]);
    },
  );

  it("is no reason to give up credentials that still live", async () => {
    const before = await credentialsOf("prod");
    await ageCredentials(world.cacheDir, other("Prod"), 5);
    world.sandbox.faults.set({ kind: "stsError", code: "AccessDenied" });
    expect((await credentialsOf("prod")).AccessKeyId).toBe(before.AccessKeyId);
  });
});

describe("session policies", () => {
  const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
  });

  it.each(["dev", "prod"])(
    "go to STS with the last request for %s, and have credentials of their own",
    async (profile) => {
      const usual = await credentialsOf(profile);
      world.sandbox.requests.clear();
      const args = [profile, "--session-policy-arn", "ReadOnlyAccess", "--session-policy-arn", "job-function/Billing"];
      const less = await credentialsOf(...args, "--session-policy", policy);
      expect(less.AccessKeyId).not.toBe(usual.AccessKeyId);
      const last = world.sandbox.requests.all().findLast(({ area }) => area === "sts");
      expect(last?.formParameterNames).toEqual(
        expect.arrayContaining(["Policy", "PolicyArns.member.1.arn", "PolicyArns.member.2.arn"]),
      );
      world.sandbox.requests.clear();
      expect(await credentialsOf(...args, "--session-policy", policy)).toEqual(less);
      expect(asked()).toEqual([]);
    },
  );

  it("in a file count by their content: another content gives other credentials at once", async () => {
    const file = join(world.folder, "policy.json");
    await writeFile(file, policy);
    await world.writeSettings(`${settings}\nsession_policy_file = "${file}"\n`);
    const first = await credentialsOf("r42");
    expect(await credentialsOf("r42")).toEqual(first);
    await writeFile(file, policy.replace("s3:*", "s3:Get*"));
    expect((await credentialsOf("r42")).AccessKeyId).not.toBe(first.AccessKeyId);
  });

  it("in a file that somebody else could have written are refused, by its name", async () => {
    const file = join(world.folder, "writable.json");
    await writeFile(file, policy);
    for (const mode of [0o622, 0o602]) {
      await chmod(file, mode);
      const ended = await world.run(["credential-process", "r42", "--session-policy-file", file]);
      expect(ended.status).toBe(3);
      expect(ended.stderr).toContain(`${file} can be written to by others (mode 0${mode.toString(8)})`);
      expect(ended.stderr).toContain(`chmod go-w ${file}`);
    }
  });

  it.skipIf(process.getuid?.() !== 0)("in a file of another user are refused (skipped without root)", async () => {
    const file = join(world.folder, "foreign.json");
    await writeFile(file, policy);
    await chown(file, 65_534, 65_534);
    const ended = await world.run(["credential-process", "r42", "--session-policy-file", file]);
    expect(ended.status).toBe(3);
    expect(ended.stderr).toContain(`${file} belongs to uid 65534, not to you (uid 0) or root`);
  });

  it("that are too large together are explained by their packed size", async () => {
    const arns = Array.from(
      { length: 10 },
      (_, index) => `arn:aws:iam::210987654321:policy/${"x".repeat(100)}${index}`,
    );
    const document = policy.replace('"s3:*"', `"s3:${"y".repeat(1500)}"`);
    const args = arns.flatMap((arn) => ["--session-policy-arn", arn]);
    const ended = await world.run(["credential-process", "prod", "--session-policy", document, ...args]);
    expectRefusal(
      ended,
      {
        status: 5,
        error:
          /session policy and session tags for \S+Prod are too large together: packed, they take 1\d\d % of the space/,
        hint: "use a shorter session policy",
      },
      world,
    );
  });

  it("reach the command of exec", async () => {
    const ended = await world.run([
      "exec",
      "prod",
      "--session-policy-arn",
      "ReadOnlyAccess",
      "--",
      "sh",
      "-c",
      "echo $AWS_ACCESS_KEY_ID",
    ]);
    const { AccessKeyId } = await credentialsOf("prod", "--session-policy-arn", "ReadOnlyAccess");
    expect(ended.stdout).toBe(`${AccessKeyId}\n`);
  });
});

describe("settings of a chain that cannot be", () => {
  it.each<[string, string, RegExp]>([
    [
      "a circle",
      `[profile.x]\nsource_profile = "y"\n[profile.y]\nsource_profile = "x"\n`,
      /profile\.y\.source_profile "x" leads back: x → y → x$/,
    ],
    [
      "a source that is not there",
      `[profile.x]\nsource_profile = "porr"\n`,
      /profile\.x\.source_profile "porr" is not a section \[profile\.NAME\]/,
    ],
    [
      "an identity provider of its own",
      `[profile.x]\nsource_profile = "dev"\nidp = "acme"\n`,
      /profile\.x\.idp does not go with .*profile\.x\.source_profile/,
    ],
    [
      "more than an hour",
      `[profile.x]\nsource_profile = "dev"\nrole_arn = "${other("Prod")}"\nduration = "2h"\n`,
      /profile\.x\.duration is 7200 seconds: .* at most/,
    ],
    [
      "a policy that is no JSON",
      `[profile.x]\nsource_profile = "dev"\nrole_arn = "${other("Prod")}"\nsession_policy = "{"\n`,
      /profile\.x\.session_policy "\{" must be a policy document as JSON/,
    ],
    [
      "a policy that is too long",
      `[profile.x]\nsource_profile = "dev"\nrole_arn = "${other("Prod")}"\nsession_policy = '{"Statement":[{"Sid":"${"x".repeat(2100)}"}]}'\n`,
      /must be at most 2048 characters long without blanks/,
    ],
    [
      "tags of forbidden characters",
      `[profile.x]\nsource_profile = "dev"\nrole_arn = "${other("Prod")}"\nsession_tags = { Team = "a;b" }\n`,
      /profile\.x\.session_tags the value of "Team" is "a;b": it must be of letters/,
    ],
    [
      "tags without a source",
      `[profile.x]\nidp = "acme"\nrole_arn = "${hub}"\nsession_tags = { Team = "a" }\n`,
      /profile\.x\.session_tags needs a source_profile/,
    ],
    [
      "eleven managed policies",
      `[profile.x]\nidp = "acme"\nrole_arn = "${hub}"\nsession_policy_arns = [${`"ReadOnlyAccess", `.repeat(11)}]\n`,
      /must be at most 10 policies/,
    ],
  ])("(%s) are refused at their place, with nothing kept and nothing asked", async (_what, more, error) => {
    await world.writeSettings(`${settings}\n${more}`);
    world.sandbox.requests.clear();
    const ended = await keepingFiles(world, () => world.run(["env", "x", "--shell", "sh"]));
    expectRefusal(ended, { status: 3, error, hint: /^correct / }, world);
    expect(world.sandbox.requests.all()).toEqual([]);
  });

  it.each<[readonly string[], RegExp]>([
    [["--session-tag", "Team"], /--session-tag "Team" must be KEY=VALUE/],
    [["--duration", "2h"], /--duration is 7200 seconds/],
    [["--source-profile", "audit"], /--source-profile "audit" leads back: prod → audit → prod$/],
    [["--session-policy-arn", "a b"], /--session-policy-arn "a b" is neither/],
    [["--session-policy", "{}", "--session-policy-file", "x"], /exclude each other/],
  ])("on the command line (%j) are a usage error", async (args, error) => {
    expectRefusal(await world.run(["env", "prod", "--shell", "sh", ...args]), { status: 2, error, hint: /./ }, world);
  });
});

it("a role that the roles claim of the token does not list has an error of its own, which lists those that it does", async () => {
  const listed = world.sandbox.roles.readOnly;
  const claims = { "https://aws.amazon.com/roles": [listed] };
  await endIdToken(world.stateDir);
  world.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims } });
  const ended = await world.run(["credential-process", "dev", "--fresh"]);
  expectRefusal(
    ended,
    {
      status: 5,
      error: `does not let this sign-in assume ${hub}: the claim https://aws.amazon.com/roles of its ID token does not list it`,
      hint: `name a role that it lists with --role-arn ARN: ${listed}`,
    },
    world,
  );
});

it("what a chain says with --verbose holds no secret", async () => {
  const { stderr } = await world.run(["credential-process", "audit", "--fresh", "--verbose"]);
  expectClean(stderr, world);
});

it("a sign-out leaves nothing of any role", async () => {
  await world.run(["logout", "audit"]);
  const left = (await world.storedFiles()).map(({ path }) => path);
  expect(left.filter((path) => /\.(json|output|generation)$/.test(path))).toEqual([]);
});
