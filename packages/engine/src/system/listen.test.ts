import { once } from "node:events";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import type { LoopbackRequest, LoopbackServer } from "@tegata/core";
import { failure } from "@tegata/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { listenOnLoopback } from "./listen.ts";

const servers: LoopbackServer[] = [];
const seen: LoopbackRequest[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
  }
  seen.length = 0;
});

async function listen(options: Parameters<typeof listenOnLoopback>[1] = {}, serve = answerWith("hello")) {
  const server = await listenOnLoopback(serve, options, () => Promise.resolve({ kind: "own" }));
  servers.push(server);
  return server;
}

function answerWith(body: string) {
  return async (asked: LoopbackRequest): Promise<void> => {
    seen.push(asked);
    await asked.respond({ status: 200, body });
  };
}

/** Not by fetch, which does not let anybody choose the host. */
function ask(
  port: number,
  { host, address = "127.0.0.1" }: { readonly host?: string; readonly address?: string } = {},
) {
  return new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    request({ port, host: address, path: "/page?a=b", agent: false, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.once("end", () => resolve({ status: response.statusCode, body }));
    })
      .once("error", reject)
      .end();
  });
}

/** A port that somebody else has. */
async function takenPort(host = "127.0.0.1") {
  const other = createServer().listen(0, host);
  await once(other, "listening");
  servers.push({ port: 0, close: () => other.close() });
  const address = other.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("a server of ours", () => {
  it("answers on 127.0.0.1, with path and query as they came", async () => {
    const { port } = await listen();
    expect(await ask(port)).toEqual({ status: 200, body: "hello" });
    expect(seen).toMatchObject([{ method: "GET", target: "/page?a=b" }]);
  });

  it("is not reached at another address of this machine", async () => {
    const { port } = await listen();
    await expect(ask(port, { address: "127.0.0.2" })).rejects.toThrow(/ECONNREFUSED/);
  });

  it.each(["attacker.example", "attacker.example:80", "127.0.0.1.attacker.example"])(
    "refuses a request that calls it %j, without asking anybody",
    async (host) => {
      const { port } = await listen();
      expect((await ask(port, { host })).status).toBe(403);
      expect(seen).toEqual([]);
    },
  );

  it.each(["localhost", "LOCALHOST:1", "[::1]:1", "127.0.0.1"])("answers to %s", async (host) => {
    const { port } = await listen();
    expect((await ask(port, { host })).status).toBe(200);
  });

  it("is on the same port of both addresses where both are wanted", async () => {
    const { port } = await listen({ addresses: ["127.0.0.1", "[::1]"] });
    expect((await ask(port)).status).toBe(200);
    expect((await ask(port, { address: "::1" })).status).toBe(200);
  });

  it("goes on while others are connected and say nothing, and while somebody hangs up", async () => {
    const { port } = await listen();
    const silent = connect(port, "127.0.0.1");
    await once(silent, "connect");
    const rude = connect(port, "127.0.0.1");
    await once(rude, "connect");
    rude.resetAndDestroy();
    expect((await ask(port)).status).toBe(200);
    silent.destroy();
  });

  it("cuts the connection when answering fails", async () => {
    const { port } = await listen({}, () => Promise.reject(new Error("no")));
    await expect(ask(port)).rejects.toThrow(/socket hang up|ECONNRESET/);
  });

  it("is gone, with its connections, when it is closed", async () => {
    const { port, close } = await listen();
    const silent = connect(port, "127.0.0.1");
    await once(silent, "connect");
    close();
    await once(silent, "close");
    await expect(ask(port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it("learns that the other side hung up before it had the answer", async () => {
    let isSent: Promise<boolean> | undefined;
    let answer: (() => void) | undefined;
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { port } = await listen({}, async (each) => {
      answer?.();
      await each.text(10);
      isSent = each.respond({ status: 200, body: "late" });
      await isSent;
    });
    const other = connect(port, "127.0.0.1");
    other.write("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nab");
    await asked;
    other.resetAndDestroy();
    await expect.poll(() => isSent, { timeout: 20_000 }).toBeDefined();
    expect(await isSent).toBe(false);
  });
});

describe("a port", () => {
  it("is the first wanted one that is free", async () => {
    const taken = await takenPort();
    const free = await takenPort();
    servers.pop()?.close();
    expect((await listen({ ports: [taken, free] })).port).toBe(free);
  });

  it("that another server has, of ours or not, is not shared", async () => {
    const { port } = await listen();
    const { message } = await failure(listen({ ports: [port] }), "port_taken");
    expect(message).toBe(`no server can be opened at port ${port} of this machine: other programs have them`);
    await failure(listen({ ports: [await takenPort()] }), "port_taken");
  });

  it("that somebody else has on one of two addresses is not used on the other", async () => {
    const taken = await takenPort("::1");
    const { port } = await listen({ addresses: ["127.0.0.1", "[::1]"], ports: [taken, 0] });
    expect(port).not.toBe(taken);
    await expect(ask(taken)).rejects.toThrow(/ECONNREFUSED/);
  });
});
