import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromIni } from "@aws-sdk/credential-providers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CredentialProcessOutput, credentialProcessOutput } from "./support/credential-process-output.ts";
import { assignments } from "./support/assignments.ts";
import { startDockerDaemon } from "./support/docker-daemon.ts";
import { need } from "./support/needs.ts";
import { expectRefusal } from "./support/refusal.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
let answer: CredentialProcessOutput;
let variables: Readonly<Record<string, string>>;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  answer = credentialProcessOutput(await world.run(["credential-process", "dev"]));
  variables = {
    AWS_ACCESS_KEY_ID: answer.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: answer.SecretAccessKey,
    AWS_SESSION_TOKEN: answer.SessionToken,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_CREDENTIAL_EXPIRATION: answer.Expiration,
    AWS_ACCOUNT_ID: answer.AccountId,
  };
});
afterAll(() => world.close());

/** What the command prints, in a file. */
async function fileOf(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await world.run(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const file = join(world.folder, "answer");
  await writeFile(file, stdout);
  return file;
}

describe("json", () => {
  it("gives a script the credentials that the SDKs get, with every member", async () => {
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId } = answer;
    const text = await readFile(await fileOf("json", "dev"), "utf8");
    expect(text).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(text)).toEqual({
      AccessKeyId,
      SecretAccessKey,
      SessionToken,
      Expiration,
      Region: "us-east-1",
      AccountId,
      AssumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com",
    });
  });
});

describe("dotenv", () => {
  const printVariables = "for (const name in process.env) process.stdout.write(`${name}=${process.env[name]}\\0`)";

  it("is read as it is meant by node --env-file and by a shell", async () => {
    const file = await fileOf("dotenv", "dev");
    const env = { PATH: world.env["PATH"] ?? "" };
    const options = { cwd: world.folder, env };
    const node = await run([process.execPath, `--env-file=${file}`, "-e", printVariables], options);
    const sh = await run(["/bin/sh", "-c", `set -a; . ${file}; env -0`], options);
    for (const { stdout } of [node, sh]) {
      expect(assignments(stdout.split("\0").filter((line) => line.startsWith("AWS_")))).toEqual(variables);
    }
    const unset = await readFile(await fileOf("dotenv", "--unset"), "utf8");
    expect(assignments(unset.trimEnd().split("\n"))).toEqual({
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
      AWS_SESSION_TOKEN: "",
      AWS_CREDENTIAL_EXPIRATION: "",
      AWS_ACCOUNT_ID: "",
    });
  });
});

describe("docker-env", () => {
  it("is read as it is meant by docker", async (context) => {
    const docker = need("docker", context);
    const daemon = await startDockerDaemon();
    try {
      const file = await fileOf("docker-env", "dev");
      const env = { ...world.env, DOCKER_HOST: daemon.host, AWS_ACCESS_KEY_ID: "of this shell" };
      const ended = await run([docker, "create", "--env-file", file, "image"], { cwd: world.folder, env });
      expect(ended).toMatchObject({ status: 0, stderr: "" });
      expect(assignments(daemon.environment())).toEqual(variables);
    } finally {
      daemon.close();
    }
  });
});

const write = (...args: readonly string[]) => world.run(["aws-credentials", "dev", ...args]);

/** A home with an AWS config file, and what a run there says. */
const inHome = async (config: string) => {
  const { HOME } = await world.anotherHome();
  await mkdir(join(HOME, ".aws"));
  await writeFile(join(HOME, ".aws/config"), config);
  const env = { HOME, XDG_CACHE_HOME: join(world.folder, "home/.cache") };
  return { HOME, run: (...args: readonly string[]) => world.run(args, { env }) };
};

