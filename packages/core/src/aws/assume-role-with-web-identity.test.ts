import { fakeListen } from "@tegata/testkit";
/// <reference types="node" />
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { assumeRoleWithWebIdentity, type AssumeRoleWithWebIdentityRequest } from "./assume-role-with-web-identity.ts";
import { isTegataError, TegataError } from "../base/errors.ts";
import { HttpFailure, limitedFetch } from "../base/http.ts";
import type { Fetch, Ports } from "../base/ports.ts";
import { noSessionPolicy } from "./session-policy.ts";
import type { VerifiedIdToken } from "../oidc/verified-id-token.ts";

interface Received {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

const jwt = "aGVhZA.e30.c2ln+/=";
const now = Date.parse("2026-01-01T00:00:00Z");
const servers = new Set<Server>();

afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  servers.clear();
});

/** An STS that gives the answers one after the other, the last one for ever. */
async function startSts(...answers: readonly Answer[]): Promise<{ endpoint: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Uint8Array[] = [];
    incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
      received.push({ url: incoming.url, headers: incoming.headers, form: new URLSearchParams(body) });
      const {
        status,
        body: text,
        headers,
      } = answers[received.length - 1] ?? answers.at(-1) ?? { status: 500, body: "" };
      response.writeHead(status, { "content-type": "text/xml", "x-amzn-requestid": "req-1", ...headers }).end(text);
    });
  });
  servers.add(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { endpoint: `http://127.0.0.1:${port}`, received };
}

function credentialsResponse({
  expiration = "2026-01-01T01:00:00Z",
  arn = "arn:aws:sts::123456789012:assumed-role/Developer/ann",
  sessionToken = "FwoGZXIvYXdzE+/=",
} = {}): Answer {
  return {
    status: 200,
    body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken>ann</SubjectFromWebIdentityToken><AssumedRoleUser><Arn>${arn}</Arn><AssumedRoleId>AROA:ann</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret+/</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  };
}

