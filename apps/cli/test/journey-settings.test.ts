import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const { roles, sts, auth0 } = world.sandbox;
  const where = `sts_endpoint = "${sts.endpoint}"`;
  await world.writeSettings(`default_profile = "bare"
${settingsOf(world.sandbox)}
[profile.bare]
idp = "acme"
${where}

[profile.here]
idp = "acme"
role_arn = "${roles.developer}"
region = "eu-west-1"
${where}

[profile.no-grant]
idp = "acme"
client_id = "no-device-grant"
role_arn = "${roles.developer}"

[profile.own-domain]
domain = "${auth0.domain}"
client_id = "${auth0.clientId}"
role_arn = "${roles.developer}"
${where}
`);
  await world.signIn("dev");
});
afterAll(() => world.close());

const regionOf = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { status, stdout, stderr } = await world.run(["env", ...args], { env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return /^export AWS_REGION='([^']*)';$/m.exec(stdout)?.[1];
};

const role = (env: Readonly<Record<string, string>>) => ({ AWS_ROLE_ARN: world.sandbox.roles.developer, ...env });

describe("flag > TEGATA_ variable > profile > AWS variable > default", () => {
  const everywhere = { TEGATA_REGION: "us-west-2", AWS_REGION: "ap-south-1", AWS_DEFAULT_REGION: "ca-central-1" };
  const awsOnly = { AWS_REGION: "ap-south-1", AWS_DEFAULT_REGION: "ca-central-1" };
  it("is the order of the region", async () => {
    expect(await regionOf(["here", "--region", "eu-north-1"], everywhere)).toBe("eu-north-1");
    expect(await regionOf(["here"], everywhere)).toBe("us-west-2");
    expect(await regionOf(["here"], awsOnly)).toBe("eu-west-1");
    expect(await regionOf(["bare"], role(awsOnly))).toBe("ap-south-1");
    expect(await regionOf(["bare"], role({ AWS_DEFAULT_REGION: "ca-central-1" }))).toBe("ca-central-1");
    // Where nobody chose one, the one that STS is asked in stays out of the shell.
    expect(await regionOf(["bare"], role({}))).toBeUndefined();
    // An empty variable is an unset one.
    expect(await regionOf(["here"], { TEGATA_REGION: "" })).toBe("eu-west-1");
  });

  it("is the order of the role: AWS_ROLE_ARN counts only where no profile names one", async () => {
    const { roles } = world.sandbox;
    const cachedRole = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
      const { stdout } = await world.run(["status", "--json", ...args], { env });
      return /"roleArn":"([^"]*)"/.exec(stdout)?.[1];
    };
    expect(await cachedRole(["bare"], { AWS_ROLE_ARN: roles.readOnly })).toBe(roles.readOnly);
    expect(await cachedRole(["here"], { AWS_ROLE_ARN: roles.readOnly })).toBe(roles.developer);
    expect(await cachedRole(["here"], { TEGATA_ROLE_ARN: roles.readOnly })).toBe(roles.readOnly);
    expect(await cachedRole(["here", "--role-arn", roles.bobOnly], { TEGATA_ROLE_ARN: roles.readOnly })).toBe(
      roles.bobOnly,
    );
  });

  it("is the order of an identity provider's own settings: profile before [idp.NAME]", async () => {
    const env = await world.anotherHome();
    const refused = await world.run(["login", "no-grant"], { env });
    expect(refused).toMatchObject({ status: 5, stdout: "" });
    expect(refused.stderr).toContain('Auth0 refuses the client "no-device-grant"');
    const byVariable = { env: { ...env, TEGATA_CLIENT_ID: "no-device-grant" } };
    expect((await world.run(["login", "dev"], byVariable)).status).toBe(5);
    const asked = world.start(["login", "no-grant", "--client-id", world.sandbox.auth0.clientId], { env });
    await asked.stderrMatching(/tegata: open /);
    asked.child.kill("SIGINT");
    expect(await asked.ended).toMatchObject({ status: 130, stdout: "" });
  });

  it("is the order of the profile: argument, TEGATA_PROFILE, default_profile", async () => {
    expect(await regionOf(["here"], { TEGATA_PROFILE: "dev" })).toBe("eu-west-1");
    expect(await regionOf([], { TEGATA_PROFILE: "here" })).toBe("eu-west-1");
    expect(await regionOf([], role({ AWS_REGION: "eu-west-3" }))).toBe("eu-west-3");
    // AWS_PROFILE names a section of AWS's own file, not of this one.
    expect(await regionOf(["here"], { AWS_PROFILE: "elsewhere" })).toBe("eu-west-1");
  });

  it("is the order of STS's address", async () => {
    const nowhere = "http://127.0.0.1:9";
    expect(await regionOf(["here", "--fresh"], { AWS_ENDPOINT_URL_STS: nowhere, AWS_ENDPOINT_URL: nowhere })).toBe(
      "eu-west-1",
    );
    const { sts } = world.sandbox;
    const env = { AWS_ENDPOINT_URL_STS: sts.endpoint, AWS_ENDPOINT_URL: nowhere, AWS_REGION: "eu-west-2" };
    const flags = ["--idp", "acme", "--role-arn", world.sandbox.roles.developer];
    const withoutProfiles = `${world.folder}/no-profiles.toml`;
    await world.writeSettings(settingsOf(world.sandbox).replace(/\n\[profile\.[\s\S]*/, "\n"), withoutProfiles);
    expect(await regionOf(["--config", withoutProfiles, ...flags], env)).toBe("eu-west-2");
  });
});

it("profiles that mean the same provider by other names share one sign-in", async () => {
  world.sandbox.requests.clear();
  expect((await world.run(["credential-process", "own-domain"])).status).toBe(0);
  expect(world.sandbox.requests.count("token")).toBe(0);
});

it("no file is needed when flags or variables say everything", async () => {
  const { auth0, roles, sts } = world.sandbox;
  const HOME = `${world.folder}/without-a-file`;
  const flags = ["--domain", auth0.domain, "--client-id", auth0.clientId, "--role-arn", roles.developer];
  const running = world.start(["login", ...flags, "--sts-endpoint", sts.endpoint], { env: { HOME } });
  const [, url = ""] = await running.stderrMatching(/open (\S+)\n/);
  await world.sandbox.approve(url);
  expect((await running.ended).status).toBe(0);
  world.sandbox.requests.clear();
  const env = {
    HOME,
    TEGATA_DOMAIN: auth0.domain,
    TEGATA_CLIENT_ID: auth0.clientId,
    TEGATA_ROLE_ARN: roles.developer,
    TEGATA_STS_ENDPOINT: sts.endpoint,
  };
  expect(await world.run(["credential-process"], { env })).toMatchObject({ status: 0, stderr: "" });
  expect(world.sandbox.requests.all()).toEqual([]);
});

it("an error that needs a person names the login with the very flags of this run", async () => {
  const { auth0, roles } = world.sandbox;
  const flags = ["--domain", auth0.domain, "--client-id", auth0.clientId, "--role-arn", roles.developer];
  const ended = await world.run(["credential-process", ...flags], { env: { HOME: `${world.folder}/nobody` } });
  expect(ended).toMatchObject({ status: 4, stdout: "" });
  const [, hint = ""] = /^tegata: hint: tegata (login .+)$/m.exec(ended.stderr) ?? [];
  expect(hint.split(" ").sort()).toEqual(["login", ...flags].sort());
});
