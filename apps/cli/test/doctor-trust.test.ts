import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as v from "valibot";
import { onTerminal } from "./support/on-terminal.ts";
import { createWorld, type World } from "./support/world.ts";

const provider = "token.actions.githubusercontent.com";
const arn = `arn:aws:iam::123456789012:oidc-provider/${provider}`;
const now = Math.floor(Date.now() / 1000);
const job = {
  iss: `https://${provider}`,
  sub: "repo:acme/site:ref:refs/heads/Main",
  aud: "sts.amazonaws.com",
  iat: now - 10,
  exp: now + 600,
};

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterAll(() => world.close());

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwtOf = (claims: object) => `${part({ alg: "RS256", kid: "k" })}.${part(claims)}.c2ln`;

async function put(name: string, content: string, mode = 0o600): Promise<string> {
  const path = join(world.folder, name);
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

function policyFor(condition: object, more: object = {}): string {
  const statement = {
    Effect: "Allow",
    Principal: { Federated: arn },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: condition,
    ...more,
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

const main = policyFor({ StringEquals: { [`${provider}:sub`]: "repo:acme/site:ref:refs/heads/main" } });
const every = policyFor({ StringLike: { [`${provider}:sub`]: "repo:acme/*" } });

const shape = v.object({
  steps: v.array(v.object({ id: v.string(), state: v.string(), message: v.string(), code: v.optional(v.string()) })),
  trustPolicy: v.optional(
    v.object({
      verdict: v.string(),
      statements: v.array(
        v.object({
          index: v.number(),
          verdict: v.string(),
          why: v.string(),
          conditions: v.array(v.object({ key: v.string(), verdict: v.string(), why: v.string() })),
        }),
      ),
    }),
  ),
});

/** What a token and a policy make of each other, without any settings. */
async function judge(policy: string, claims: object = job, args: readonly string[] = []) {
  const token = await put("job.jwt", jwtOf(claims));
  const file = await put("trust.json", policy);
  const env = { TEGATA_CONFIG: join(world.folder, "none.toml") };
  const all = ["doctor", "--trust-policy", file, "--token-file", token, "--offline", "--json", ...args];
  const { status, stdout, stderr } = await world.run(all, { env });
  return { status, stderr, ...(stdout === "" ? {} : v.parse(shape, JSON.parse(stdout))) };
}

describe("doctor with a trust policy and a token", () => {
  it("ends with 0 where the policy lets the token in, without any settings", async () => {
    const { status, stderr, trustPolicy } = await judge(every);
    expect({ status, stderr, verdict: trustPolicy?.verdict }).toEqual({ status: 0, stderr: "", verdict: "allowed" });
  });

  it("ends with 5 where it does not, and names the nearest fault", async () => {
    const { status, trustPolicy } = await judge(main);
    expect({ status, verdict: trustPolicy?.verdict }).toEqual({ status: 5, verdict: "denied" });
    expect(trustPolicy?.statements[0]?.conditions[0]?.why).toContain("only the case differs");
  });

  it("ends with 0 and a warning where nobody here can know", async () => {
    const { status, steps, trustPolicy } = await judge(
      policyFor({
        StringLike: { [`${provider}:sub`]: "repo:acme/*" },
        IpAddress: { "aws:SourceIp": "203.0.113.0/24" },
      }),
    );
    expect({ status, verdict: trustPolicy?.verdict }).toEqual({ status: 0, verdict: "unknown" });
    expect(steps).toContainEqual({
      id: "trust-policy",
      state: "warning",
      message: expect.stringContaining("cannot be known here") as unknown,
    });
  });

  it("judges a token that has expired, and warns", async () => {
    const { status, steps } = await judge(every, { ...job, exp: now - 4000 });
    expect(status).toBe(0);
    expect(steps?.filter(({ state }) => state === "warning").map(({ message }) => message)).toContainEqual(
      expect.stringContaining("the token expired 66 minutes ago"),
    );
  });

  it.each<[what: string, claims: object, code: string]>([
    ["several audiences", { ...job, aud: ["a", "b"] }, "sts_audience_rejected"],
    [
      "a roles claim without the role",
      { ...job, "https://aws.amazon.com/roles": "arn:aws:iam::1:role/x" },
      "sts_role_not_listed",
    ],
    ["no time of issue", { ...job, iat: undefined }, "sts_id_token_rejected"],
  ])("ends with 5 for %s, which AWS refuses before it looks at the policy", async (_what, claims, code) => {
    const { status, steps, trustPolicy } = await judge(every, claims, [
      "--role-arn",
      "arn:aws:iam::123456789012:role/Deploy",
    ]);
    expect(status).toBe(5);
    expect(steps?.find(({ state }) => state === "failed")).toMatchObject({ id: "sts-token", code });
    expect(trustPolicy?.verdict).toBeDefined();
  });

  it("counts the role that was named: its account is the provider's", async () => {
    const { status, trustPolicy } = await judge(every, job, ["--role-arn", "arn:aws:iam::999999999999:role/Deploy"]);
    expect(status).toBe(5);
    expect(trustPolicy?.statements[0]?.why).toContain("another account");
  });

  it("counts the session's name that was given", async () => {
    const policy = policyFor({ StringEquals: { "sts:RoleSessionName": "release" } });
    expect((await judge(policy, job, ["--role-session-name", "release"])).status).toBe(0);
    expect((await judge(policy, job, ["--role-session-name", "other"])).status).toBe(5);
  });

  it.each<[what: string, policy: string, why: string]>([
    ["no JSON", "Version: 1", "trust.json is not JSON"],
    ["a file that is empty", "", "trust.json is empty"],
    ["a document without statements", "{}", "trust.json has no Statement"],
    ["a huge file", `{"Statement":"${"x".repeat(2_000_000)}"}`, "trust.json cannot be read"],
  ])("ends with 2 for %s, and names it", async (_what, policy, why) => {
    const { status, stderr } = await judge(policy);
    expect(status).toBe(2);
    expect(stderr).toContain(why);
  });

  it.each(["no token", "{}", "eyJ.eyJ.x", ""])(
    "ends with 2 for the token %j, and shows nothing of it",
    async (content) => {
      const token = await put("bad.jwt", content);
      const policy = await put("trust.json", every);
      const { status, stderr } = await world.run([
        "doctor",
        "--trust-policy",
        policy,
        "--token-file",
        token,
        "--offline",
      ]);
      expect(status).toBe(2);
      expect(stderr).toContain("bad.jwt is no token");
    },
  );

  it("ends with 2 for a file that is not there", async () => {
    const { status, stderr } = await world.run([
      "doctor",
      "--trust-policy",
      join(world.folder, "nowhere.json"),
      "--offline",
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain("nowhere.json is not there");
  });

  it("warns of a token that others can read, and shows none", async () => {
    const jwt = jwtOf(job);
    const token = await put("exposed.jwt", jwt, 0o644);
    const policy = await put("trust.json", every);
    const { status, stdout } = await world.run([
      "doctor",
      "--trust-policy",
      policy,
      "--token-file",
      token,
      "--offline",
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain("others on this machine can read or change it");
    expect(stdout).not.toContain(jwt.split(".")[1]);
  });

  it("shows nothing of a hostile policy and token that a terminal would obey", async () => {
    const hostile = "\u001B]0;owned\u0007\u202E\u009B2J";
    const claims = { ...job, sub: hostile, [hostile]: hostile };
    const token = await put("hostile.jwt", jwtOf(claims));
    const policy = await put(
      "hostile.json",
      policyFor(
        { StringEquals: { [`${provider}:sub`]: `x${hostile}`, [hostile]: hostile }, [hostile]: { a: hostile } },
        { Sid: hostile, [hostile]: 1 },
      ),
    );
    const { stdout } = await world.run(["doctor", "--trust-policy", policy, "--token-file", token, "--offline"]);
    expect(stdout).toContain("statement 0");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe("doctor with a trust policy on stdin", () => {
  it("reads it to its end", async () => {
    const token = await put("job.jwt", jwtOf(job));
    const answer = JSON.stringify({
      Role: { Arn: "arn:aws:iam::123456789012:role/Deploy", AssumeRolePolicyDocument: encodeURIComponent(every) },
    });
    const { status, stdout } = await world.run(["doctor", "--trust-policy", "-", "--token-file", token, "--offline"], {
      input: answer,
    });
    expect(status).toBe(0);
    expect(stdout).toContain("stdin: 1 statement of arn:aws:iam::123456789012:role/Deploy");
  });

  it.each([
    ["nothing", "", "stdin is empty"],
    [
      "an error of the AWS CLI",
      "An error occurred (AccessDenied) when calling the GetRole operation: no",
      "it is an error of the AWS CLI",
    ],
    ["too much", "x".repeat(1_100_000), "stdin gave more than"],
  ])("ends with 2 for %s", async (_what, input, why) => {
    const { status, stderr } = await world.run(["doctor", "--trust-policy", "-", "--offline"], { input });
    expect(status).toBe(2);
    expect(stderr).toContain(why);
  });
});

const own = () => `arn:aws:iam::123456789012:oidc-provider/${world.sandbox.auth0.issuer.replace("http://", "")}`;

describe("doctor with a trust policy alone", () => {
  it("judges the stored ID token behind the steps of a sign-in", async () => {
    const file = await put(
      "own.json",
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Federated: own() }, Action: "sts:AssumeRoleWithWebIdentity" }],
      }),
    );
    const { status, stdout } = await world.run(["doctor", "dev", "--trust-policy", file, "--json"]);
    const { steps, trustPolicy } = v.parse(shape, JSON.parse(stdout));
    expect(trustPolicy?.statements[0]).toMatchObject({ verdict: "allowed" });
    expect({ status, verdict: trustPolicy?.verdict }).toEqual({ status: 0, verdict: "allowed" });
    expect(steps.map(({ id }) => id)).toEqual(expect.arrayContaining(["settings", "credentials", "trust-policy"]));
  });

  it("says where AWS refuses what the policy allows, and what that can be", async () => {
    const statement = { Effect: "Allow", Principal: { Federated: own() }, Action: "sts:AssumeRoleWithWebIdentity" };
    const file = await put("own.json", JSON.stringify({ Version: "2012-10-17", Statement: statement }));
    const { status, stdout } = await world.run(["doctor", "bob", "--trust-policy", file, "--json"]);
    const { steps, trustPolicy } = v.parse(shape, JSON.parse(stdout));
    expect({ status, verdict: trustPolicy?.verdict }).toEqual({ status: 5, verdict: "allowed" });
    expect(steps.at(-1)).toMatchObject({
      id: "sts-error",
      state: "warning",
      message: expect.stringContaining("a resource control policy of the organization denies it") as unknown,
    });
  });

  it("ends with what is wrong in the policy where AWS refuses for that, and names no command that has just run", async () => {
    const statement = { Effect: "Allow", Principal: { Federated: own() }, Action: "sts:AssumeRoleWithWebIdentity" };
    const Condition = { StringEquals: { [`${own().split("oidc-provider/")[1]}:aud`]: "another-client" } };
    const file = await put(
      "own.json",
      JSON.stringify({ Version: "2012-10-17", Statement: { ...statement, Condition } }),
    );
    const { status, stderr } = await world.run(["doctor", "bob", "--trust-policy", file]);
    expect({ status, stderr }).toEqual({
      status: 5,
      stderr: expect.stringMatching(
        /^tegata: trust-policy comes first: correct the policy(?![^]*--trust-policy)/,
      ) as unknown,
    });
  });

  it("reads the stored failure of a run behind an AWS client together with the policy", async () => {
    const home = await world.anotherHome();
    await world.signIn("dev", { env: home });
    expect((await world.run(["credential-process", "bob"], { env: home })).status).toBe(5);
    const statement = { Effect: "Allow", Principal: { Federated: own() }, Action: "sts:AssumeRoleWithWebIdentity" };
    const file = await put("own.json", JSON.stringify({ Version: "2012-10-17", Statement: statement }));
    const { status, stdout } = await world.run(["doctor", "bob", "--trust-policy", file, "--offline", "--json"], {
      env: home,
    });
    expect(status).toBe(0);
    expect(v.parse(shape, JSON.parse(stdout)).steps.at(-1)).toMatchObject({
      id: "sts-error",
      message: expect.stringContaining("AWS refused all the same") as unknown,
    });
  });

  it("warns where the policy is that of another role than the profile's", async () => {
    const answer = {
      Role: { Arn: "arn:aws:iam::123456789012:role/Other", AssumeRolePolicyDocument: JSON.parse(every) as unknown },
    };
    const file = await put("other.json", JSON.stringify(answer));
    const { stdout } = await world.run(["doctor", "dev", "--trust-policy", file, "--offline", "--json"]);
    expect(v.parse(shape, JSON.parse(stdout)).steps).toContainEqual(
      expect.objectContaining({
        id: "role",
        state: "warning",
        message: expect.stringContaining("role/Other") as unknown,
      }),
    );
  });

  it("needs a sign-in where there is none, and says so", async () => {
    const env = await world.anotherHome();
    const file = await put("trust.json", every);
    const { status, stdout } = await world.run(["doctor", "dev", "--trust-policy", file, "--offline", "--json"], {
      env,
    });
    expect(status).toBe(4);
    expect(v.parse(shape, JSON.parse(stdout)).steps.at(-1)).toMatchObject({ id: "token", code: "sign_in_required" });
  });
});

describe("doctor with a trust policy of a terminal's stdin", () => {
  it("does not wait for what nobody pipes", async (context) => {
    const running = onTerminal("tegata doctor --trust-policy - --offline; echo status $?", world, context);
    const { stdout } = await running.ended;
    expect(stdout).toContain("stdin is a terminal");
    expect(stdout).toContain("status 2");
  });
});

describe("a judged policy on a terminal", () => {
  it.for([80, 40])(
    "fits %i columns but for words that are longer, with a mark for each condition",
    async (columns, context) => {
      const token = await put("job.jwt", jwtOf(job));
      const file = await put("trust.json", main);
      const line = `tegata doctor --trust-policy ${file} --token-file ${token} --offline`;
      const { stdout } = await onTerminal(line, world, context, { columns }).ended;
      const shown = stripVTControlCharacters(stdout).split("\r\n");
      expect(shown.filter((each) => each.startsWith("✗ statement 0, Allow"))).toHaveLength(1);
      expect(shown.filter((each) => /^ {4}✗ StringEquals/.test(each))).toHaveLength(1);
      expect(shown.filter((each) => each.length > columns && !/\S{25,}/.test(each))).toEqual([]);
    },
  );
});
