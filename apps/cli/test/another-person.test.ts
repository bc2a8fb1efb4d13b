import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { onlySession } from "./support/records.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

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
