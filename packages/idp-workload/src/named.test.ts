/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { expectNoSecret, failure, fakeMachine, workloadContract } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { command } from "./command.ts";
import { file } from "./file.ts";
import { variable } from "./variable.ts";

const path = "/run/token";

workloadContract(file, () =>
  placeUnderTest({
    settings: () => ({ token_file: path }),
    isNamed: true,
    machine: (_tokenServer, _job, token) => ({ files: { [path]: token } }),
    tokenIn: { file: path },
  }),
);

workloadContract(variable, () =>
  placeUnderTest({
    settings: () => ({ token_variable: "MY_TOKEN" }),
    isNamed: true,
    machine: (_tokenServer, _job, token) => ({ variables: { MY_TOKEN: token } }),
    tokenIn: "variable",
  }),
);

workloadContract(command, () =>
  placeUnderTest({
    settings: () => ({ token_command: "vault read token" }),
    isNamed: true,
    machine: (tokenServer, job) => ({
      files: { "/etc/hostname": job },
      run: async () => ({ status: 0, stdout: `${await tokenServer.signToken()}\n`, stderr: "" }),
    }),
    tokenIn: "nowhere",
  }),
);

carriedFaults(file, { settings: { token_file: path }, machine: (token) => ({ files: { [path]: `${token}\r\n` } }) });
carriedFaults(variable, {
  settings: { token_variable: "MY_TOKEN" },
  machine: (token) => ({ variables: { MY_TOKEN: token } }),
});
carriedFaults(command, {
  settings: { token_command: ["print-token"] },
  machine: (token) => ({ run: () => ({ status: 0, stdout: `${token}\n`, stderr: "warning: old" }) }),
});

describe("a token that a person names", () => {
  let tokenServer: TokenServer;
  beforeAll(async () => {
    tokenServer = await startTokenServer();
  });
  afterAll(() => tokenServer.close());

  it("needs no issuer in the settings: the token names it", async () => {
    const machine = fakeMachine({ files: { [path]: await tokenServer.signToken() } });
    const { idToken } = await startRun(file, { settings: { token_file: path }, machine }).signIn();
    expect(idToken.claims.iss).toBe(tokenServer.issuer);
  });

  it.each([
    ["a file that is not there", file, { token_file: path }, /token file \/run\/token is not there/],
    ["a variable that is not set", variable, { token_variable: "MY_TOKEN" }, /variable MY_TOKEN/],
  ])("is %s: the error names it", async (_name, idp, settings, message) => {
    const error = await failure(
      startRun<typeof idp.settings>(idp, { settings, machine: fakeMachine() }).find(),
      "workload_token_missing",
    );
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/\w/);
  });

  it("may not be a file of a megabyte", async () => {
    const machine = fakeMachine({ files: { [path]: "x".repeat(1_000_000) } });
    await failure(startRun(file, { settings: { token_file: path }, machine }).find(), "file_unreadable");
  });

  it.each([
    [{ status: 3, stdout: "", stderr: "no such token\n" }, "process_failed", /status 3: no such token/],
    [{ status: undefined, stdout: "", stderr: "" }, "process_failed", /ended by a signal$/],
    [{ status: 0, stdout: "\n", stderr: "" }, "workload_token_missing", /printed no token/],
  ] as const)("comes from a command that ends with %j: the error says so", async (result, code, message) => {
    const machine = fakeMachine({ run: () => result });
    const run = startRun(command, { settings: { token_command: "print-token" }, machine });
    expect((await failure(run.signIn(), code)).message).toMatch(message);
  });

  it("is not shown when its command says it on stderr", async () => {
    const token = await tokenServer.signToken();
    const machine = fakeMachine({ run: () => ({ status: 1, stdout: token, stderr: `debug: ${token}` }) });
    const run = startRun(command, { settings: { token_command: "print-token" }, machine });
    expectNoSecret((await failure(run.signIn(), "process_failed")).message, [token]);
  });
});

const parse = (token_command: unknown) => v.safeParse(command.settings, { token_command });

describe("token_command", () => {
  it.each([
    ["vault read -field=token identity/oidc/token/aws", ["vault", "read", "-field=token", "identity/oidc/token/aws"]],
    [`'/opt/my tools/print' "a b" c\\ d ''`, ["/opt/my tools/print", "a b", "c d", ""]],
    ["print $(rm -rf /) $HOME * ; true", ["print", "$(rm", "-rf", "/)", "$HOME", "*", ";", "true"]],
    [
      ["print", "a b", ""],
      ["print", "a b", ""],
    ],
  ])("%j is split as a shell would split it, and no shell runs it", (given, words) => {
    expect(parse(given).output).toEqual({ token_command: words });
  });

  it.each([[""], ["   "], [`print "a`], ["print \\"], [[]], [[""]], ["''"], [["print", 5]], [5]])(
    "%j is refused",
    (given) => {
      expect(parse(given).issues?.[0].message).toMatch(/^must be /);
    },
  );
});

describe("the other settings", () => {
  it.each([
    [variable.settings, { token_variable: "eyJhbGciOi.x.y" }, "must be the name of a variable, not its value"],
    [file.settings, { token_file: "x", issuer: "http://example.com" }, "must be https"],
    [file.settings, { token_file: "x", audience: "a".repeat(256) }, "must be no longer than 255 characters"],
    [file.settings, { token_file: "" }, "must not be empty"],
  ])("refuse what nothing can use", (schema, value, message) => {
    expect(v.safeParse(schema, value).issues?.[0].message).toContain(message);
  });
});
