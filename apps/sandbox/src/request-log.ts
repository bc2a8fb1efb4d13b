import type { ServerResponse } from "node:http";
import type { FaceName } from "./options.ts";

/** Where a request went. Faults can be set for all but `pages` and `console`. */
export type Area =
  | "discovery"
  | "authorization"
  | "device_authorization"
  | "token"
  | "jwks"
  | "revocation"
  | "pages"
  | "sts"
  | "federation"
  | "console";

/** Which server of the sandbox answered. */
export type Service = FaceName | "sts" | "federation" | "control";

/** Who asked: a client, or the sandbox's own STS reading discovery and keys. */
export type Requester = "client" | "sts";

/** One request as a server saw it, without any value that may be a secret. */
export interface RequestRecord {
  area: Area;
  service: Service;
  from: Requester;
  method: string;
  /** Path without the query. */
  path: string;
  /** HTTP status of the answer; 0 while there is none and when the connection was cut. */
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Names of request headers, to prove that one was not sent. */
  headerNames: readonly string[];
  bodyBytes: number;
  queryParameterNames: readonly string[];
  formParameterNames: readonly string[];
  /** `Action` at STS and the federation endpoint, `grant_type` at a token endpoint. */
  operation?: string;
  /** Milliseconds since the epoch, process clock. */
  at: number;
}

/** The `User-Agent` by which the sandbox tells its own STS from a client. */
export const STS_USER_AGENT = "tegata-sandbox-sts";

/** Every request since the start or the last `clear`. */
export class RequestLog {
  #entries: { record: RequestRecord; response: ServerResponse }[] = [];

  add(record: RequestRecord, response: ServerResponse): void {
    this.#entries.push({ record, response });
  }

  all(): RequestRecord[] {
    return this.#entries.map(({ record, response }) =>
      Object.assign({}, record, { status: response.headersSent ? response.statusCode : 0 }),
    );
  }

  /** Requests of clients; what the sandbox's own STS asks is not counted. */
  count(area: Area): number {
    return this.#entries.filter(({ record }) => record.area === area && record.from === "client").length;
  }

  clear(): void {
    this.#entries = [];
  }
}
