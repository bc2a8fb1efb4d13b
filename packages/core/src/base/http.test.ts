/// <reference types="node" />
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectGoodWords, heldClock } from "@tegata/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { TegataError } from "./errors.ts";
import {
  HttpFailure,
  isLoopbackHost,
  isSecureUrl,
  limitedFetch,
  unreachable,
  unreachableError,
  type HttpFailureKind,
} from "./http.ts";
import type { Fetch } from "./ports.ts";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(resolve);
      });
    }),
  );
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A server's address is text only for a pipe.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (server.address() as AddressInfo).port;
}

const failureOf = async (promise: Promise<unknown>): Promise<HttpFailure> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpFailure)) {
    throw new Error("no HttpFailure", { cause: error });
  }
  return error;
};

const notAsked: Fetch = () => Promise.reject(new Error("a request was sent"));
const deaf: Fetch = () => new Promise(() => undefined);
const get = { method: "GET" };

describe("a secure URL", () => {
  it.each(["127.0.0.1", "127.255.0.9", "[::1]", "localhost"])("may be plain http on the host %s", (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });
  it.each([
    "127.0.0.1.evil.com",
    "localhost.evil.com",
    "evil-localhost",
    "128.0.0.1",
    "0.0.0.0",
    "::1",
    "[::]",
    "[::ffff:127.0.0.1]",
    "169.254.169.254",
    "10.0.0.1",
    "",
  ])("may not be plain http on the host %j", (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
  it.each(["http://127.1/", "http://2130706433/", "http://LOCALHOST/", "https://anywhere.example.com/"])(
    "is %s",
    (url) => {
      expect(isSecureUrl(new URL(url))).toBe(true);
    },
  );
  it.each(["http://example.com/", "ftp://localhost/", "file:///etc/passwd", "javascript:alert(1)", "data:,x"])(
    "is not %s",
    (url) => {
      expect(isSecureUrl(new URL(url))).toBe(false);
    },
  );
});

const flavoured = (flavour: string) => ({ method: "GET", headers: { "Metadata-Flavor": flavour } });

describe("a fetch with limits", () => {
  it.each(["http://example.com/", "http://localhost.evil.com/", "http://user@127.0.0.1.nip.io/", "file:///etc/passwd"])(
    "refuses %s before anything is sent",
    async (url) => {
      const clock = heldClock();
      expect((await failureOf(limitedFetch(notAsked, clock)(url, get))).kind).toBe("http_not_allowed");
      expect(clock.sleepers).toBe(0);
    },
  );

  it("speaks plain http to Google's metadata server, when the request has its header, and to no other host", async () => {
    const address = "http://169.254.169.254/computeMetadata/v1/";
    const asked: string[] = [];
    const fetch: Fetch = (url) => {
      asked.push(url);
      return Promise.resolve(new Response("{}"));
    };
    const byName = "http://metadata.google.internal/computeMetadata/v1/";
    await limitedFetch(fetch, heldClock())(address, flavoured("Google"));
    await limitedFetch(fetch, heldClock())(byName, flavoured("Google"));
    for (const [url, init] of [
      [address, get],
      [address, flavoured("Other")],
      ["http://169.254.169.253/", flavoured("Google")],
      ["http://169.254.169.254:8080/", flavoured("Google")],
      [byName, get],
      ["http://metadata.google.internal.evil.example/", flavoured("Google")],
    ] as const) {
      expect((await failureOf(limitedFetch(notAsked, heldClock())(url, init))).kind).toBe("http_not_allowed");
    }
    expect(asked).toEqual([address, byName]);
  });

  it("follows no redirect, even when its caller wants it", async () => {
    const redirects: unknown[] = [];
    const fetch: Fetch = (_url, init) => {
      redirects.push(init.redirect);
      return Promise.resolve(new Response("{}"));
    };
    await limitedFetch(fetch, heldClock())("https://idp.example.com/", { ...get, redirect: "follow" });
    expect(redirects).toEqual(["manual"]);
  });

  it("takes a browser's opaque redirect for a redirect", async () => {
    const opaque = Object.defineProperty(new Response(null, { status: 200 }), "type", { value: "opaqueredirect" });
    const asked = limitedFetch(() => Promise.resolve(opaque), heldClock())("https://idp.example.com/", get);
    expect((await failureOf(asked)).kind).toBe("redirect");
  });

  it.each([101, 600, 999])("refuses a response with HTTP %i, a status that does not exist", async (status) => {
    const odd = Object.defineProperty(new Response("{}"), "status", { value: status });
    const asked = limitedFetch(() => Promise.resolve(odd), heldClock())("https://idp.example.com/", get);
    expect((await failureOf(asked)).message).toBe(`the answer has a status that does not exist (HTTP ${status})`);
  });

  it("hands on a body of the largest size, and refuses a larger one", async () => {
    const limits = { timeoutMilliseconds: 1000, maxBodyBytes: 4 };
    const ask = (body: string) =>
      limitedFetch(() => Promise.resolve(new Response(body)), heldClock(), limits)("https://idp.example.com/", get);
    expect(await (await ask("four")).text()).toBe("four");
    expect((await failureOf(ask("fives"))).kind).toBe("too_large");
  });

  it("drops headers that describe the bytes on the wire", async () => {
    const answer = new Response("{}", {
      headers: { "content-encoding": "gzip", "content-length": "999", "retry-after": "7" },
    });
    const response = await limitedFetch(() => Promise.resolve(answer), heldClock())("https://idp.example.com/", get);
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "text/plain;charset=UTF-8",
      "retry-after": "7",
    });
  });

  it("ends by its time limit even when the runtime's fetch does not heed the signal", async () => {
    const clock = heldClock();
    const asked = failureOf(limitedFetch(deaf, clock)("https://idp.example.com/", get));
    clock.advance(9999);
    expect(clock.sleepers).toBe(1);
    clock.advance(1);
    expect(await asked).toMatchObject({ kind: "timeout", message: "no complete answer within 10 s" });
    expect(clock.sleepers).toBe(0);
  });

  it("passes on an error that does not come from the network", async () => {
    const error = new TegataError("settings_invalid", "the CA file is not there");
    await expect(limitedFetch(() => Promise.reject(error), heldClock())("https://idp.example.com/", get)).rejects.toBe(
      error,
    );
  });
});

