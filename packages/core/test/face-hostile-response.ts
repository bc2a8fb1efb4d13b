/// <reference types="node" />
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { HeldClock } from "@tegata/testkit";
import { HttpFailure, limitedFetch, type Fetch } from "@tegata/core";
import type { HostileResponse } from "./hostile-responses.ts";

interface Outcome {
  /** A kind of HttpFailure, `status body-length`, or `hangs`. */
  readonly end: string;
  /** The words of the failure. */
  readonly message: string;
  /** Requests that the server saw: more than one is a repeat or a redirect that was followed. */
  readonly requests: number;
  /** Timers of the time limit that were left behind. */
  readonly sleepers: number;
  /** Connections that the client had not given up two seconds later. */
  readonly connections: number;
}

/** Only a bug needs it: nothing waits for real time when all is well. */
const guardMilliseconds = 4000;

/** Asks a server that answers so. Knows no test runner, so that it runs under every runtime. */
export async function face(hostile: HostileResponse, fetch: Fetch, clock: HeldClock): Promise<Outcome> {
  // Those that carried a request: Node opens a spare one, which it never uses, after each that broke.
  const sockets = new Set<Socket>();
  let requests = 0;
  const said = new EventTarget();
  const allSaid = new Promise((resolve) => said.addEventListener("said", resolve));
  const server = createServer((socket) => {
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let asked = "";
    socket.on("data", (data: Uint8Array) => {
      asked += new TextDecoder("latin1").decode(data);
      if (asked.includes("\r\n\r\n")) {
        asked = "";
        requests += 1;
        sockets.add(socket);
        void Promise.resolve(hostile.send(socket)).then(() => said.dispatchEvent(new Event("said")));
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A server's address is text only for a pipe.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { port } = server.address() as AddressInfo;
  try {
    const asked = limitedFetch(fetch, clock)(`http://127.0.0.1:${port}/`, { method: "GET", headers: {} }).then(
      async (response) => ({ end: `${response.status} ${(await response.arrayBuffer()).byteLength}`, message: "" }),
      (error: unknown) => ({
        end: error instanceof HttpFailure ? error.kind : "stray error",
        message: error instanceof Error ? error.message : String(error),
      }),
    );
    if (hostile.ends.includes("timeout")) {
      await Promise.race([asked, allSaid]);
      clock.advance(10_000);
    }
    const { end, message } = await Promise.race([asked, after(guardMilliseconds, { end: "hangs", message: "" })]);
    const closed = Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    await Promise.race([closed, after(2000, undefined)]);
    return { end, message, requests, sleepers: clock.sleepers, connections: sockets.size };
  } finally {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
  }
}

function after<Value>(milliseconds: number, value: Value): Promise<Value> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds, value);
  });
}
