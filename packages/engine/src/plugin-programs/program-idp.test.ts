import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TegataError } from "@tegata/core";
import { failure, fakePorts } from "@tegata/testkit";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { programIdp } from "./program-idp.ts";
import { descriptionSchema, idpErrorCodes } from "./protocol.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tegata-program-idp-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program of a shell's lines, and what it is asked by: the refresh token `first`, with nobody to ask. */
async function acquireBy(lines: string, storeRefreshToken: () => Promise<void> = () => Promise.resolve()) {
  const path = join(folder, "tegata-idp-acme");
  await writeFile(path, `#!/bin/sh\nread -r request\n${lines}\n`);
  await chmod(path, 0o755);
  const description = v.parse(descriptionSchema, {
    event: "description",
    protocols: [1],
    kind: "idp",
    id: "acme",
    summary: "the provider acme",
    settings: {},
    issuer: "https://login.acme.example",
    audience: "tegata",
  });
  if (description.kind !== "idp") {
    throw new TypeError("not an identity provider");
  }
  const program = { kind: "idp", name: "tegata-idp-acme", id: "acme", path, realPath: path } as const;
  const { signal } = new AbortController();
  const ports = { platform: process.platform, env: {}, signal, log: () => undefined };
  const idp = programIdp({ ...program, refusal: undefined }, description, ports);
  if (idp.kind !== "interactive") {
    throw new TypeError("asks nobody");
  }
  return idp.acquire(
    {},
    {
      ...fakePorts({ fetch: () => Promise.reject(new Error("nobody asks for anything")) }),
      refreshToken: "first",
      promptPerson: undefined,
      discover: () => Promise.reject(new Error("nobody asks for it")),
      storeRefreshToken,
      dropRefreshToken: () => Promise.resolve(),
    },
  );
}

const refusing = (code: string) =>
  acquireBy(`echo '${JSON.stringify({ event: "error", code, message: "it cannot be", hint: "change it" })}'\nexit 1`);

describe.skipIf(process.platform === "win32")("a program that is an identity provider", () => {
  it("ends the sign-in with the storage's error, while it is still at work, where its refresh token cannot be stored", async () => {
    const events = [`{"event":"refresh_token","refreshToken":"second"}`, `{"event":"id_token","idToken":"x.y.z"}`];
    const diskIsFull = new TegataError("storage_unwritable", "the disk is full");
    const lines = `echo '${events[0]}'\nsleep 0.3\necho '${events[1]}'`;
    const acquired = acquireBy(lines, () => Promise.reject(diskIsFull));
    // A rejection that nobody handles would end this run, too.
    expect(await failure(acquired, "storage_unwritable")).toBe(diskIsFull);
  });

  it.each(idpErrorCodes)("can end the sign-in with %s, in its own words", async (code) => {
    const error = await refusing(code).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: "tegata-idp-acme: it cannot be" });
  });

  it.each(["sts_access_denied", "interrupted", "internal", "no_such_code"])(
    "cannot speak for others: %s counts as process_failed",
    async (code) => {
      expect((await failure(refusing(code), "process_failed")).message).toBe("tegata-idp-acme: it cannot be");
    },
  );
});
