import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { programs } from "./support/programs.ts";
import { createWorkloadWorld, deployer, type WorkloadWorld } from "./support/workload-world.ts";

const [tegata] = programs.binary;
let runner: WorkloadWorld;
beforeAll(async () => {
  runner = await createWorkloadWorld();
});
afterEach(() => runner.world.writeSettings(""));
afterAll(() => runner.close());

let scripts = 0;
/** A program that notes each of its runs; the path of it and of its notes. */
async function notingScript(statements: string) {
  scripts += 1;
  const notes = await runner.write(`notes-${scripts}`, "");
  const folder = await runner.program(`script-${scripts}`, `echo run >> ${notes}\n${statements}`);
  const runs = async () => (await readFile(notes, "utf8")).split("\n").length - 1;
  return { path: `${folder}/script-${scripts}`, runs };
}

const section = (name: string, command: readonly string[], settings = "") =>
  `[idp.${name}]\ntype = "workload"\ntoken_command = ${JSON.stringify(command)}\n${settings}[profile.${name}]\nidp = "${name}"\nrole_arn = "${deployer}"\n`;

describe("a token_command that needs its own profile", () => {
  it("is called a loop at once, when it is tegata itself", async () => {
    await runner.world.writeSettings(section("direct", [tegata, "json", "direct"]));
    const ended = await runner.run(["credential-process", "direct"]);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toMatch(
      /^tegata: error: \S+ ended with status 3: a loop: token_command \(\S+\) runs tegata, which would run it again\n/,
    );
  });

  it.each<[how: string, statements: (profile: string) => string]>([
    ["a script", (profile) => `exec ${tegata} env ${profile} --shell sh`],
    ["a script that goes on", (profile) => `${tegata} json ${profile} || exit 7`],
    ["tegata exec", (profile) => `exec ${tegata} exec ${profile} -- true`],
    [
      "an environment that the AWS CLI would hand on",
      (profile) => `AWS_PROFILE=${profile} TEGATA_PROFILE=${profile} ${tegata} credential-process`,
    ],
    ["tegata exec of nothing but a shell", (profile) => `exec sh -c 'sh -c "${tegata} json ${profile}"'`],
  ])("is called a loop at once, when it comes through %s", async (_how, statements) => {
    const profile = `through-${scripts + 1}`;
    const { path, runs } = await notingScript(statements(profile));
    await runner.world.writeSettings(section(profile, [path]));
    const ended = await runner.run(["credential-process", profile]);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toContain("a loop");
    expect(await runs()).toBe(1);
  });

  it("is called a loop at once, when two profiles need each other", async () => {
    const second = await notingScript(`exec ${tegata} json one`);
    const first = await notingScript(`exec ${tegata} json two`);
    await runner.world.writeSettings(section("one", [first.path]) + section("two", [second.path]));
    const ended = await runner.run(["credential-process", "one"]);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toContain("a loop");
    expect([await first.runs(), await second.runs()]).toEqual([1, 1]);
  });

  it("comes to an end even when it is called otherwise each time", async () => {
    const { path, runs } = await notingScript(`exec ${tegata} json --role-arn ${deployer} --token-command "$0 $1x"`);
    const ended = await runner.run(["credential-process", "--role-arn", deployer, "--token-command", `${path} x`]);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(await runs()).toBeLessThan(10);
  });
});

describe("a token_command that uses tegata for another profile", () => {
  it("gives its token", async () => {
    const file = await runner.write("token-of-another", await runner.tokenServer.signToken());
    const { path } = await notingScript(`${tegata} json other > /dev/null && cat ${file}`);
    await runner.world.writeSettings(
      `${section("needs-other", [path])}[idp.other]\ntype = "workload"\ntoken_file = "${file}"\n[profile.other]\nidp = "other"\nrole_arn = "${deployer}"\n`,
    );
    const ended = await runner.run(["credential-process", "needs-other"]);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    credentialProcessOutput(ended);
  });
});
