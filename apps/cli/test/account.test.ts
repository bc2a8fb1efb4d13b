import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loginEvents } from "./support/login-events.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

const ann = "ann@example.com";
const bob = "bob@example.com";

const statusSchema = v.object({
  profiles: v.array(
    v.object({
      profile: v.optional(v.string()),
      account: v.optional(v.string()),
      signIn: v.optional(v.object({ subject: v.string() })),
    }),
  ),
});

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const { sandbox } = world;
  const profile = (name: string, idp: string, more = "") =>
    `[profile.${name}]\nidp = "${idp}"\nrole_arn = "${sandbox.roles.developer}"\nregion = "us-east-1"\nsts_endpoint = "${sandbox.sts.endpoint}"\n${more}\n`;
  await world.writeSettings(`${settingsOf(sandbox)}
[idp.of-ann]
type = "oidc"
issuer = "${sandbox.oidc.issuer}"
client_id = "${sandbox.oidc.clientId}"
account = "${ann}"

${profile("by-idp", "of-ann")}
${profile("for-ann", "plain", `account = "${ann}"`)}
${profile("for-bob", "plain", `account = "${bob}"`)}`);
});
afterAll(() => world.close());

describe("a profile with an account", () => {
  it("keeps nothing when somebody else signs in, and the error names both", async () => {
    const env = await world.anotherHome();
    const { status, stderr, stdout } = await world.login("for-ann", { as: bob, env });
    expect(status).toBe(4);
    expect(stderr).toContain(`the identity provider signed in "${bob}", not the account "${ann}"`);
    expect(stderr).toMatch(/^tegata: hint: sign out at the identity provider in your browser.*tegata login for-ann/m);
    expect(loginEvents(stdout).at(-1)).toMatchObject({
      event: "error",
      code: "id_token_wrong_account",
      details: { account: ann, signedInAs: bob },
    });
    const next = await world.run(["credential-process", "for-ann"], { env });
    expect(next.status).toBe(4);
    expect(next.stderr).toContain("a sign-in in the browser is needed");
  });

  it.each(["for-ann", "by-idp"])("gives credentials when the right person signs in (%s)", async (name) => {
    const env = await world.anotherHome();
    const { status, stdout, stderr } = await world.login(name, { as: ann, env });
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
    expect(loginEvents(stdout).at(-1)).toMatchObject({ event: "signed_in", account: ann });
    const renewed = await world.run(["credential-process", name, "--fresh"], { env });
    expect(renewed.status).toBe(0);
  });

  it("lives beside that of another account at the same provider, and status shows which", async () => {
    const env = await world.anotherHome();
    await world.signIn("for-ann", { as: ann, env });
    expect((await world.run(["credential-process", "for-bob"], { env })).status).toBe(4);
    // Bob may not take the role: what counts here is the sign-in.
    await world.login("for-bob", { as: bob, env });
    const { stdout } = await world.run(["status", "--json"], { env });
    const { profiles } = v.parse(statusSchema, JSON.parse(stdout));
    const [ofAnn, ofBob] = ["for-ann", "for-bob"].map((name) => profiles.find(({ profile }) => profile === name));
    expect([ofAnn?.account, ofBob?.account]).toEqual([ann, bob]);
    expect(ofAnn?.signIn?.subject).toMatch(/./);
    expect(ofBob?.signIn?.subject).not.toBe(ofAnn?.signIn?.subject);
    const table = await world.run(["status"], { env });
    expect(table.stdout).toMatch(/^\W*for-ann +123456789012 +Developer .* ann@example\.com$/m);
    expect(table.stdout).toMatch(/^\W*for-bob +123456789012 +Developer .* bob@example\.com$/m);
    const text = await world.run(["status", "for-bob"], { env });
    expect(text.stdout).toMatch(/^ +account +bob@example\.com$/m);
    await world.run(["logout", "for-bob"], { env });
    expect((await world.run(["credential-process", "for-ann", "--fresh"], { env })).status).toBe(0);
  });

  it("by a flag or a variable takes nothing that was kept for nobody in particular", async () => {
    const env = await world.anotherHome();
    await world.signIn("plain", { as: ann, env });
    for (const run of [
      world.run(["credential-process", "plain", "--account", ann], { env }),
      world.run(["credential-process", "plain"], { env: { ...env, TEGATA_ACCOUNT: ann } }),
    ]) {
      expect((await run).status).toBe(4);
    }
    expect((await world.run(["credential-process", "plain"], { env })).status).toBe(0);
  });
});

describe("a bad account", () => {
  it.each([
    ["", 2, "account"],
    ["ann\u202e@example.com", 2, "must hold no character that cannot be seen"],
    ["a".repeat(256), 2, "at most 255 characters"],
  ])("is refused with its name: %j", async (account, status, words) => {
    const ended = await world.run(["login", "plain", "--account", account]);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(words);
  });
});
