import { afterAll, beforeAll, expect, it } from "vitest";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

it("signs in, and answers credential_process from the cache", async () => {
  const login = await world.login("dev");
  expect(login.status).toBe(0);
  const answer = await world.run(["credential-process", "dev"]);
  expect(answer).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(answer.stdout)).toMatchObject({ Version: 1, AccountId: "123456789012" });
});
