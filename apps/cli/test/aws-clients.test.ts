import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromIni, fromProcess } from "@aws-sdk/credential-providers";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { need } from "./support/needs.ts";
import { programs, script } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
let configFile: string;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  configFile = join(world.folder, "home/.aws/config");
  await mkdir(join(world.folder, "home/.aws"));
  const [tegata] = programs.binary;
  // Below `plain` nobody has signed in.
  await writeFile(
    configFile,
    ["dev", "plain"]
      .map(
        (name) => `[profile ${name}]\ncredential_process = ${tegata} credential-process ${name}\nregion = us-east-1\n`,
      )
      .join("\n"),
  );
});
afterAll(() => world.close());
beforeEach(() => {
  // The clients start the program with their own environment: this one's, as if it were the person's.
  vi.stubEnv("HOME", world.env["HOME"]);
  for (const name of Object.keys(process.env).filter((each) => /^(AWS|XDG|TEGATA)_/.test(each))) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true");
  return () => vi.unstubAllEnvs();
});

const annAsDeveloper = "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com";

it.each([
  ["fromProcess", () => fromProcess({ profile: "dev", configFilepath: configFile })],
  ["fromIni", () => fromIni({ profile: "dev", configFilepath: configFile })],
])("the JavaScript SDK signs with what %s reads from ~/.aws/config", async (_name, provider) => {
  const { endpoint } = world.sandbox.sts;
  const client = new STSClient({ region: "us-east-1", endpoint, credentials: provider() });
  const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}));
  expect({ Account, Arn }).toEqual({ Account: "123456789012", Arn: annAsDeveloper });
});

it("the JavaScript SDK reads the account and the end of the credentials", async () => {
  const { accountId, expiration } = await fromProcess({ profile: "dev", configFilepath: configFile })();
  expect(accountId).toBe("123456789012");
  expect(((expiration?.getTime() ?? 0) - Date.now()) / 60_000).toBeGreaterThan(55);
});

it("the JavaScript SDK shows the command that helps when nobody has signed in", async () => {
  await expect(fromProcess({ profile: "plain", configFilepath: configFile })()).rejects.toThrow(
    "tegata: hint: tegata login plain",
  );
});

it("the JavaScript SDK on Bun finds the profile by AWS_PROFILE", async () => {
  const env = { ...world.env, AWS_PROFILE: "dev" };
  const command = [...script("caller-identity.ts"), world.sandbox.sts.endpoint] as const;
  expect(await run(command, { cwd: world.folder, env })).toMatchObject({
    status: 0,
    stdout: `${annAsDeveloper}\n`,
    stderr: "",
  });
});

it("the AWS CLI signs with it, by profile and by the exports of a shell, and shows the command that helps", async (context) => {
  const aws = need("aws", context);
  const { endpoint } = world.sandbox.sts;
  const identity = ["sts", "get-caller-identity", "--output", "text", "--query", "Arn", "--endpoint-url", endpoint];
  const env = { ...world.env, AWS_EC2_METADATA_DISABLED: "true" };
  const call = (profile: string) => run([aws, ...identity, "--profile", profile], { cwd: world.folder, env });
  const [byProfile, byShell, nobody] = await Promise.all([
    call("dev"),
    run(["/bin/sh", "-c", `eval "$(${programs.binary[0]} env dev)"; ${aws} ${identity.join(" ")}`], {
      cwd: world.folder,
      env,
    }),
    call("plain"),
  ]);
  expect(byProfile).toMatchObject({ status: 0, stdout: `${annAsDeveloper}\n`, stderr: "" });
  expect(byShell).toMatchObject({ status: 0, stdout: `${annAsDeveloper}\n`, stderr: "" });
  expect(nobody.status).not.toBe(0);
  expect(nobody.stderr).toContain("tegata: hint: tegata login plain");
});
