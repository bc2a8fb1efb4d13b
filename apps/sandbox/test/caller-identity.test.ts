import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../src/index.ts";
import { askSts, assumeRole, type Keys, keysOf, like, signIn, type StsResponse, textOf } from "./world.ts";

let sandbox: Sandbox;
let keys: Keys;
let clock = 0;
beforeAll(async () => {
  sandbox = await startSandbox({ now: () => Date.now() + clock });
  const { id_token: idToken } = await signIn(sandbox);
  keys = keysOf(await assumeRole(sandbox, idToken, { DurationSeconds: "900" }));
});
afterEach(() => {
  clock = 0;
});
afterAll(() => sandbox.close());

const FORM = { Action: "GetCallerIdentity", Version: "2011-06-15" };

async function ask({
  credentials = keys,
  signingDate = new Date(),
  service = "sts",
  sent = FORM,
}: {
  credentials?: Keys;
  signingDate?: Date;
  service?: string;
  sent?: Record<string, string>;
} = {}): Promise<StsResponse> {
  const { hostname, port, host } = new URL(sandbox.sts.endpoint);
  const signer = new SignatureV4({ service, region: "eu-central-1", credentials, sha256: Sha256 });
  const { headers } = await signer.sign(
    {
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path: "/",
      headers: { host, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(FORM).toString(),
    },
    { signingDate },
  );
  const response = await fetch(sandbox.sts.endpoint, {
    method: "POST",
    headers,
    body: new URLSearchParams(sent).toString(),
  });
  const xml = await response.text();
  return { status: response.status, xml, code: textOf(xml, "Code"), message: textOf(xml, "Message") };
}

it("GetCallerIdentity tells who the caller is when the signature is right", async () => {
  const { status, xml } = await ask();
  expect(status).toBe(200);
  expect(textOf(xml, "Arn")).toBe("arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com");
  expect(textOf(xml, "Account")).toBe("123456789012");
  expect(textOf(xml, "UserId")).toMatch(/^AROA.{17}:ann@example\.com$/);
});

it.each([
  [
    "a wrong secret key",
    () => ask({ credentials: { ...keys, secretAccessKey: "x".repeat(40) } }),
    "SignatureDoesNotMatch",
    /^The request signature we calculated/,
  ],
  [
    "a body changed after signing",
    () => ask({ sent: { ...FORM, Extra: "x" } }),
    "SignatureDoesNotMatch",
    /^The request signature we calculated/,
  ],
  ["another service's scope", () => ask({ service: "s3" }), "SignatureDoesNotMatch", /correct service: 'sts'/],
  [
    "a clock 6 minutes slow",
    () => ask({ signingDate: new Date(Date.now() - 360_000) }),
    "SignatureDoesNotMatch",
    /^Signature expired: \d{8}T\d{6}Z is now earlier than .* - 5 min\.\)$/,
  ],
  [
    "a clock 6 minutes fast",
    () => ask({ signingDate: new Date(Date.now() + 360_000) }),
    "SignatureDoesNotMatch",
    /^Signature not yet current: /,
  ],
  [
    "an unknown key id",
    () => ask({ credentials: { ...keys, accessKeyId: "ASIAAAAAAAAAAAAAAAAA" } }),
    "InvalidClientTokenId",
    /is invalid\.$/,
  ],
  [
    "another session token",
    () => ask({ credentials: { ...keys, sessionToken: "other" } }),
    "InvalidClientTokenId",
    /is invalid\.$/,
  ],
  ["no signature", () => askSts(sandbox, { Action: "GetCallerIdentity" }), "MissingAuthenticationToken", /missing/],
])("GetCallerIdentity refuses %s", async (_, request, code, message) => {
  expect(await request()).toMatchObject({ status: 403, code, message: like(message) });
});

it("GetCallerIdentity refuses half a signature", async () => {
  const headers = { Authorization: "AWS4-HMAC-SHA256 Credential=x" };
  expect(await askSts(sandbox, { Action: "GetCallerIdentity" }, headers)).toMatchObject({
    code: "IncompleteSignature",
  });
});

it("GetCallerIdentity refuses credentials after their end", async () => {
  clock = 901_000;
  expect(await ask({ signingDate: new Date(Date.now() + clock) })).toMatchObject({ status: 403, code: "ExpiredToken" });
});
