import { request } from "node:http";
import { type AwsCredentials, type ErrorCode, errorCodes, type Peer, plainVocabulary, TegataError } from "@tegata/core";
import { expectNoSecret, sampleCredentials } from "@tegata/testkit";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shownError } from "@tegata/engine";
import { listenTo } from "../../test/support/loopback-peer.ts";
import { type CredentialsEndpoint, serveCredentials } from "./credentials-endpoint.ts";
import { reasonPhrase } from "./reason-phrase.ts";

let endpoint: CredentialsEndpoint;
let credentials: () => Promise<AwsCredentials>;
let peer: Peer;
beforeEach(async () => {
  peer = { kind: "own" };
  credentials = () => Promise.resolve(sampleCredentials);
  endpoint = await serveCredentials(
    () => credentials(),
    (error) => {
      const { code, message } = shownError(error, plainVocabulary);
      return { code, text: message, reason: "in short" };
    },
    listenTo(() => peer),
  );
});
afterEach(() => endpoint.close());

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Not by fetch, which does not let anybody choose the host. */
function ask({ method = "GET", path, headers = {} }: Ask = {}) {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = endpoint.variables;
  return new Promise<{ status: number | undefined; reason: string | undefined; headers: object; body: string }>(
    (resolve, reject) => {
      // Each on a connection of its own.
      const options = { method, agent: false, headers: { Authorization: token, ...headers } };
      request(path === undefined ? uri : new URL(path, uri), options, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        response.once("end", () =>
          resolve({ status: response.statusCode, reason: response.statusMessage, headers: response.headers, body }),
        );
      })
        .once("error", reject)
        .end();
    },
  );
}

it("the response has what an SDK wants, and calls the session token Token", async () => {
  const { status, headers, body } = await ask();
  expect(status).toBe(200);
  expect(headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
  expect(JSON.parse(body)).toEqual({
    AccessKeyId: sampleCredentials.accessKeyId,
    SecretAccessKey: sampleCredentials.secretAccessKey,
    Token: sampleCredentials.sessionToken,
    Expiration: sampleCredentials.expiration,
    AccountId: sampleCredentials.accountId,
  });
});

it("the address is the number of this machine, and the token cannot be guessed", () => {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = endpoint.variables;
  expect(uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/credentials$/);
  // 256 bits.
  expect(token).toMatch(/^[\w-]{43}$/);
});

describe("the endpoint", () => {
  it.each<[string, number, Ask]>([
    ["somebody who knows the port alone", 401, { headers: { Authorization: "" } }],
    ["a wrong token of the same length", 401, { headers: { Authorization: "x".repeat(43) } }],
    ["a token with something behind it", 401, { headers: { Authorization: `${"x".repeat(43)}y` } }],

    ["a form that somebody posts", 405, { method: "POST" }],
    ["a preflight request", 405, { method: "OPTIONS", headers: { Origin: "https://attacker.example" } }],
    ["another path", 404, { path: "/" }],
  ])("gives no keys to %s", async (_who, status, question) => {
    const answer = await ask(question);
    expect(answer.status).toBe(status);
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
    const { code, message, ...capitals } = v.parse(v.record(v.string(), v.string()), JSON.parse(answer.body));
    expect(capitals).toEqual({ Code: code, Message: message });
    const { secretAccessKey, sessionToken } = sampleCredentials;
    expectNoSecret(answer.body, [secretAccessKey, sessionToken, endpoint.variables.AWS_CONTAINER_AUTHORIZATION_TOKEN]);
  });

  it("gives no keys to a page whose name means this address", async () => {
    const answer = await ask({ headers: { Host: "attacker.example:80" } });
    expect(answer.status).toBe(403);
    expectNoSecret(answer.body, [sampleCredentials.secretAccessKey, sampleCredentials.sessionToken]);
  });
});

describe("a client", () => {
  it.each([
    [403, new TegataError("sign_in_required", "a sign-in in the browser is needed")],
    [403, new TegataError("sts_access_denied", "the role does not let this sign-in in")],
    [503, new TegataError("idp_unavailable", "the provider answers 503")],
    [503, new Error("a bug with a secret in it")],
  ])("is told to stop, or to try again: %i for %s", async (status, error) => {
    credentials = () => Promise.reject(error);
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(shownError(error, plainVocabulary).message);
    expect(answer.body).not.toContain("with a secret");
  });
});

describe("the user at the other end", () => {
  it.each<[Peer, number]>([
    [{ kind: "own" }, 200],
    [{ kind: "unknown" }, 200],
    // What sudo runs inside the command.
    [{ kind: "other", uid: 0 }, 200],
    [{ kind: "other", uid: 1001 }, 403],
  ])("%j with the token gets %i", async (who, status) => {
    peer = who;
    expect((await ask()).status).toBe(status);
  });

  it("is no help without the token", async () => {
    expect((await ask({ headers: { Authorization: "" } })).status).toBe(401);
  });
});

describe("the reason phrase", () => {
  it("is the explanation's short one", async () => {
    credentials = () => Promise.reject(new TegataError("sts_access_denied", "long words of a server"));
    expect((await ask()).reason).toBe("in short");
  });

  it.each<[ErrorCode, string | undefined, string]>([
    ["sign_in_required", "tegata login dev", "a sign-in is needed: tegata login dev"],
    ["sign_in_required", "tegata login 'dév'", "a sign-in is needed"],
    ["sign_in_required", `tegata login ${"x".repeat(100)}`, "a sign-in is needed"],
    ["sign_in_required", "tegata login a\nb", "a sign-in is needed"],
    ["sts_access_denied", "ask <b>them</b>", "sts_access_denied: refused by the identity provider or AWS"],
    ["internal", undefined, "internal: an unexpected error"],
  ])("of %s with the hint %j is %j", (code, hint, reason) => {
    expect(reasonPhrase(code, hint)).toBe(reason);
  });

  it("is at most 100 visible ASCII characters, for every error", () => {
    for (const code of errorCodes) {
      expect(reasonPhrase(code, "x")).toMatch(/^[\x20-\x7e]{1,100}$/);
    }
  });
});

it("nobody listens once the endpoint is closed", async () => {
  await ask();
  endpoint.close();
  await expect(ask()).rejects.toThrow(/ECONNREFUSED/);
});
