import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { loginEvents } from "./support/login-events.ts";
import { matching } from "./support/matching.ts";
import { programs, type ProgramName } from "./support/programs.ts";
import { createWorld, type Ended, type World } from "./support/world.ts";

const names = Object.keys(programs).filter((name): name is ProgramName => name in programs);

let world: World;
const homes = new Map<ProgramName, { readonly env: { readonly HOME: string }; readonly login: Ended }>();
beforeAll(async () => {
  world = await createWorld();
  const signIn = async (program: ProgramName) => {
    const env = await world.anotherHome();
    homes.set(program, { env, login: await world.login("dev", { env, program }) });
  };
  await Promise.all(names.map(signIn));
}, 20_000);
afterAll(() => world.close());

const homeOf = (writer: ProgramName) => {
  const home = homes.get(writer);
  if (home === undefined) {
    throw new Error(`nobody signed in with ${writer}`);
  }
  return home;
};

/** What each program answers to the same arguments, all in the home in which `writer` signed in. */
const allIn = async (writer: ProgramName, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const runOptions = { env: { ...homeOf(writer).env, ...env } };
  return Promise.all(names.map((program) => world.run(args, { ...runOptions, program })));
};

describe.each(names)("a sign-in with %s", (writer) => {
  it("ends well, with the same events", () => {
    const { login } = homeOf(writer);
    expect(login.status).toBe(0);
    expect(loginEvents(login.stdout).map(({ event }) => event)).toEqual(["device_authorization", "signed_in"]);
  });

  it("is read by every other runtime: the same output, byte for byte, and no request", async () => {
    world.sandbox.requests.clear();
    const answers = await allIn(writer, ["credential-process", "dev"]);
    const [first] = answers;
    expect(answers).toEqual(names.map(() => first));
    expect(first).toMatchObject({ status: 0, stderr: "" });
    credentialProcessOutput(first ?? { stdout: "" });
    expect(world.sandbox.requests.all()).toEqual([]);
  });
});

describe("every runtime gives the same", () => {
  it.each([
    ["statements for a shell", ["env", "dev"]],
    ["status", ["status", "--json"]],
    ["usage error", ["credential-process", "--regoin", "x"]],
    ["usage error of statements for a shell", ["env", "--regoin", "x"]],
    ["completions", ["__complete", "zsh", "--", "env", "--s"]],
  ])("%s", async (_what, args) => {
    const answers = await allIn("binary", args);
    expect(answers).toEqual(names.map(() => answers[0]));
    expect(answers[0]?.stdout).toMatch(answers[0]?.status === 0 ? /./ : /^(false\n)?$/);
  });

  it("console URL, but for the token in it", async () => {
    const answers = await allIn("node", ["console-url", "dev"]);
    const urls = answers.map(({ stdout, stderr, status }) => ({
      status,
      stderr,
      stdout: stdout.replace(/(?<=SigninToken=)[^&]+/, "TOKEN"),
    }));
    expect(urls).toEqual(names.map(() => urls[0]));
    expect(urls[0]).toMatchObject({ status: 0, stderr: "", stdout: matching(/SigninToken=TOKEN/) });
  });

  it("error when nobody has signed in", async () => {
    const answers = await allIn("binary", ["credential-process", "dev"], await world.anotherHome());
    expect(answers).toEqual(names.map(() => answers[0]));
    expect(answers[0]).toMatchObject({ status: 4, stdout: "" });
  });

  it("access to one session: each gets new credentials, one after the other, without a person", async () => {
    const { env } = homeOf("deno");
    world.sandbox.requests.clear();
    for (const program of names) {
      const ended = await world.run(["credential-process", "readonly", "--fresh"], { env, program });
      expect(ended).toMatchObject({ status: 0, stderr: "" });
    }
    expect([world.sandbox.requests.count("sts"), world.sandbox.requests.count("token")]).toEqual([names.length, 0]);
  });
});
