import { fakeListen } from "@tegata/testkit";
/// <reference types="node" />
import { createServer } from "node:http";
import { afterEach, expect, test } from "vitest";
import { createConsoleUrl, type ConsoleUrlRequest } from "./console-federation.ts";
import { isTegataError } from "../base/errors.ts";
import { HttpFailure } from "../base/http.ts";
import type { Fetch, Ports } from "../base/ports.ts";

const credentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "FwoGZXIvYXdzEBYaDHqa0AP+/==",
  expiration: "2026-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: undefined,
};

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
  readonly form: URLSearchParams;
}

function fakePorts(fetch: Fetch): { ports: Ports; controller: AbortController; logged: string[] } {
  const controller = new AbortController();
  const logged: string[] = [];
  const ports: Ports = {
    fetch,
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    random: () => 0,
    signal: controller.signal,
    log: (line) => logged.push(line),
    listen: fakeListen().listen,
  };
  return { ports, controller, logged };
}

/** Console sign-in that gives the answers one after the other. */
async function ask(changes: Partial<ConsoleUrlRequest> = {}, ...answers: readonly Response[]) {
  const sent: Sent[] = [];
  const left = [...answers];
  const { ports, logged } = fakePorts(async (url, init) => {
    sent.push({ url, init, form: new URLSearchParams(typeof init.body === "string" ? init.body : "") });
    return left.shift() ?? Response.json({ SigninToken: "signin-token+/=" });
  });
  const request = {
    credentials,
    region: "eu-central-1",
    destination: undefined,
    issuer: undefined,
    sessionDurationSeconds: undefined,
    federationEndpoint: undefined,
    ...changes,
  };
  const result: unknown = await createConsoleUrl(request, ports).catch((error: unknown) => error);
  return { url: typeof result === "string" ? new URL(result) : undefined, error: result, sent, logged };
}

test("the keys are sent in the body of a POST, and the URL holds a sign-in token instead", async () => {
  const { url, sent, logged } = await ask({
    sessionDurationSeconds: 43_200,
    issuer: "https://idp.example/start?a=b&c",
  });
  expect(sent).toHaveLength(1);
  expect(sent[0]?.url).toBe("https://eu-central-1.signin.aws.amazon.com/federation");
  expect(sent[0]?.init).toMatchObject({ method: "POST", redirect: "manual" });
  expect(Object.fromEntries(sent[0]?.form ?? [])).toEqual({
    Action: "getSigninToken",
    Session: JSON.stringify({
      sessionId: credentials.accessKeyId,
      sessionKey: credentials.secretAccessKey,
      sessionToken: credentials.sessionToken,
    }),
    SessionDuration: "43200",
  });
  expect(`${url?.origin}${url?.pathname}`).toBe("https://eu-central-1.signin.aws.amazon.com/federation");
  expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
    Action: "login",
    Issuer: "https://idp.example/start?a=b&c",
    Destination: "https://eu-central-1.console.aws.amazon.com/console/home?region=eu-central-1",
    SigninToken: "signin-token+/=",
  });
  expect(logged).toEqual([]);
});