describe("aws-credentials beside a credential_process of that name", () => {
  it.each([
    "[profile dev]\ncredential_process = tegata credential-process dev\n",
    '[profile "dev"]\r\n  credential_process = tegata credential-process dev\r\n',
  ])("is refused with both places, before anybody signs in: %j", async (config) => {
    const { HOME, run: runThere } = await inHome(config);
    const refusal = {
      status: 3,
      error: `the profile dev has credential_process in ${HOME}/.aws/config, and would have keys in ${HOME}/.aws/credentials`,
      hint: "--force",
    };
    expectRefusal(await runThere("aws-credentials", "dev"), refusal, world);
    expectRefusal(await runThere("aws-credentials", "dev", "--overwrite-foreign-keys"), refusal, world);
    await expect(stat(join(HOME, ".aws/credentials"))).rejects.toThrow("ENOENT");
    expect(await runThere("aws-credentials", "dev", "--aws-profile", "other")).toMatchObject({ status: 0 });
  });

  it("is written with --force, and status says what clients take", async () => {
    const { HOME, run: runThere } = await inHome("[profile dev]\ncredential_process = tegata credential-process dev\n");
    expect((await runThere("status", "dev")).stdout).not.toContain("warning");
    expect(await runThere("aws-credentials", "dev", "--force")).toMatchObject({ status: 0 });
    const warning =
      `the profile dev in ${HOME}/.aws/credentials has keys, and has credential_process in ${HOME}/.aws/config: ` +
      "most AWS clients take the keys, and the SDK for .NET takes neither";
    expect((await runThere("status", "dev")).stdout).toContain(`warning: ${warning}\n`);
    const { stdout } = await runThere("status", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ warnings: [warning] });
    expect(await runThere("aws-credentials", "dev", "--unset")).toMatchObject({ status: 0 });
    expect((await runThere("status", "dev")).stdout).not.toContain("warning");
  });

  it.each([
    ["default", "[default]\n  aws_access_key_id = AKIA\n", "AWS clients take them where no profile is named"],
    ["dev", "[dev]\naws_access_key_id = AKIA\n", "AWS clients take them where AWS_PROFILE is dev"],
  ])(
    "is not needed for a warning of status about keys in [%s] that tegata did not write",
    async (name, text, words) => {
      const { HOME, run: runThere } = await inHome("");
      await writeFile(join(HOME, ".aws/credentials"), text);
      const { status, stdout } = await runThere("status");
      expect(status).toBe(0);
      expect(stdout).toContain(`warning: the profile ${name} in ${HOME}/.aws/credentials has keys`);
      expect(stdout).toContain(words);
    },
  );
});

