/** Who is at the other end of a connection over loopback. */
export type Peer =
  | { readonly kind: "own" }
  | { readonly kind: "other"; readonly uid: number }
  /** The system would tell, and no process holds the other end any more: the other side has hung up. */
  | { readonly kind: "gone" }
  /** The system does not tell, or what it tells may be about a relay. */
  | { readonly kind: "unknown" };

/** What a server of ours answers. */
export interface LoopbackResponse {
  readonly status: number;
  /** Of the status line: visible ASCII, and not a word from elsewhere. */
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request to a server of ours. Its `Host` is a loopback name. */
export interface LoopbackRequest {
  readonly method: string;
  /** Path and query as they came, such as `/callback?state=x`. */
  readonly target: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body; `undefined` when it is longer than `maxBytes`, or did not come whole. */
  readonly text: (maxBytes: number) => Promise<string | undefined>;
  /** Which user it comes from. */
  readonly peer: () => Promise<Peer>;
  /**
   * Answers it; called once.
   *
   * @returns false when the other side hung up before it had the whole answer
   */
  readonly respond: (response: LoopbackResponse) => Promise<boolean>;
}

/** The addresses that nobody but this machine reaches, as they stand in a URL. */
export type LoopbackAddress = "127.0.0.1" | "[::1]";

/** How a server of ours listens, and to whom. */
export interface ListenOptions {
  /**
   * Where to listen, on the same port of each; one that this machine does not have is left out. Default: `127.0.0.1`.
   */
  readonly addresses?: readonly LoopbackAddress[];
  /** Ports to try, in this order. Default: any that is free. */
  readonly ports?: readonly number[];
}

/** A server of ours. It does not keep the process alive. */
export interface LoopbackServer {
  readonly port: number;
  /** Ends every connection as well. */
  readonly close: () => void;
}

/**
 * Serves HTTP on loopback addresses, and on no other. Nobody else can listen on the same port of the same address. A request
 * that names another host is refused without being shown to `serve`: a page in a browser can make a name of its own mean this
 * address, but not call it by ours.
 *
 * @param serve is called for every request, also while others are being answered. When it rejects, the connection is cut
 * @throws TegataError `port_taken` when none of the wanted ports is free; `internal` when no port can be listened on
 */
export type Listen = (
  serve: (request: LoopbackRequest) => Promise<void>,
  options?: ListenOptions,
) => Promise<LoopbackServer>;
