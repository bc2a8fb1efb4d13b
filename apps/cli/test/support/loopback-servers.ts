import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { connect, type Server as NetServer } from "node:net";
import type { KeyAndCertificate } from "./certificates.ts";

/** Servers of one test file, each on a port of its own. */
export interface LoopbackServers {
  listen(server: NetServer): Promise<number>;
  https(pair: KeyAndCertificate): Promise<number>;
  http(answer: RequestListener): Promise<number>;
  /** A proxy that lets everything through to this machine, no matter which host was asked for. */
  proxy(): Promise<TestProxy>;
  /** A proxy that opens no tunnel. */
  refusingProxy(status: number): Promise<TestProxy>;
  close(): void;
}

export interface TestProxy {
  readonly port: number;
  /** Each request, in order: `idp.acme.example:443`, or a whole URL where no tunnel was asked for. */
  readonly asked: readonly string[];
  /** User name and password of each request. */
  readonly credentials: readonly (string | undefined)[];
}

const answer: RequestListener = (_request, response) => response.end("no discovery document");

export function loopbackServers(): LoopbackServers {
  const servers: (NetServer | Server | HttpsServer)[] = [];
  const listen = async (server: NetServer) => {
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };
  const proxyOf = async (status: number): Promise<TestProxy> => {
    const asked: string[] = [];
    const credentials: (string | undefined)[] = [];
    const note = (url = "", header = "") => {
      asked.push(url);
      credentials.push(header === "" ? undefined : Buffer.from(header.replace("Basic ", ""), "base64").toString());
    };
    const server = createHttpServer((request, response) => {
      note(request.url, request.headers["proxy-authorization"]);
      response.end("{}");
    }).on("connect", (request, client) => {
      note(request.url, request.headers["proxy-authorization"]);
      client.on("error", () => undefined);
      if (status !== 200) {
        client.end(`HTTP/1.1 ${status} No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const port = Number(/:(\d+)$/.exec(request.url ?? "")?.[1]);
      const target = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        client.pipe(target).pipe(client);
      });
      target.on("error", () => client.destroy());
      client.on("error", () => target.destroy());
    });
    return { port: await listen(server), asked, credentials };
  };
  return {
    listen,
    https: (pair) => listen(createHttpsServer(pair, answer)),
    http: (listener) => listen(createHttpServer(listener)),
    proxy: () => proxyOf(200),
    refusingProxy: proxyOf,
    close: () => {
      servers.forEach((server) => {
        if ("closeAllConnections" in server) {
          server.closeAllConnections();
        }
        server.close();
      });
    },
  };
}
