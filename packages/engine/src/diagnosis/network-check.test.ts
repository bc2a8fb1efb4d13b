import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noSessionPolicy, roleArnSchema, TegataError, webIdentityStep } from "@tegata/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { stepsOf } from "../../test/support/shown-steps.ts";
import { systemOfLibrary } from "../this-system.ts";
import { authoritiesCheck, proxyCheck } from "./network-check.ts";

const role = v.parse(roleArnSchema, "arn:aws:iam::123456789012:role/Dev");
const target = { region: "eu-west-1", endpoint: undefined, useFipsEndpoint: false, useDualstackEndpoint: false };
const step = webIdentityStep({
  role,
  roleSessionName: undefined,
  durationSeconds: 3600,
  sessionPolicy: noSessionPolicy,
  target,
});
const ways = (env: Readonly<Record<string, string>>) =>
  stepsOf(
    proxyCheck.run({
      system: { ...systemOfLibrary(), env },
      found: { warnings: [] },
      idp: () =>
        Promise.resolve({
          kind: "workload",
          name: "machine",
          issuer: "https://id.acme.example",
          settings: {},
          identity: { platform: "", fingerprint: "", acquire: () => Promise.reject(new Error("not here")) },
        }),
      role: () =>
        Promise.resolve({
          role,
          steps: [step],
          region: "eu-west-1",
          federationEndpoint: undefined,
          dependsOnFile: false,
        }),
    }),
  );

describe("the check of proxies", () => {
  it("says of each host which proxy it is, by which variable, and without its password", async () => {
    expect(await ways({ HTTPS_PROXY: "http://ann:s3cret@proxy.example:3128" })).toEqual([
      {
        id: "proxy",
        state: "ok",
        message:
          "id.acme.example by the proxy http://proxy.example:3128 (HTTPS_PROXY); sts.eu-west-1.amazonaws.com by the proxy http://proxy.example:3128 (HTTPS_PROXY)",
      },
    ]);
  });

  it("says which host is asked directly because of NO_PROXY", async () => {
    const [found] = await ways({ HTTPS_PROXY: "http://proxy.example", NO_PROXY: ".acme.example" });
    expect(found?.["message"]).toMatch(/^id\.acme\.example directly \(NO_PROXY\); sts\..* by the proxy/);
  });

  it("says that all are asked directly where no variable names a proxy", async () => {
    const [found] = await ways({ NO_PROXY: ".acme.example" });
    expect(found?.["message"]).toBe("id.acme.example directly; sts.eu-west-1.amazonaws.com directly");
  });

  it("fails at a proxy that is no URL", async () => {
    await expect(ways({ ALL_PROXY: "socks5://proxy" })).rejects.toBeInstanceOf(TegataError);
  });
});

const found = (env: Readonly<Record<string, string>>) =>
  stepsOf(authoritiesCheck.run({ system: { ...systemOfLibrary(), env } }));

describe("the check of authorities", () => {
  it("says that only those of the runtime count, where no variable names a file", async () => {
    expect(await found({})).toEqual([
      {
        id: "authorities",
        state: "ok",
        message: "those that come with the runtime; no variable names a file of others",
      },
    ]);
  });

  it("fails at a file without a certificate, and names the variable", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tegata-authorities-"));
    const file = join(folder, "ca.pem");
    await writeFile(file, "no certificate");
    await expect(found({ AWS_CA_BUNDLE: file })).rejects.toThrow("AWS_CA_BUNDLE names");
    await rm(folder, { recursive: true });
  });
});
