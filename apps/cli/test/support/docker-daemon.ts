import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import * as v from "valibot";

interface DockerDaemon {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  /** The environment of the container that was asked for last, as the client made it of its arguments. */
  readonly environment: () => readonly string[];
  readonly close: () => void;
}

const createRequest = v.object({ Env: v.array(v.string()) });

/** As much of Docker's daemon as `docker create` needs, on loopback. */
export async function startDockerDaemon(): Promise<DockerDaemon> {
  let environment: readonly string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      response.setHeader("API-Version", "1.41");
      response.setHeader("Content-Type", "application/json");
      if (request.url?.includes("/containers/create") === true) {
        environment = v.parse(createRequest, JSON.parse(body)).Env;
        response.writeHead(201).end(JSON.stringify({ Id: "0".repeat(64), Warnings: [] }));
      } else {
        response.end("{}");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = addressOf(server.address());
  return {
    host: `tcp://127.0.0.1:${port}`,
    environment: () => environment,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") {
    throw new Error("the server does not listen on a port");
  }
  return address;
}
