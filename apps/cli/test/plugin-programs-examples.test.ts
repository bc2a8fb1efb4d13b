import { execFile } from "node:child_process";
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expectNoSecret } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { rulesOf } from "./support/checked-rules.ts";
import { need } from "./support/needs.ts";
import { createProgramFolder, type ProgramFolder, say, shellFormat, shellIdp } from "./support/plugin-programs.ts";
import { endIdToken, onlySession } from "./support/records.ts";
import { expectRefusal } from "./support/refusal.ts";
import { approveOnStderr, createWorld, type World } from "./support/world.ts";

const examples = fileURLToPath(new URL("../../../examples/plugins", import.meta.url));
const execute = promisify(execFile);

let world: World;
let on: ProgramFolder;
beforeAll(async () => {
  world = await createWorld();
  on = await createProgramFolder(world);
});
afterAll(() => world.close());

const shuffledFormat = `#!/usr/bin/env python3
import json, random, sys

def shuffled(value):
    if not isinstance(value, dict):
        return value
    members = list(value.items())
    random.shuffle(members)
    return {name: shuffled(each) for name, each in members}

def say(event):
    print(json.dumps(shuffled(event)))

def option(text):
    return {"type": "string", "description": text, "default": text}

try:
    request = json.loads(sys.stdin.readline())
    kind = request["request"] if request["protocol"] == 1 else None
except Exception:
    kind = None
if kind == "describe":
    properties = {name: option("the " + name) for name in ["one", "two", "three", "four", "five"]}
    say({"event": "description", "protocols": [1], "kind": "format", "id": "sorted", "summary": "the format sorted",
         "options": {"type": "object", "properties": properties}})
elif kind == "render":
    say({"event": "log", "message": "at work"})
    say({"event": "output", "text": "done\\n", "mediaType": "text/plain"})
else:
    say({"event": "error", "code": "usage_invalid", "message": "this is not a request that it knows", "hint": "ask otherwise"})
`;

const answering = (words: string) => say({ event: "output", text: `${words}\n` });

const check = (program: string) => world.run(["plugins", "check", program, "--json"], { limitSeconds: 60 });