test.each([
  [undefined, "us-east-1", "https://us-east-1.console.aws.amazon.com/console/home?region=us-east-1"],
  ["s3", "eu-central-1", "https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1"],
  ["/s3/home", "eu-central-1", "https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1"],
  [
    "/ec2/home?region=us-west-2#Instances:",
    "eu-central-1",
    "https://eu-central-1.console.aws.amazon.com/ec2/home?region=us-west-2#Instances:",
  ],
  ["https://console.aws.amazon.com/iam/", "eu-central-1", "https://console.aws.amazon.com/iam/"],
  ["https://s3.console.aws.amazon.com/s3/buckets/x", "eu-central-1", "https://s3.console.aws.amazon.com/s3/buckets/x"],
  ["lambda", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/lambda/home?region=cn-north-1"],
  [undefined, "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/console/home?region=us-gov-west-1"],
  [undefined, "eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu/console/home?region=eusc-de-east-1"],
])("the console is opened for the destination %s in %s at %s", async (destination, region, page) => {
  const { url } = await ask({ destination, region });
  expect(url?.searchParams.get("Destination")).toBe(page);
});

test.each([
  "https://evil.example/",
  "https://console.aws.amazon.com.evil.example/",
  "https://evilconsole.aws.amazon.com/",
  "https://console.amazonaws.cn/",
  "https://user@console.aws.amazon.com/",
  "https://console.aws.amazon.com:8443/",
  "http://console.aws.amazon.com/",
  "//evil.example/",
  String.raw`/\evil.example/`,
  "javascript:alert(1)",
  "S3 home",
  "console.aws.amazon.com/s3",
  "http://127.0.0.1:8080/",
  "",
])("the destination %j is refused before anything is sent", async (destination) => {
  const { error, sent } = await ask({ destination });
  expect(error).toMatchObject({ code: "usage_invalid" });
  expect(error instanceof Error && error.message).toContain(JSON.stringify(destination).slice(1, -1));
  expect(sent).toEqual([]);
});

test("a refused request is sent once more without its session duration", async () => {
  const refusal = new Response("<h1>Invalid credentials parameter</h1>", { status: 400 });
  const { url, sent, logged } = await ask({ sessionDurationSeconds: 3600 }, refusal);
  expect(url?.searchParams.get("SigninToken")).toBe("signin-token+/=");
  expect(sent.map(({ form }) => form.get("SessionDuration"))).toEqual(["3600", null]);
  expect(logged).toHaveLength(1);
});

test("a refused request without a session duration is not sent again", async () => {
  const { error, sent } = await ask({}, new Response("no", { status: 400 }));
  expect(error).toMatchObject({ code: "federation_rejected" });
  expect(sent).toHaveLength(1);
});

test.each([
  [400, "federation_rejected"],
  [403, "federation_rejected"],
  [429, "federation_unavailable"],
  [500, "federation_unavailable"],
  [302, "federation_invalid_response"],
  [204, "federation_invalid_response"],
])("HTTP %i is %s", async (status, code) => {
  const { error } = await ask({}, new Response(status === 204 ? null : "", { status }));
  expect(error).toMatchObject({ code, details: { host: "eu-central-1.signin.aws.amazon.com", httpStatus: status } });
});

test("an error page is shown as plain text, without tags, scripts and keys", async () => {
  const page = `<!doctype html><html><head><title>Error</title><style>p{color:red}</style><script>var a = 1 < 2;</script></head>
    <body><p class="x">Invalid credentials\u001b[31m parameter</p><pre>sessionKey=${encodeURIComponent(credentials.secretAccessKey)}
    ${credentials.secretAccessKey} ${credentials.sessionToken} ${credentials.sessionToken.replaceAll("+", "&#43;")}${"x".repeat(40)}</pre></body></html>`;
  const { error } = await ask({}, new Response(page, { status: 400 }));
  expect(error instanceof Error && error.message).toBe(
    "console sign-in at eu-central-1.signin.aws.amazon.com answers HTTP 400: Invalid credentials [31m parameter … … … …",
  );
});

test("a page of a million brackets is federation_rejected", async () => {
  const { error } = await ask({}, new Response("<".repeat(1_000_000), { status: 400 }));
  expect(error).toMatchObject({ code: "federation_rejected" });
});

test.each(["", "<html></html>", "{}", '{"SigninToken":""}', '{"SigninToken":7}', '{"SigninToken":"a b"}', "null"])(
  "the response %j is refused",
  async (body) => {
    const { error } = await ask({}, new Response(body));
    expect(error).toMatchObject({ code: "federation_invalid_response" });
  },
);

test("an isolated partition needs a federation endpoint", async () => {
  const { error } = await ask({ region: "us-iso-east-1" });
  expect(error).toMatchObject({ code: "settings_incomplete" });
  expect(isTegataError(error) && error.hint).toContain("federation_endpoint");
});

test("an isolated partition's own endpoint opens a page of its own, and needs it as a whole URL", async () => {
  const federationEndpoint = "https://signin.c2shome.ic.gov/federation";
  const named = await ask({
    region: "us-iso-east-1",
    federationEndpoint,
    destination: "https://console.c2shome.ic.gov/s3",
  });
  expect(named.url?.href).toContain("https://signin.c2shome.ic.gov/federation?Action=login");
  const unnamed = await ask({ region: "us-iso-east-1", federationEndpoint });
  expect(unnamed.error).toMatchObject({
    code: "usage_invalid",
    hint: "the region us-iso-east-1 has no public console: pass a whole https URL",
  });
});

test.each(["http://signin.example/federation", "signin.example"])(
  "the federation endpoint %s is refused before anything is sent",
  async (federationEndpoint) => {
    const { error, sent } = await ask({ federationEndpoint });
    expect(error).toMatchObject({ code: "settings_invalid" });
    expect(sent).toEqual([]);
  },
);

test("an unreachable host is federation_unreachable", async () => {
  const { ports } = fakePorts(() => Promise.reject(new HttpFailure("unreachable", "connect ECONNREFUSED")));
  const request = {
    credentials,
    region: "eu-central-1",
    destination: undefined,
    issuer: undefined,
    sessionDurationSeconds: undefined,
    federationEndpoint: undefined,
  };
  await expect(createConsoleUrl(request, ports)).rejects.toMatchObject({ code: "federation_unreachable" });
});

test("Ctrl-C ends the request with its own error", async () => {
  const { ports, controller } = fakePorts(async () => {
    controller.abort(new Error("interrupted by Ctrl-C"));
    throw new TypeError("fetch failed");
  });
  const request = {
    credentials,
    region: "eu-central-1",
    destination: undefined,
    issuer: undefined,
    sessionDurationSeconds: undefined,
    federationEndpoint: undefined,
  };
  await expect(createConsoleUrl(request, ports)).rejects.toThrow("interrupted by Ctrl-C");
});

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

test("a federation endpoint on this machine is sent a form", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const chunks: string[] = [];
    request.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
    request.on("end", () => {
      seen.push(
        `${request.method} ${request.url} ${request.headers["content-type"]} ${new URLSearchParams(chunks.join("")).get("Action")}`,
      );
      response.end('{"SigninToken":"local"}');
    });
  });
  closers.push(() => server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const { ports } = fakePorts((url, init) => fetch(url, init));
  const url = await createConsoleUrl(
    {
      credentials,
      region: "eu-central-1",
      destination: `${origin}/page`,
      issuer: undefined,
      sessionDurationSeconds: undefined,
      federationEndpoint: origin,
    },
    ports,
  );
  expect(seen).toEqual(["POST /federation application/x-www-form-urlencoded getSigninToken"]);
  expect(url).toBe(
    `${origin}/federation?Action=login&Issuer=&Destination=${encodeURIComponent(`${origin}/page`)}&SigninToken=local`,
  );
});