function errorResponse(status: number, code: string, message: string): Answer {
  return {
    status,
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`,
  };
}

function request(changes: Partial<AssumeRoleWithWebIdentityRequest> = {}): AssumeRoleWithWebIdentityRequest {
  const claims = {
    iss: "https://idp.example/",
    sub: "ann",
    aud: ["client"],
    azp: undefined,
    exp: 0,
    iat: 0,
    email: undefined,
    names: [],
    authTime: undefined,
    acr: undefined,
  };
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the verifier makes real ones
    idToken: { jwt, claims } as unknown as VerifiedIdToken,
    role: {
      arn: "arn:aws:iam::123456789012:role/Developer",
      partition: "aws",
      accountId: "123456789012",
      roleName: "Developer",
    },
    roleSessionName: "ann@example.com",
    durationSeconds: 3600,
    sessionPolicy: noSessionPolicy,
    region: "eu-central-1",
    endpoint: undefined,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    ...changes,
  };
}

/** A clock that only moves when someone sleeps, and a die that always shows the same. */
function fakePorts(fetch: Fetch, random = 1) {
  let time = 0;
  const slept: number[] = [];
  const logged: string[] = [];
  const controller = new AbortController();
  const ports: Ports = {
    fetch,
    clock: {
      now: () => now + time,
      monotonic: () => time,
      sleep: async (milliseconds, signal) => {
        signal?.throwIfAborted();
        slept.push(milliseconds);
        time += milliseconds;
      },
    },
    random: () => random,
    signal: controller.signal,
    log: (line) => logged.push(line),
    listen: fakeListen().listen,
  };
  return { ports, slept, logged, controller, pass: (milliseconds: number) => (time += milliseconds) };
}

const realFetch: Fetch = (url, init) => fetch(url, init);

async function run(answers: readonly Answer[], changes: Partial<AssumeRoleWithWebIdentityRequest> = {}) {
  const { endpoint, received } = await startSts(...answers);
  const fakes = fakePorts(realFetch);
  const outcome = assumeRoleWithWebIdentity(request({ endpoint, ...changes }), fakes.ports);
  return { outcome, received, ...fakes };
}

test("the request has every parameter, and the credentials have every member", async () => {
  const { outcome, received } = await run([credentialsResponse()]);
  expect(await outcome).toEqual({
    accessKeyId: "ASIAEXAMPLE",
    secretAccessKey: "secret+/",
    sessionToken: "FwoGZXIvYXdzE+/=",
    expiration: "2026-01-01T01:00:00Z",
    accountId: "123456789012",
    assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Developer/ann",
  });
  expect(received).toHaveLength(1);
  expect(Object.fromEntries(received[0]?.form ?? [])).toEqual({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: "arn:aws:iam::123456789012:role/Developer",
    RoleSessionName: "ann@example.com",
    WebIdentityToken: jwt,
    DurationSeconds: "3600",
  });
  expect(received[0]?.url).toBe("/");
});

test("members of the response that nobody knows yet, secrets among them, are accepted and not taken over", async () => {
  const usual = credentialsResponse();
  const body = usual.body
    .replace("</Credentials>", "<RefreshSecret>new-secret</RefreshSecret></Credentials>")
    .replace("</AssumeRoleWithWebIdentityResult>", "<Novel>new-secret</Novel></AssumeRoleWithWebIdentityResult>");
  expect(body.match(/new-secret/g)).toHaveLength(2);
  const { outcome } = await run([{ ...usual, body }]);
  const credentials = await outcome;
  expect(credentials).toMatchObject({ accessKeyId: "ASIAEXAMPLE", sessionToken: "FwoGZXIvYXdzE+/=" });
  expect(JSON.stringify(credentials)).not.toContain("new-secret");
});

test("AWS's own variables and files neither sign the request nor lead it elsewhere", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tegata-sts-"));
  const config = join(folder, "config");
  writeFileSync(
    config,
    "[profile stray]\nendpoint_url = http://127.0.0.1:9/file\nuse_fips_endpoint = true\nregion = us-west-2\n[[[",
  );
  const stray = {
    AWS_PROFILE: "stray",
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: config,
    AWS_ENDPOINT_URL: "http://127.0.0.1:9/env",
    AWS_ENDPOINT_URL_STS: "http://127.0.0.1:9/env-sts",
    AWS_REGION: "us-west-2",
    AWS_USE_FIPS_ENDPOINT: "garbage",
    AWS_USE_DUALSTACK_ENDPOINT: "garbage",
    AWS_RETRY_MODE: "garbage",
    AWS_MAX_ATTEMPTS: "garbage",
    AWS_DEFAULTS_MODE: "garbage",
    AWS_ACCESS_KEY_ID: "AKIASTRAY",
    AWS_SECRET_ACCESS_KEY: "stray",
    AWS_SESSION_TOKEN: "stray",
  };
  for (const [name, value] of Object.entries(stray)) {
    vi.stubEnv(name, value);
  }
  const sent: { url: string; headers: Headers }[] = [];
  const { ports } = fakePorts(async (url, init) => {
    sent.push({ url, headers: new Headers(init.headers) });
    return new Response(credentialsResponse().body);
  });
  await assumeRoleWithWebIdentity(request(), ports);
  const { received, outcome } = await run([credentialsResponse()]);
  await outcome;
  rmSync(folder, { recursive: true });

  expect(sent.map(({ url }) => url)).toEqual(["https://sts.eu-central-1.amazonaws.com/"]);
  const names = [...(sent[0]?.headers.keys() ?? []), ...Object.keys(received[0]?.headers ?? {})];
  expect(names).not.toContain("authorization");
  expect(names).not.toContain("x-amz-security-token");
  expect(JSON.stringify(received[0]?.headers)).not.toContain("stray");
});

// Anyone who opens a FIFO that nobody writes to waits for ever.
test.skipIf(process.platform === "win32")("the files of ~/.aws are not opened", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tegata-sts-"));
  const fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
  vi.stubEnv("AWS_CONFIG_FILE", fifo);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", fifo);
  const { outcome } = await run([credentialsResponse()]);
  expect(await outcome).toMatchObject({ accessKeyId: "ASIAEXAMPLE" });
  const { ports } = fakePorts(async () => new Response(credentialsResponse().body));
  expect(await assumeRoleWithWebIdentity(request(), ports)).toMatchObject({ accessKeyId: "ASIAEXAMPLE" });
  rmSync(folder, { recursive: true });
});

test.each([
  ["us-east-1", false, false, "aws", "https://sts.us-east-1.amazonaws.com/"],
  ["us-east-1", true, false, "aws", "https://sts-fips.us-east-1.amazonaws.com/"],
  ["us-east-1", false, true, "aws", "https://sts.us-east-1.api.aws/"],
  ["us-east-1", true, true, "aws", "https://sts-fips.us-east-1.api.aws/"],
  ["us-gov-west-1", true, false, "aws-us-gov", "https://sts.us-gov-west-1.amazonaws.com/"],
  ["cn-north-1", false, false, "aws-cn", "https://sts.cn-north-1.amazonaws.com.cn/"],
  ["eusc-de-east-1", false, false, "aws-eusc", "https://sts.eusc-de-east-1.amazonaws.eu/"],
  ["us-isob-east-1", false, false, "aws-iso-b", "https://sts.us-isob-east-1.sc2s.sgov.gov/"],
])(
  "the STS of %s (FIPS %s, dual-stack %s, partition %s) is asked at %s",
  async (region, useFipsEndpoint, useDualstackEndpoint, partition, url) => {
    const urls: string[] = [];
    const { ports } = fakePorts(async (target) => {
      urls.push(target);
      return new Response(credentialsResponse().body);
    });
    const role = { ...request().role, arn: `arn:${partition}:iam::123456789012:role/Developer`, partition };
    await assumeRoleWithWebIdentity(request({ role, region, useFipsEndpoint, useDualstackEndpoint }), ports);
    expect(urls).toEqual([url]);
  },
);

test.each([
  ["/sts", "/sts/"],
  ["/sts/?tenant=a#part", "/sts/?tenant=a"],
])("an endpoint with %s is asked at %s", async (path, url) => {
  const { endpoint, received } = await startSts(credentialsResponse());
  const named = new URL(`${endpoint}${path}`);
  named.username = "ann";
  await assumeRoleWithWebIdentity(request({ endpoint: named.href }), fakePorts(realFetch).ports);
  expect(received[0]?.url).toBe(url);
});

test("STS is told that tegata asks, so that CloudTrail shows it", async () => {
  const { received, outcome } = await run([credentialsResponse()]);
  await outcome;
  expect(received[0]?.headers["user-agent"]).toMatch(
    /^aws-sdk-js\/3\.\d+\.\d+ ua\/2\.1 lang\/js api\/sts#3\.\d+\.\d+ app\/tegata$/,
  );
});

test("MinIO's response without an ARN and with microseconds is accepted", async () => {
  const role = { arn: "arn:minio:iam:::role/abcdef", partition: "minio", accountId: undefined, roleName: "abcdef" };
  const answer = credentialsResponse({ arn: "", expiration: "2026-01-01T01:00:00.987654Z", sessionToken: "eyJ.a.b" });
  const { outcome } = await run([answer], { role });
  expect(await outcome).toMatchObject({
    expiration: "2026-01-01T01:00:00Z",
    accountId: undefined,
    assumedRoleArn: undefined,
  });
});

test.each([
  ["arn:aws:sts::1234:assumed-role/Developer/ann"],
  ["arn:aws:iam::123456789012:role/Developer"],
  ["arn:aws:sts:::assumed-role/ceph/ann"],
])("no account is read out of %s", async (arn) => {
  const { outcome } = await run([credentialsResponse({ arn })]);
  expect(await outcome).toMatchObject({ accountId: undefined, assumedRoleArn: arn });
});

test.each<[string, Answer]>([
  ["a page", { status: 200, body: "<html><body>welcome</body></html>" }],
  ["text", { status: 200, body: "ok" }],
  ["nothing", { status: 200, body: "" }],
  ["JSON", { status: 200, body: '{"Credentials":{}}' }],
  ["a page with an error", { status: 403, body: "<!doctype html><p>blocked by policy<br></html>" }],
  [
    "no secret key",
    {
      ...credentialsResponse(),
      body: credentialsResponse().body.replace(/<SecretAccessKey>.*?<\/SecretAccessKey>/, ""),
    },
  ],
  ["an empty token", credentialsResponse({ sessionToken: "" })],
  ["a token with a line break", credentialsResponse({ sessionToken: "a&#10;b" })],
  ["an expiration without a zone", credentialsResponse({ expiration: "2026-01-01T01:00:00" })],
  ["an unreadable expiration", credentialsResponse({ expiration: "soon" })],
  ["an expiration in the past", credentialsResponse({ expiration: "2025-12-31T23:59:59Z" })],
  ["an expiration now", credentialsResponse({ expiration: "2026-01-01T00:00:00.5Z" })],
])("a response with %s is refused, and not asked for again", async (_name, answer) => {
  const { outcome, received } = await run([answer]);
  const error: unknown = await outcome.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "sts_invalid_response" });
  expect(String(error)).not.toMatch(/secret|deserialization/i);
  expect(received).toHaveLength(1);
});

test("a redirect is not followed", async () => {
  const other = await startSts(credentialsResponse());
  const { outcome } = await run([{ status: 307, body: "", headers: { location: other.endpoint } }]);
  await expect(outcome).rejects.toMatchObject({ code: "sts_invalid_response" });
  expect(other.received).toEqual([]);
});

test.each<[string, Answer, string]>([
  ["IDPCommunicationError", errorResponse(400, "IDPCommunicationError", "x"), "sts_idp_unreachable"],
  [
    "a missing verification key",
    errorResponse(400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider"),
    "sts_verification_key_unavailable",
  ],
  ["Throttling", errorResponse(400, "Throttling", "Rate exceeded"), "sts_throttled"],
  ["HTTP 429", { status: 429, body: "slow down" }, "sts_throttled"],
  ["HTTP 503", { status: 503, body: "<html>busy</html>" }, "sts_unavailable"],
])("%s is tried again, and ends the run after five attempts", async (_name, answer, code) => {
  const twice = await run([answer, answer, credentialsResponse()]);
  expect(await twice.outcome).toMatchObject({ accessKeyId: "ASIAEXAMPLE" });
  expect(twice.slept).toEqual([500, 1000]);
  expect(twice.logged).toEqual([`${code}: attempt 2 of 5 in 500 ms`, `${code}: attempt 3 of 5 in 1000 ms`]);

  const always = await run([answer]);
  await expect(always.outcome).rejects.toMatchObject({ code });
  expect(always.received).toHaveLength(5);
});

test("a refusal is not tried again", async () => {
  const { outcome, received } = await run([
    errorResponse(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
  ]);
  await expect(outcome).rejects.toMatchObject({
    code: "sts_access_denied",
    details: { awsCode: "AccessDenied", requestId: "req-1", httpStatus: 403 },
  });
  expect(received).toHaveLength(1);
});

test("the wait before the next attempt is random", async () => {
  const { endpoint } = await startSts({ status: 503, body: "" }, credentialsResponse());
  const { ports, slept } = fakePorts(realFetch, 0.25);
  await assumeRoleWithWebIdentity(request({ endpoint }), ports);
  expect(slept).toEqual([125]);
});

test("no attempt begins after 15 seconds", async () => {
  let attempts = 0;
  const fakes = fakePorts(async () => {
    attempts += 1;
    fakes.pass(10_000);
    throw new HttpFailure("timeout", "no complete answer within 10 s");
  });
  await expect(assumeRoleWithWebIdentity(request(), fakes.ports)).rejects.toMatchObject({
    code: "sts_unreachable",
    details: { host: "sts.eu-central-1.amazonaws.com", reason: "timeout" },
  });
  expect(attempts).toBe(2);
});

test("a closed port is sts_unreachable after five attempts", async () => {
  const { endpoint } = await startSts();
  for (const server of servers) {
    await new Promise((resolve) => server.close(resolve));
  }
  const { ports, slept } = fakePorts(realFetch);
  await expect(assumeRoleWithWebIdentity(request({ endpoint }), ports)).rejects.toMatchObject({
    code: "sts_unreachable",
    details: { reason: "unreachable" },
  });
  expect(slept).toEqual([500, 1000, 2000, 4000]);
});

test("Ctrl-C ends a request that hangs", async () => {
  const fakes = fakePorts(
    (_url, init) =>
      new Promise((_resolve, reject) => {
        init.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        fakes.controller.abort(new Error("interrupted by Ctrl-C"));
      }),
  );
  await expect(assumeRoleWithWebIdentity(request(), fakes.ports)).rejects.toThrow("interrupted by Ctrl-C");
  expect(fakes.slept).toEqual([]);
});

test("Ctrl-C ends the wait between attempts", async () => {
  const { endpoint, received } = await startSts({ status: 503, body: "" });
  const fakes = fakePorts(realFetch);
  const clock = {
    ...fakes.ports.clock,
    sleep: async (_milliseconds: number, signal?: AbortSignal) => {
      fakes.controller.abort(new Error("interrupted by Ctrl-C"));
      signal?.throwIfAborted();
    },
  };
  const outcome = assumeRoleWithWebIdentity(request({ endpoint }), { ...fakes.ports, clock });
  await expect(outcome).rejects.toThrow("interrupted by Ctrl-C");
  expect(received).toHaveLength(1);
});

test("a fetch with limits of its own serves the SDK", async () => {
  const { endpoint } = await startSts(credentialsResponse());
  const { ports } = fakePorts(realFetch);
  const clock = {
    ...ports.clock,
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new Error("over")));
      }),
  };
  const limited = { ...ports, fetch: limitedFetch(realFetch, clock) };
  expect(await assumeRoleWithWebIdentity(request({ endpoint }), limited)).toMatchObject({ accessKeyId: "ASIAEXAMPLE" });
});

test.each<[string, Partial<AssumeRoleWithWebIdentityRequest>, string, RegExp]>([
  ["plain http", { endpoint: "http://sts.example" }, "settings_invalid", /"http:\/\/sts\.example" is not an https URL/],
  ["no URL", { endpoint: "sts.example" }, "settings_invalid", /"sts\.example" is not an https URL/],
  [
    "FIPS beside an endpoint",
    { endpoint: "https://sts.example", useFipsEndpoint: true },
    "settings_invalid",
    /AWS_USE_FIPS_ENDPOINT/,
  ],
  [
    "dual-stack beside an endpoint",
    { endpoint: "https://sts.example", useDualstackEndpoint: true },
    "settings_invalid",
    /AWS_USE_DUALSTACK_ENDPOINT/,
  ],
  [
    "a region of another partition",
    { region: "cn-north-1" },
    "settings_invalid",
    /"cn-north-1" is of the partition aws-cn/,
  ],
  [
    "a store's role without the store",
    { role: { arn: "arn:minio:iam:::role/abcdef", partition: "minio", accountId: undefined, roleName: "abcdef" } },
    "settings_incomplete",
    /arn:minio:iam:::role\/abcdef/,
  ],
])("%s is refused before anything is sent", async (_name, changes, code, message) => {
  const { ports } = fakePorts(() => Promise.reject(new Error("sent")));
  const error: unknown = await assumeRoleWithWebIdentity(request(changes), ports).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(String(error)).toMatch(message);
});

test.each<[string, () => Promise<void>, string, number]>([
  ["tries on when the issuer still has the key", () => Promise.resolve(), "fine", 3],
  [
    "tries on when the issuer is out of reach",
    () => Promise.reject(new TegataError("idp_unreachable", "out of reach")),
    "fine",
    3,
  ],
  [
    "gives up at once when the issuer has dropped the key",
    () => Promise.reject(new TegataError("id_token_signature_invalid", "no key fits it")),
    "id_token_signature_invalid",
    1,
  ],
])(
  "when STS finds no key for a token that cached keys verified, the run %s",
  async (_name, verifyAgain, end, requests) => {
    let verified = 0;
    const idToken = {
      ...request().idToken,
      verifyAgain: () => {
        verified += 1;
        return verifyAgain();
      },
    };
    const noKey = errorResponse(
      400,
      "InvalidIdentityToken",
      "Couldn't retrieve verification key from your identity provider",
    );
    const { outcome, received } = await run([noKey, noKey, credentialsResponse()], { idToken });
    const ended = await outcome.then(
      () => "fine",
      (error: unknown) => (isTegataError(error) ? error.code : "stray error"),
    );
    expect({ ended, verified, requests: received.length }).toEqual({ ended: end, verified: 1, requests });
  },
);

test.each([
  ["by a clock that is four minutes ahead", "Wed, 31 Dec 2025 23:56:00 GMT", undefined],
  ["by the servers' clock as well", "Wed, 31 Dec 2025 23:59:00 GMT", "check this machine's clock"],
  [
    "by a clock that is ten minutes ahead",
    "Wed, 31 Dec 2025 23:50:00 GMT",
    "check this machine's clock: the clock of this machine is 10 minutes ahead of the servers'",
  ],
])("credentials that have run out %s (Date %s) give the hint %j", async (_name, date, hint) => {
  const answer = { ...credentialsResponse({ expiration: "2025-12-31T23:58:00Z" }), headers: { date } };
  const error: unknown = await (
    await run([answer])
  ).outcome.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isTegataError(error) ? error.hint : undefined).toBe(hint);
});
