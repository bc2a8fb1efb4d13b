import { Agent, get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startSandbox, type Sandbox } from "../src/index.ts";
import { assumeRole, authorizeDevice, signIn } from "./world.ts";

let sandbox: Sandbox;
let other: Sandbox;
beforeAll(async () => {
  [sandbox, other] = await Promise.all([startSandbox(), startSandbox({ unregistered: ["oidc"] })]);
});
afterAll(() => Promise.all([sandbox.close(), other.close()]));

it("a sandbox knows every secret that it handed out, and shows none in the requests", async () => {
  const device = await authorizeDevice(sandbox, "auth0");
  const { id_token: idToken } = await signIn(sandbox);
  await assumeRole(sandbox, idToken);
  const secrets = sandbox.secrets();
  expect(new Set(secrets.map(({ kind }) => kind))).toEqual(
    new Set([
      "device_code",
      "access_token",
      "refresh_token",
      "id_token",
      "secret_access_key",
      "session_token",
      "identity_context",
    ]),
  );
  expect(secrets.map(({ value }) => value)).toContain(device.device_code);
  const log = JSON.stringify(sandbox.requests.all());
  for (const { value } of secrets) {
    expect(log).not.toContain(value);
  }
});

it("a sandbox counts what clients ask, by area, and what its own STS asks apart", async () => {
  const { id_token: idToken } = await signIn(sandbox);
  sandbox.requests.clear();
  await assumeRole(sandbox, idToken);
  expect(sandbox.requests.count("sts")).toBe(1);
  expect(sandbox.requests.count("jwks")).toBe(0);
  const records = sandbox.requests.all();
  expect(records).toContainEqual(expect.objectContaining({ area: "jwks", from: "sts", status: 200 }));
  const sts = records.find(({ area }) => area === "sts");
  expect(sts).toMatchObject({ operation: "AssumeRoleWithWebIdentity", status: 200, queryParameterNames: [] });
  expect(sts?.formParameterNames).toContain("WebIdentityToken");
  expect(sts?.headerNames).not.toContain("authorization");
});

it("several sandboxes share neither faults nor secrets, and take no token of each other", async () => {
  sandbox.faults.set({ kind: "status", area: "device_authorization", status: 500 });
  expect(other.secrets()).toEqual([]);
  const { id_token: idToken } = await signIn(other);
  sandbox.faults.clear();
  expect(await assumeRole(sandbox, idToken)).toMatchObject({ code: "InvalidIdentityToken" });
});

it("the STS of a sandbox does not know an issuer that was not registered", async () => {
  const { id_token: idToken } = await signIn(other);
  expect(await assumeRole(other, idToken)).toMatchObject({
    message: `No OpenIDConnect provider found in your account for ${other.oidc.issuer}`,
  });
});

it("a sandbox says so when a port is taken", async () => {
  const port = Number(new URL(sandbox.federation.endpoint).port);
  await expect(startSandbox({ port })).rejects.toThrow("a port of the sandbox is taken");
});

it("a sandbox prints nothing, and frees its ports at once, also with an idle connection open", async () => {
  const spies = [vi.spyOn(process.stderr, "write"), vi.spyOn(process.stdout, "write")];
  const brief = await startSandbox();
  await signIn(brief);
  await brief.rotateKeys();
  const printed = spies.flatMap((spy) => spy.mock.calls.map(([line]) => String(line)));
  for (const spy of spies) {
    spy.mockRestore();
  }
  expect(printed.filter((line) => line.includes("oidc-provider"))).toEqual([]);

  const agent = new Agent({ keepAlive: true });
  const url = `${brief.oidc.issuer}/jwks`;
  await text(await new Promise<IncomingMessage>((resolve) => get(url, { agent }, resolve)));
  const begin = performance.now();
  await brief.close();
  expect(performance.now() - begin).toBeLessThan(500);
  await expect(fetch(url)).rejects.toThrow(/fetch failed/);
  agent.destroy();
});
