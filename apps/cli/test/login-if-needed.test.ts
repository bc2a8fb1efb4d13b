import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loginEvents } from "./support/login-events.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const requests = () => world.sandbox.requests.all().length;

describe("login --if-needed", () => {
  it("asks a person where nobody is signed in", async () => {
    const env = await world.anotherHome();
    const running = world.start(["login", "plain", "--if-needed", "--json"], { env });
    const [line] = await running.stdoutMatching(/^.*\n/);
    const [asked] = loginEvents(line);
    expect(asked?.event).toBe("device_authorization");
    await world.sandbox.approve(asked?.event === "device_authorization" ? asked.verificationUriComplete : "");
    expect((await running.ended).status).toBe(0);
  });

  it("ends with 0 where the credentials are there, sends nothing, and says so on stderr and as JSON", async () => {
    const env = await world.anotherHome();
    await world.signIn("plain", { env });
    const before = requests();
    for (const more of [[], ["--for", "30m"], ["--for", "1200"]]) {
      const { status, stderr, stdout } = await world.run(["login", "plain", "--if-needed", ...more], { env });
      expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
      expect(stderr).toMatch(/^tegata: still signed in as \S+; credentials for Developer until \d\d:\d\d \(in .*\)\n$/);
    }
    const { stdout } = await world.run(["login", "plain", "--if-needed", "--json"], { env });
    expect(loginEvents(stdout)).toMatchObject([
      { event: "still_signed_in", profile: "plain", by: "credentials", roleArn: world.sandbox.roles.developer },
    ]);
    expect(requests()).toBe(before);
  });

  it("ends with 0 where the refresh token is there and the credentials do not last, with a browser or without", async () => {
    const env = await world.anotherHome();
    await world.signIn("plain", { env });
    const before = requests();
    const { status, stderr } = await world.run(["login", "plain", "--if-needed", "--for", "11h"], { env });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^tegata: still signed in as \S+: the next command asks nobody\n$/);
    expect(requests()).toBe(before);
  });

  it("asks where the profile is for another account", async () => {
    const env = await world.anotherHome();
    await world.signIn("plain", { env });
    const running = world.start(["login", "plain", "--if-needed", "--account", "bob@example.com"], { env });
    await running.stderrMatching(/^tegata: open \S+\n/m);
    running.child.kill("SIGINT");
    expect((await running.ended).status).toBe(130);
  });

  it.each([
    [["--for", "30m"], "--for says nothing without --if-needed"],
    [["--if-needed", "--for", "soon"], '--for: "soon" is not a length of time'],
    [["--if-needed", "--for=-5m"], `--for: "-5m" is not a length of time`],
    [["--if-needed", "--fresh"], "--if-needed and --fresh contradict each other"],
  ])("is refused with %j", async (args, words) => {
    const { status, stderr } = await world.run(["login", "plain", ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });
});
