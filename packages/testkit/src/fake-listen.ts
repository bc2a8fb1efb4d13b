import type { Listen, ListenOptions, LoopbackRequest, LoopbackResponse, Peer } from "@tegata/core";

/** A request as a test sends it; what is left out is as a browser on this machine has it. */
export interface FakeRequest {
  readonly method?: string;
  /** Besides `host`, which is the server's own address. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** False: the other side hangs up before it has the answer. */
  readonly staysForResponse?: boolean;
  /** Who sends it. Default: the user whose server it is. */
  readonly peer?: Peer;
}

/** Servers without a network: a test sends them requests. */
export interface FakeListen {
  readonly listen: Listen;
  /** How the last server was asked for. */
  readonly options: () => ListenOptions | undefined;
  readonly isOpen: () => boolean;
  /**
   * Sends a request to the last server.
   *
   * @param target path and query
   * @throws Error when nobody listens, or the connection is cut
   */
  send(target: string, request?: FakeRequest): Promise<LoopbackResponse>;
}

const own: Peer = { kind: "own" };

/** Servers without a network. The first of the wanted ports is free, `taken` ones apart. */
export function fakeListen({ taken = [] }: { readonly taken?: readonly number[] } = {}): FakeListen {
  let serve: ((request: LoopbackRequest) => Promise<void>) | undefined;
  let last: ListenOptions | undefined;
  let port = 0;
  return {
    options: () => last,
    isOpen: () => serve !== undefined,
    listen: (handler, options = {}) => {
      const free = (options.ports ?? [50_000]).find((each) => !taken.includes(each));
      if (free === undefined) {
        return Promise.reject(new Error("every port is taken"));
      }
      last = options;
      port = free;
      serve = handler;
      return Promise.resolve({
        port,
        close: () => {
          serve = undefined;
        },
      });
    },
    send: (target, { method = "GET", headers = {}, body = "", staysForResponse = true, peer = own } = {}) =>
      new Promise((resolve, reject) => {
        if (serve === undefined) {
          reject(new Error("nobody listens"));
          return;
        }
        const respond = (response: LoopbackResponse) => {
          resolve(response);
          return Promise.resolve(staysForResponse);
        };
        serve({
          method,
          target,
          headers: { host: `127.0.0.1:${port}`, ...headers },
          text: (maxBytes) => Promise.resolve(body.length > maxBytes ? undefined : body),
          peer: () => Promise.resolve(peer),
          respond,
        }).catch(reject);
      }),
  };
}
