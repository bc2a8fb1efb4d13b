import { createServer, ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { FaultBoard, FaultPlan } from "./faults.ts";
import { STS_USER_AGENT, type Area, type RequestLog, type Service } from "./request-log.ts";

const LIMIT_BYTES = 1_048_576;
const KEEP_ALIVE_MILLISECONDS = 65_000;
const RECORDED_HEADERS = new Set(["accept", "content-type", "user-agent", "host", "origin"]);

/** A request, read to its end. */
export interface Exchange {
  method: string;
  url: URL;
  /** Request target as it was sent. */
  target: string;
  /** Lower-case names; repeated headers joined by ", ". */
  headers: Readonly<Record<string, string>>;
  body: string;
  form: URLSearchParams;
  request: IncomingMessage;
}

/** A whole answer. */
export interface SandboxResponse {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: string;
}

/** One server of the sandbox. Answers undefined when it has written the response itself. */
export interface Handler {
  service: Service;
  area(method: string, path: string): Area;
  handle(exchange: Exchange, response: ServerResponse, plan: FaultPlan): Promise<SandboxResponse | undefined>;
}

/** What every server of a sandbox shares. */
interface Shared {
  faults: FaultBoard;
  requests: RequestLog;
}

/** A server on 127.0.0.1 whose handler can be given after its address is known. */
export class LoopbackServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #shared: Shared;
  #handler: Handler | undefined;
  origin = "";

  private constructor(server: Server, shared: Shared) {
    this.#server = server;
    this.#shared = shared;
    // Node closes an idle connection after 5 s, which is just when a client that polls every 5 s uses it again.
    server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
  }

  /** Listens on 127.0.0.1; port 0 takes a free one. */
  static async listen(port: number, shared: Shared): Promise<LoopbackServer> {
    const server = createServer();
    const loopback = new LoopbackServer(server, shared);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
    const address = server.address();
    if (address === null || typeof address === "string") {
      throw new Error("the server has no TCP address");
    }
    loopback.origin = `http://127.0.0.1:${address.port}`;
    return loopback;
  }

  use(handler: Handler): void {
    this.#handler = handler;
  }

  /** Frees the port at once: open connections are cut. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const handler = this.#handler;
    if (handler === undefined) {
      response.writeHead(503).end();
      return;
    }
    const exchange = await read(request, this.origin);
    const from = exchange.headers["user-agent"] === STS_USER_AGENT ? "sts" : "client";
    const area = handler.area(exchange.method, exchange.url.pathname);
    const { service } = handler;
    if (service !== "control") {
      this.#shared.requests.add(recorded(exchange, { area, service, from }), response);
    }
    const plan = this.#shared.faults.take({ area, service, from });
    response.setHeader("Date", new Date(Date.now() + plan.clockSkewSeconds * 1000).toUTCString());
    if (plan.slowMilliseconds > 0) {
      await delay(plan.slowMilliseconds, undefined, { ref: false });
    }
    if (plan.reset) {
      request.socket.destroy();
      return;
    }
    if (plan.loseResponse) {
      // A response that belongs to no connection: what is written to it goes nowhere.
      await handler.handle(exchange, new ServerResponse(request), plan);
      request.socket.destroy();
      return;
    }
    if (plan.held !== undefined) {
      holdBack(response, plan.held);
    }
    const answer = plan.status
      ? { status: plan.status.status, headers: plan.status.headers ?? {}, body: plan.status.body ?? "" }
      : await handler.handle(exchange, response, plan);
    if (answer !== undefined) {
      response.writeHead(answer.status, { "Cache-Control": "no-store", ...answer.headers }).end(answer.body);
    }
  }
}

/** The response has been written, and the client gets it later. */
function holdBack(response: ServerResponse, released: Promise<void>): void {
  const end = response.end.bind(response);
  Object.defineProperty(response, "end", {
    value: (...given: readonly unknown[]) => {
      // Never rejects.
      void released.then(() => Reflect.apply(end, response, given) as unknown);
      return response;
    },
  });
}

async function read(request: IncomingMessage, origin: string): Promise<Exchange> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) {
      throw new TypeError("expected bytes");
    }
    bytes += chunk.byteLength;
    if (bytes > LIMIT_BYTES) {
      throw new RangeError("request body too large");
    }
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString("utf8");
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  const isForm = (headers["content-type"] ?? "").toLowerCase().startsWith("application/x-www-form-urlencoded");
  const target = request.url ?? "/";
  return {
    method: request.method ?? "GET",
    url: new URL(target, origin),
    target,
    headers,
    body,
    form: new URLSearchParams(isForm ? body : ""),
    request,
  };
}

function recorded(
  { method, url, headers, body, form }: Exchange,
  where: { area: Area; service: Service; from: "client" | "sts" },
): Parameters<RequestLog["add"]>[0] {
  const operation = form.get("Action") ?? url.searchParams.get("Action") ?? form.get("grant_type");
  return {
    ...where,
    method,
    path: url.pathname,
    status: 0,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => RECORDED_HEADERS.has(name))),
    headerNames: Object.keys(headers),
    bodyBytes: Buffer.byteLength(body),
    queryParameterNames: [...new Set(url.searchParams.keys())],
    formParameterNames: [...new Set(form.keys())],
    ...(operation !== null && { operation }),
    at: Date.now(),
  };
}
