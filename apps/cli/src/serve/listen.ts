import type { Server } from "node:http";
import { TegataError } from "@tegata/core";

/**
 * Listens on a free port of 127.0.0.1.
 *
 * @returns the port
 * @throws TegataError `internal` when no port can be listened on
 */
export function listenOnLoopback(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(new TegataError("internal", "no port of 127.0.0.1 can be listened on", { cause: error }));
    server.once("error", fail);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        fail(address);
      } else {
        server.off("error", fail);
        resolve(address.port);
      }
    });
  });
}
