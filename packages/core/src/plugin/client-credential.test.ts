import { failure, fakeMachine, type FakeMachineOptions } from "@tegata/testkit";
import * as jose from "jose";
import { describe, expect, it } from "vitest";
import { TegataError } from "../base/errors.ts";
import { nestedRunsVariable } from "../base/nested-runs.ts";
import { credentialSource } from "./client-credential.ts";

const read = (settings: Readonly<Record<string, unknown>>, machine: FakeMachineOptions = {}) =>
  Promise.resolve().then(() => credentialSource({ client_id: "client", ...settings }, ["RS256"])(fakeMachine(machine)));

describe("a client's secret", () => {
  it("is what a file holds, without the line break at its end", async () => {
    const secret = await read({ client_secret_file: "/run/secret" }, { files: { "/run/secret": "s3cret\n" } });
    expect(secret).toEqual({ kind: "secret", secret: "s3cret" });
  });

  it("is what a variable holds", async () => {
    const secret = await read({ client_secret_variable: "MY_SECRET" }, { variables: { MY_SECRET: "s3cret" } });
    expect(secret).toEqual({ kind: "secret", secret: "s3cret" });
  });

  it.each([
    ["acme/backup", "acme/backup"],
    ["https://sso.example.com/realms/machines/backup", "https://sso.example.com/realms/machines/backup"],
  ])("is what the keyring has as %s", async (setting, entry) => {
    const secret = await read({ client_secret_keyring: setting }, { keyring: { [entry]: "s3cret\n" } });
    expect(secret).toEqual({ kind: "secret", secret: "s3cret" });
  });

  it("is refused where no keyring answers, and the hint names what helps on a server", async () => {
    const { message, hint } = await failure(read({ client_secret_keyring: "acme/backup" }), "storage_unreadable");
    expect(message).toContain("the keyring cannot be used");
    expect(hint).toMatch(/unlock the keyring.*client_secret_file/);
  });

  it("is what a command prints, which is told that it runs inside of this", async () => {
    const seen: unknown[] = [];
    const secret = await read(
      { client_secret_command: ["secret-tool", "lookup", "service", "acme"] },
      {
        run: (command, { variables }) => {
          seen.push(command, Object.keys(variables ?? {}));
          return { status: 0, stdout: "s3cret\n", stderr: "" };
        },
      },
    );
    expect(secret).toEqual({ kind: "secret", secret: "s3cret" });
    expect(seen).toEqual([["secret-tool", "lookup", "service", "acme"], [nestedRunsVariable]]);
  });

  it.each([
    ["its file is not there", { client_secret_file: "/gone" }, {}],
    ["its file is empty", { client_secret_file: "/empty" }, { files: { "/empty": " \n" } }],
    ["its variable is not set", { client_secret_variable: "NONE" }, {}],
    [
      "the keyring has no such entry",
      { client_secret_keyring: "acme/other" },
      { keyring: { "acme/backup": "s3cret" } },
    ],
    ["its file has two lines", { client_secret_file: "/two" }, { files: { "/two": "a\nb" } }],
    ["it is more than ASCII", { client_secret_variable: "UMLAUT" }, { variables: { UMLAUT: "geheimnü" } }],
  ])("is refused where %s", async (_what, settings, machine) => {
    const { hint } = await failure(read(settings, machine), "client_credential_invalid");
    expect(hint).not.toBe("");
  });

  it("is refused where its command fails, and what that says is shown without what may be the secret", async () => {
    const { message } = await failure(
      read(
        { client_secret_command: ["vault"] },
        { run: () => ({ status: 2, stdout: "s3cret", stderr: "denied for hvs.CAESIJlongtokenlongtoken\n" }) },
      ),
      "process_failed",
    );
    expect(message).toBe("vault ended with status 2: denied for …");
  });

  it("appears in no message about it", async () => {
    const { message, hint } = await failure(
      read({ client_secret_variable: "SECRET" }, { variables: { SECRET: "geheimnü" } }),
      "client_credential_invalid",
    );
    expect(`${message} ${hint}`).not.toContain("geheim");
  });
});

describe("a secret that was set instead of its file or its variable", () => {
  it.each([
    { client_secret_file: "hunter2-hunter2" },
    { client_secret_variable: "hunter2_hunter2" },
    { client_secret_keyring: "hunter2/hunter2" },
  ])("appears in no message: %j", async (settings) => {
    const { message, hint } = await failure(read(settings, { keyring: {} }), "client_credential_invalid");
    expect(`${message} ${hint}`).not.toContain("hunter2");
    expect(message).toContain(Object.keys(settings)[0]);
  });
});

describe("a client's key", () => {
  it("is read from its file", async () => {
    const { privateKey } = await jose.generateKeyPair("RS256", { extractable: true });
    const pem = await jose.exportPKCS8(privateKey);
    const settings = { client_key_file: "/k.pem", client_key_id: "key-1" };
    expect(await read(settings, { files: { "/k.pem": pem } })).toMatchObject({
      kind: "key",
      key: { algorithm: "RS256", keyId: "key-1" },
    });
  });

  it("is refused where its file is not there", async () => {
    const { message } = await failure(read({ client_key_file: "/gone" }), "client_credential_invalid");
    expect(message).toContain("/gone");
  });
});

describe("the settings of a client that signs in by itself", () => {
  it("name a secret or a key", async () => {
    const { hint } = await failure(read({}), "settings_incomplete");
    expect(hint).toContain("client_key_file");
  });

  it("name one of them alone", async () => {
    const settings = { client_secret_file: "/a", client_key_file: "/b" };
    const { message } = await failure(read(settings), "settings_invalid");
    expect(message).toContain("client_secret_file and client_key_file are both set");
  });

  it.each(["client_secret_file", "client_secret_variable", "client_secret_keyring", "client_key_file"])(
    "name no command beside %s",
    async (name) => {
      const settings = { [name]: name === "client_secret_keyring" ? "a/b" : "a", client_secret_command: ["vault"] };
      const { message } = await failure(read(settings), "settings_invalid");
      expect(message).toContain("are both set");
    },
  );

  it("are judged before anything is read", () => {
    expect(() => credentialSource({}, ["RS256"])).toThrow(TegataError);
  });
});
