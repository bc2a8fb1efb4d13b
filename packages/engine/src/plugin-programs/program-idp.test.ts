import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TegataError } from "@tegata/core";
import { failure, fakePorts } from "@tegata/testkit";
import * as v from "valibot";
import { afterEach, beforeEach, expect, it } from "vitest";
import { programIdp } from "./program-idp.ts";
import { descriptionSchema } from "./protocol.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tegata-program-idp-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.skipIf(process.platform === "win32")(
  "a refresh token that cannot be stored ends the sign-in with the storage's error, while the program is still at work",
  async () => {
    const path = join(folder, "tegata-idp-acme");
    const events = [`{"event":"refresh_token","refreshToken":"second"}`, `{"event":"id_token","idToken":"x.y.z"}`];
    await writeFile(path, `#!/bin/sh\nread -r request\necho '${events[0]}'\nsleep 0.3\necho '${events[1]}'\n`);
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
    const diskIsFull = new TegataError("storage_unwritable", "the disk is full");
    const acquired = idp.acquire(
      {},
      {
        ...fakePorts({ fetch: () => Promise.reject(new Error("nobody asks for anything")) }),
        refreshToken: "first",
        promptPerson: undefined,
        discover: () => Promise.reject(new Error("nobody asks for it")),
        storeRefreshToken: () => Promise.reject(diskIsFull),
        dropRefreshToken: () => Promise.resolve(),
      },
    );
    // A rejection that nobody handles would end this run, too.
    expect(await failure(acquired, "storage_unwritable")).toBe(diskIsFull);
  },
);