describe("aws-credentials", () => {
  let file: string;
  beforeEach(async () => {
    await rm(join(world.folder, "home/.aws"), { recursive: true, force: true });
    file = join(world.folder, "home/.aws/credentials");
  });
  const put = async (text: string) => {
    await mkdir(join(world.folder, "home/.aws"), { recursive: true });
    await writeFile(file, text);
  };
  const others = "# mine\r\n[default]\r\naws_access_key_id=AKIA\r\naws_secret_access_key=s\r\n";

  it("is read as it is meant by the JavaScript SDK", async () => {
    expect(await write()).toMatchObject({ status: 0, stdout: "", stderr: "" });
    const credentials = await fromIni({
      profile: "dev",
      filepath: file,
      configFilepath: "/nonexistent",
      ignoreCache: true,
    })();
    expect(credentials).toMatchObject({
      accessKeyId: answer.AccessKeyId,
      secretAccessKey: answer.SecretAccessKey,
      sessionToken: answer.SessionToken,
      accountId: answer.AccountId,
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(file, ".."))).mode & 0o777).toBe(0o700);
  });

  it("is read as it is meant by the AWS CLI, and keeps its other profiles", async (context) => {
    const aws = need("aws", context);
    await put(others);
    await write("--aws-profile", "team/dev@eu");
    const { endpoint } = world.sandbox.sts;
    const words = ["sts", "get-caller-identity", "--output", "text", "--query", "Arn", "--endpoint-url", endpoint];
    const env = { ...world.env, AWS_EC2_METADATA_DISABLED: "true" };
    const ours = await run([aws, ...words, "--profile", "team/dev@eu"], { cwd: world.folder, env });
    expect(ours).toMatchObject({
      status: 0,
      stdout: "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com\n",
    });
    const theirs = await run([aws, "configure", "get", "aws_access_key_id"], { cwd: world.folder, env });
    expect(theirs.stdout.trim()).toBe("AKIA");
  });

  it("changes no byte of somebody else's, and takes back every byte of its own", async () => {
    await put(others);
    await write();
    const first = await readFile(file, "utf8");
    expect(first.startsWith(`${others}\r\n[dev]\r\naws_access_key_id = ${answer.AccessKeyId}\r\n`)).toBe(true);
    await write();
    expect(await readFile(file, "utf8")).toBe(first);
    expect(await world.run(["aws-credentials", "dev", "--unset"])).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await readFile(file, "utf8")).toBe(others);
  });

  it("keeps every profile when many processes write at once", async () => {
    await put(others);
    const names = ["a", "b", "c", "d", "e", "f"];
    const ended = await Promise.all(names.map((name) => write("--aws-profile", name)));
    expect(ended.map(({ status }) => status)).toEqual(names.map(() => 0));
    const sections = (await readFile(file, "utf8")).match(/(?<=^\[).+(?=\]\r?$)/gm);
    expect(sections?.toSorted()).toEqual([...names, "default"].toSorted());
    expect(await readdir(join(file, ".."))).toEqual(["credentials"]);
  });

  it.each([
    [
      "keys of somebody else's",
      "[dev]\naws_access_key_id = AKIA\n",
      "has aws_access_key_id, which tegata did not write",
      "--overwrite-foreign-keys",
    ],
    ["another source of credentials", "[dev]\nrole_arn = x\n", "has role_arn, with which keys", "--aws-profile"],
    ["a section twice", "[a]\n[dev]\n[a]\n", "begins the section [a] for the second time", "correct that line"],
    [
      "a line that is nothing",
      "[dev]\nsome words\n",
      "is neither a section nor a key nor a comment",
      "correct that line",
    ],
  ])("refuses a file with %s, and leaves it as it was", async (_what, text, error, hint) => {
    await put(text);
    const before = await readFile(file);
    expectRefusal(await write(), { status: 3, error, hint }, world);
    expect(await readFile(file)).toEqual(before);
    expect(await readdir(join(file, ".."))).toEqual(["credentials"]);
  });

  it("overwrites the keys that it was told to overwrite, and nothing else", async () => {
    await put("[dev]\naws_access_key_id = AKIA\noutput = json\n");
    expect(await write("--overwrite-foreign-keys")).toMatchObject({ status: 0, stderr: "" });
    expect(await readFile(file, "utf8")).toMatch(
      new RegExp(`^\\[dev\\]\\naws_access_key_id = ${answer.AccessKeyId}\\n[^]*\\noutput = json\\n$`),
    );
  });

  it("says why the file cannot be written", async () => {
    const env = { AWS_SHARED_CREDENTIALS_FILE: join(world.settingsFile, "credentials") };
    const ended = await world.run(["aws-credentials", "dev"], { env });
    expectRefusal(ended, { status: 3, error: "cannot be written", hint: "check the path" }, world);
    const folder = { AWS_SHARED_CREDENTIALS_FILE: world.folder };
    expectRefusal(
      await world.run(["aws-credentials", "dev"], { env: folder }),
      { status: 3, error: "it is a folder", hint: "check the path" },
      world,
    );
  });

  it("refuses a name that the SDKs do not read", async () => {
    const refusal = { status: 2, error: '--aws-profile "a b" must be made of letters', hint: "aws-credentials --help" };
    expectRefusal(await write("--aws-profile", "a b"), refusal, world);
  });
});