describe("an abort by the caller", () => {
  const reason = new Error("interrupted");

  it("before the request sends nothing", async () => {
    const clock = heldClock();
    const asked = limitedFetch(notAsked, clock)("https://idp.example.com/", { signal: AbortSignal.abort(reason) });
    await expect(asked).rejects.toBe(reason);
    expect(clock.sleepers).toBe(0);
  });

  it.each([
    ["while the server is silent", false],
    ["in the middle of the body", true],
  ])("%s ends the exchange, its timer and its connection with the caller's own reason", async (_name, speaks) => {
    const clock = heldClock();
    const controller = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    const server = createServer((request, response) => {
      closed = new Promise((resolve) => request.socket.once("close", resolve));
      if (speaks) {
        response.write("{");
      }
      controller.abort(reason);
    });
    const port = await listen(server);
    await expect(
      limitedFetch(fetch, clock)(`http://127.0.0.1:${port}/`, { ...get, signal: controller.signal }),
    ).rejects.toBe(reason);
    await closed;
    expect(clock.sleepers).toBe(0);
  });

  it("after the response changes nothing", async () => {
    const controller = new AbortController();
    const port = await listen(createServer((_request, response) => response.end("{}")));
    const ask = limitedFetch(fetch, heldClock());
    const response = await ask(`http://127.0.0.1:${port}/`, { ...get, signal: controller.signal });
    controller.abort(reason);
    expect(await response.text()).toBe("{}");
  });
});

