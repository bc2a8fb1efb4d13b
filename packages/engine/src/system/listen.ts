import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
  isLoopbackHost,
  type Listen,
  type ListenOptions,
  type LoopbackAddress,
  type LoopbackRequest,
  type LoopbackResponse,
  type LoopbackServer,
  type Peer,
  TegataError,
} from "@tegata/core";
import { fileErrorCode } from "../files/file-errors.ts";
import type { PeerOf } from "./peer-user.ts";

/** Who connects and says nothing must not stay. */
const headersMilliseconds = 10_000;
/** Another program may sit on the port of one address that is free on the other. */
const triesForFreePort = 5;
/** The machine has no such address, or knows no IPv6. */
const missingAddress: ReadonlySet<string | undefined> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EPROTONOSUPPORT"]);

/** The servers of this process, by Node's module, which Bun and Deno have as well. See `Listen`. */
export async function listenOnLoopback(
  serve: Parameters<Listen>[0],
  { addresses = ["127.0.0.1"], ports: wanted }: ListenOptions,
  peerOf: PeerOf,
): Promise<LoopbackServer> {
  const answer = answering(serve, peerOf);
  const ports = wanted ?? Array.from({ length: triesForFreePort }, () => 0);
  let failure: unknown;
  for (const port of ports) {
    const servers: Server[] = [];
    const close = () => {
      for (const server of servers) {
        server.close();
        // Others may hold connections open for as long as they like.
        server.closeAllConnections();
      }
    };
    try {
      const bound = await bindAll(addresses, port, answer, servers);
      if (bound !== undefined) {
        return { port: bound, close };
      }
    } catch (error) {
      failure = error;
    }
    close();
  }
  if (wanted !== undefined) {
    const named = `${wanted.length === 1 ? "port" : "ports"} ${wanted.join(", ")}`;
    throw new TegataError(
      "port_taken",
      `no server can be opened at ${named} of this machine: other programs have them`,
      {
        cause: failure,
      },
    );
  }
  throw new TegataError("internal", `no port of ${addresses.join(" and ")} can be listened on`, { cause: failure });
}

/** @returns the port; `undefined` when the machine has none of the addresses */
async function bindAll(
  addresses: readonly LoopbackAddress[],
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  servers: Server[],
): Promise<number | undefined> {
  let bound: number | undefined;
  for (const address of addresses) {
    const server = createServer({ headersTimeout: headersMilliseconds }, answer);
    try {
      bound = await bind(server, address.replace(/[[\]]/g, ""), bound ?? port);
      server.unref();
      servers.push(server);
    } catch (error) {
      if (!missingAddress.has(fileErrorCode(error))) {
        throw error;
      }
    }
  }
  return bound;
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") {
        reject(new TypeError("no port was bound"));
      } else {
        resolve(address.port);
      }
    });
  });
}

function answering(serve: Parameters<Listen>[0], peerOf: PeerOf) {
  const peers = new WeakMap<Socket, Promise<Peer>>();
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (!isLoopbackHost((request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase())) {
      const reason = "the host of the request is not a loopback address";
      void send(request, response, { status: 403, reason, body: `${reason}\n` });
      return;
    }
    const peer = () => {
      const found = peers.get(request.socket) ?? peerOf(request.socket);
      peers.set(request.socket, found);
      return found;
    };
    serve({
      method: request.method ?? "",
      target: request.url ?? "",
      headers: singleValues(request),
      text: (maxBytes) => textOf(request, maxBytes),
      peer,
      respond: (content) => send(request, response, content),
    }).catch(() => response.destroy());
  };
}

/** Of a header that came several times, what Node makes of it: the first, or all with commas between. */
function singleValues({ headers }: IncomingMessage): LoopbackRequest["headers"] {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, reason, headers, body = "" }: LoopbackResponse,
): Promise<boolean> {
  if (response.destroyed) {
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    // A body that nobody has read is of no interest.
    request.resume();
    let isSent = false;
    response.once("finish", () => {
      isSent = true;
    });
    response.once("close", () => resolve(isSent));
    const content = Buffer.from(body);
    const all = { "Content-Length": String(content.length), ...headers };
    if (reason === undefined) {
      response.writeHead(status, all);
    } else {
      response.writeHead(status, reason, all);
    }
    response.end(content);
  });
}

function textOf(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) {
        resolve(undefined);
        request.removeAllListeners("data").resume();
      }
    });
    request.once("close", () => resolve(undefined));
    request.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}
