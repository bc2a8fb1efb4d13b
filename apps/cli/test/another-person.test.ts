import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxRole } from "@tegata/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { onlySession } from "./support/records.ts";
import { approveOnStderr, createWorld, settingsOf, type World } from "./support/world.ts";

const middle = "arn:aws:iam::123456789012:role/Middle";
const last = "arn:aws:iam::123456789012:role/Last";
const assumedBy = (arn: string, trusted: string): SandboxRole => ({
  arn,
  trustPolicy: () => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: trusted }, Action: "sts:AssumeRole" }],
  }),
});
const roles = [assumedBy(middle, "arn:aws:iam::123456789012:role/Developer"), assumedBy(last, middle)];

let world: World;
beforeAll(async () => {
  world = await createWorld({ roles });
});
afterAll(() => world.close());

it("another person who signs in gets none of the links of the first one's role chain, which are kept", async () => {
  const env = await world.anotherHome();
  const { sandbox } = world;
  const chained = (name: string, source: string, arn: string) => `
[profile.${name}]
source_profile = "${source}"
role_arn = "${arn}"
region = "us-east-1"
sts_endpoint = "${sandbox.sts.endpoint}"
`;
  const settings = `${settingsOf(sandbox)}${chained("middle", "dev", middle)}${chained("last", "middle", last)}`;
  await world.writeSettings(settings, join(env.HOME, ".config/tegata/tegata.toml"));
  const keysOf = (profiles: readonly string[]) =>
    Promise.all(
      profiles.map(async (name) => {
        const ended = await world.run(["credential-process", name], { env });
        return credentialProcessOutput(ended).AccessKeyId;
      }),
    );
  const links = ["dev", "middle", "last"];
  await world.signIn("last", { env });
  const ann = await keysOf(links);
  expect(await keysOf(links), "they are kept").toEqual(ann);

  const login = world.start(["login", "dev"], { env });
  await approveOnStderr(login, sandbox, "bob@example.com");
  expect((await login.ended).status).toBe(0);
  // The last link first: nothing that is below it may be taken from the first person.
  const bob = await keysOf(links.toReversed());
  expect(bob.filter((key) => ann.includes(key))).toEqual([]);
  expect(new Set(bob).size).toBe(links.length);
});

it("another person who signs in at a prompt of env does not get the first one's credentials for other profiles", async () => {
  await world.signIn("dev");
  const ann = credentialProcessOutput(await world.run(["credential-process", "readonly"]));
  const { path, record } = await onlySession(world.stateDir);
  await writeFile(path, JSON.stringify({ ...record, idToken: undefined, refreshToken: undefined }));

  const prompted = world.start(["env", "dev", "--fresh", "--prompt=always", "--no-browser"]);
  const [url] = await prompted.stderrMatching(/http:\S+user_code=\S+/);
  await world.sandbox.approve(url, { as: "bob@example.com" });
  expect((await prompted.ended).status).toBe(0);

  const bob = credentialProcessOutput(await world.run(["credential-process", "readonly"]));
  expect(bob.AccessKeyId).not.toBe(ann.AccessKeyId);
});