describe("the example in", () => {
  it("POSIX shell keeps every rule, and prints what it says", async () => {
    const ended = await check(join(examples, "tegata-format-properties"));
    expect({ ...rulesOf(ended), status: ended.status }).toEqual({
      status: 0,
      broken: [],
      reasons: [],
      skipped: [expect.stringMatching(/^takes the output back/)],
      ok: 16,
    });
    await world.signIn("plain");
    await on.putTrusted("tegata-format-properties", await readFile(join(examples, "tegata-format-properties"), "utf8"));
    const { stdout } = await on.run(["properties", "plain", "--with-region"]);
    expect(stdout).toMatch(
      /^aws\.accessKeyId=ASIA\w+\naws\.secretAccessKey=\S+\naws\.sessionToken=\S+\naws\.region=us-east-1\n$/,
    );
  });

  it("Go keeps every rule, and prints what it says", async (context) => {
    const go = need("go", context);
    const folder = await mkdtemp(join(tmpdir(), "tegata-go-"));
    try {
      const program = join(folder, "tegata-format-k8s-secret");
      await execute(go, ["build", "-o", program, "."], { cwd: join(examples, "tegata-format-k8s-secret") });
      const ended = await check(program);
      expect({ ...rulesOf(ended), status: ended.status }).toMatchObject({ status: 0, broken: [], ok: 16 });
      await copyFile(program, join(on.folder, "tegata-format-k8s-secret"));
      expect((await on.run(["plugins", "trust", "k8s-secret"])).status).toBe(0);
      const { stdout } = await on.run(["k8s-secret", "plain", "--namespace", "team"]);
      expect(stdout).toMatch(
        /^apiVersion: v1\nkind: Secret\n(.*\n)*  name: "aws-credentials"\n  namespace: "team"\ndata:\n/,
      );
      const refused = await on.run(["k8s-secret", "plain", "--namespace", "a: b"]);
      expect(refused).toMatchObject({ status: 2, stdout: "" });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);

  it("Python keeps every rule", async (context) => {
    need("python3", context);
    const ended = await check(join(examples, "tegata-idp-device"));
    expect({ ...rulesOf(ended), status: ended.status }).toEqual({
      status: 0,
      broken: [],
      reasons: [],
      skipped: [expect.stringMatching(/without asking anybody$/)],
      ok: 17,
    });
  }, 60_000);

  it("Python signs in at a real provider, renews, and signs out there", async (context) => {
    need("python3", context);
    await on.putTrusted("tegata-idp-device", await readFile(join(examples, "tegata-idp-device"), "utf8"));
    const { sandbox } = world;
    const home = await world.anotherHome();
    const env = { ...on.env, ...home };
    const stateDir = join(home.HOME, ".local/state/tegata");
    await world.writeSettings(
      `[idp.python]
type = "device"
issuer = "${sandbox.oidc.issuer}"
client_id = "${sandbox.oidc.clientId}"

[profile.python]
idp = "python"
role_arn = "${sandbox.roles.developer}"
region = "us-east-1"
sts_endpoint = "${sandbox.sts.endpoint}"
`,
      join(home.HOME, ".config/tegata/tegata.toml"),
    );
    const go = (...args: string[]) => world.run(args, { env });
    const untrusted = await go("login", "python");
    expectRefusal(
      untrusted,
      { status: 3, error: "tegata-idp-device has not been trusted yet", hint: "plugins trust" },
      world,
    );
    expect((await go("plugins", "trust", "device")).status).toBe(0);
    expectRefusal(
      await go("credential-process", "python"),
      { status: 4, error: "a sign-in in the browser is needed", hint: "tegata login python" },
      world,
    );

    const login = world.start(["login", "python"], { env });
    await approveOnStderr(login, sandbox);
    const { status, stderr } = await login.ended;
    expect(status).toBe(0);
    expect(stderr).toMatch(/signed in as ann@example\.com; credentials for Developer in 123456789012/);
    const first = await onlySession(stateDir);
    expect(first.record.refreshToken).toBeDefined();

    sandbox.requests.clear();
    const hit = await go("credential-process", "python");
    expect(hit).toMatchObject({ status: 0, stderr: "" });
    expect(sandbox.requests.all()).toEqual([]);

    await endIdToken(stateDir);
    const renewed = await go("credential-process", "python", "--fresh");
    expect(renewed).toMatchObject({ status: 0, stderr: "" });
    expect(credentialProcessOutput(renewed).AccessKeyId).not.toBe(credentialProcessOutput(hit).AccessKeyId);
    expect(sandbox.requests.count("token")).toBe(1);
    const second = await onlySession(stateDir);
    expect(second.record.refreshToken, "the rotated one is kept").not.toBe(first.record.refreshToken);

    const { stderr: said } = await go("logout", "python");
    expect(said).toBe("tegata: signed out of python\n");
    expect(sandbox.requests.count("revocation")).toBe(1);
    expectNoSecret(
      [stderr, said].join("\n"),
      sandbox.secrets().map(({ value }) => value),
    );
  }, 60_000);
});

describe("tegata plugins check accepts", () => {
  it("a sign-in program that sorts the members of its events", async (context) => {
    need("python3", context);
    const example = await readFile(join(examples, "tegata-idp-device"), "utf8");
    const sorted = example
      .replace("json.dumps({", "json.dumps(sort_keys=True, separators=(' , ', ' : '), obj={")
      // It says its error in an event, and ends well.
      .replaceAll("sys.exit(1)", "sys.exit(0)");
    expect(sorted).not.toBe(example);
    const path = await on.put("tegata-idp-device", sorted);
    const ended = await check(path);
    expect({ ...rulesOf(ended), status: ended.status }).toMatchObject({ status: 0, broken: [], ok: 17 });
  }, 60_000);

  it("a format that writes the members of its events in any order, and another one each time", async (context) => {
    need("python3", context);
    const path = await on.put("tegata-format-sorted", shuffledFormat);
    const ended = await check(path);
    expect({ ...rulesOf(ended), status: ended.status }).toMatchObject({ status: 0, broken: [] });
  }, 60_000);

  it("a format in Go whose events are maps, and that ends well after an error", async (context) => {
    const go = need("go", context);
    const folder = await mkdtemp(join(tmpdir(), "tegata-go-"));
    try {
      const program = join(folder, "tegata-format-k8s-secret");
      const source = join(folder, "source");
      await cp(join(examples, "tegata-format-k8s-secret"), source, { recursive: true });
      const main = join(source, "main.go");
      await writeFile(main, (await readFile(main, "utf8")).replace("os.Exit(1)", "os.Exit(0)"));
      await execute(go, ["build", "-o", program, "."], { cwd: source });
      const ended = await check(program);
      expect({ ...rulesOf(ended), status: ended.status }).toMatchObject({ status: 0, broken: [], ok: 16 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

describe("tegata plugins check finds", () => {
  it.each<[string, string, RegExp]>([
    [
      "output that is another one each time",
      `printf '{"event":"output","text":"%s\\\\n"}\\n' $$`,
      /^gives the same output/,
    ],
    ["a last line without an end", say({ event: "output", text: "x" }), /^ends a text with a line break$/],
    [
      "a word for what is missing",
      `case $request in *accountId*) ${answering("x")} ;; *) ${answering("undefined")} ;; esac`,
      /^works without an account id/,
    ],
    [
      "a secret on stderr",
      `printf '%s\\n' "$request" >&2; ${say({ event: "output", text: "x\n" })}`,
      /^writes no secret to stderr/,
    ],
    [
      "a value of an option that breaks it",
      `case $request in *fancy*) exit 1 ;; *) ${say({ event: "output", text: "x\n" })} ;; esac`,
      /^takes every value of its options/,
    ],
    [
      "a profile's name that breaks it",
      `case $request in *ird*) exit 1 ;; *) ${say({ event: "output", text: "x\n" })} ;; esac`,
      /^takes a profile with quotes/,
    ],
    ["an answer to junk", say({ event: "output", text: "x\n" }), /^refuses a request that is no JSON$/],
  ])("%s", async (_name, render, broken) => {
    const style = { type: "string", enum: ["plain", "fancy"], description: "how it looks" };
    const path = await on.put(
      "tegata-format-checked",
      shellFormat("checked", render, { options: { properties: { style } } }),
    );
    const ended = await check(path);
    expect(ended.status).toBe(5);
    expect(rulesOf(ended).broken).toContainEqual(expect.stringMatching(broken));
  });

  it("an identity provider that gives nothing and does not end", async () => {
    const body = shellIdp("checked", "echo no >&2; exit 1");
    const path = await on.put(
      "tegata-idp-checked",
      body.replace("read", "trap '' TERM; read").replace("request\n", "request || sleep 60\n"),
    );
    const { status, stdout, stderr } = await world.run(["plugins", "check", path], { limitSeconds: 60 });
    expect(status).toBe(5);
    expect(stdout).toMatch(/^ok +describes itself within 5 s, and ends well$/m);
    expect(stdout).toMatch(/^broken +gives an ID token that holds.*: tegata-idp-checked ended with 1; it said: no$/m);
    expect(stdout).toMatch(/^skipped +fails with sign_in_denied.*: it gives no ID token that holds$/m);
    expect(stdout).toMatch(/^broken +ends when it is asked nothing: it did not end within 5 s$/m);
    expect(stdout).toMatch(/^broken +ends within 2 s of SIGTERM: it had to be killed$/m);
    expect(stderr).toMatch(/^tegata: error: tegata-idp-checked breaks \d+ of \d+ rules\ntegata: hint: .+\n$/);
  }, 60_000);

  it("a program that lies where none is run, by its path, and does not run it by its name", async () => {
    const path = await on.put("tegata-format-here", shellFormat("here", answering("x")));
    const here = { cwd: join(path, "..") };
    const byPath = await world.run(["plugins", "check", "./tegata-format-here"], here);
    expect(byPath.stdout).toMatch(/^ok +describes itself/);
    const byName = await world.run(["plugins", "check", "here"], { ...here, env: on.env });
    expectRefusal(byName, { status: 3, error: "it is in the current folder", hint: "move it" }, world);
  });
});