describe("a server that cannot be reached", () => {
  it("is an error with ECONNREFUSED when it refuses the connection", async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => {
      server.close(resolve);
    });
    servers.splice(0);
    const clock = heldClock();
    const { kind, message } = await failureOf(limitedFetch(fetch, clock)(`http://127.0.0.1:${port}/`, get));
    expect(message).toContain("ECONNREFUSED");
    expect({ kind, sleepers: clock.sleepers }).toEqual({ kind: "unreachable", sleepers: 0 });
  });

  it("is an error with the DNS's code when nobody knows its name", async () => {
    const { kind, message } = await failureOf(limitedFetch(fetch, heldClock())("https://idp.invalid/", get));
    expect(kind).toBe("unreachable");
    expect(message).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  const pair = selfSigned();
  it.skipIf(pair === undefined)(
    "is an error with a hint about CA files when nobody vouches for its certificate (needs openssl)",
    async () => {
      const port = await listen(createTlsServer({ ...pair }, (_request, response) => response.end("{}")));
      const url = `https://127.0.0.1:${port}/`;
      const error = await failureOf(limitedFetch(fetch, heldClock())(url, get));
      expect(unreachableError("idp_unreachable", "the identity provider", url, error)).toMatchObject({
        code: "idp_unreachable",
        message: `the identity provider cannot be reached at 127.0.0.1:${port}: its certificate is signed by itself, and not trusted here`,
        hint: "name the PEM file of that authority (of a proxy that inspects TLS, or of the server) in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS",
      });
    },
  );

  it("is an error about TLS when it speaks none", async () => {
    const port = await listen(createServer((_request, response) => response.end("{}")));
    expect(await failureOf(limitedFetch(fetch, heldClock())(`https://127.0.0.1:${port}/`, get))).toMatchObject({
      kind: "tls",
      message: `what answers on port ${port} does not speak TLS`,
    });
  });
});

describe("the words for a failed exchange", () => {
  it.each<[HttpFailureKind, string, RegExp]>([
    ["unreachable", "connect ECONNREFUSED", /HTTPS_PROXY/],
    ["timeout", "no complete answer within 10 s", /HTTPS_PROXY/],
    ["redirect", "the answer redirects elsewhere (HTTP 302)", /sign-in page of a network/],
    ["too_large", "the answer is larger than 9 bytes", /host name/],
    ["http_not_allowed", "plain http is taken only for a loopback address", /https/],
  ])("say what to do about %s: %s", (kind, message, hint) => {
    const error = unreachable("idp_unreachable", "it", "https://idp.example.com/x?y", new HttpFailure(kind, message));
    if (!(error instanceof TegataError)) {
      throw new Error("no TegataError");
    }
    expectGoodWords(error);
    expect(error.message).toBe(`it cannot be reached at idp.example.com: ${message}`);
    expect(error.hint).toMatch(hint);
    expect(error.details).toEqual({ host: "idp.example.com", reason: kind });
  });

  it("leave an error that is no failed exchange as it is", () => {
    const bug = new RangeError("bug");
    expect(unreachable("idp_unreachable", "it", "https://idp.example.com/", bug)).toBe(bug);
  });

  it("hold nothing that a terminal would obey", async () => {
    const cause = Object.assign(new Error("\u001b[2J no\nroute"), { code: "EHOSTUNREACH" });
    const broken: Fetch = () => Promise.reject(new TypeError("fetch failed", { cause }));
    const { message } = await failureOf(limitedFetch(broken, heldClock())("https://idp.example.com/", get));
    expect(message).toBe("[2J no route (EHOSTUNREACH)");
  });
});

function selfSigned(): { key: string; cert: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tegata-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")] as const;
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  try {
    const args = ["req", "-x509", ...curve, "-nodes", "-days", "2", ...subject, "-keyout", key, "-out", cert];
    execFileSync("openssl", args, { stdio: "ignore" });
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
