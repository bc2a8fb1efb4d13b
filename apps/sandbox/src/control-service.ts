import type { ServerResponse } from "node:http";
import * as v from "valibot";
import { faultSchema, type FaultBoard } from "./faults.ts";
import type { SandboxResponse, Exchange, Handler } from "./http-server.ts";
import type { RequestLog } from "./request-log.ts";

const rotation = v.strictObject({ dropOld: v.optional(v.boolean()) });

/** What the control port works on. */
interface ControlWorld {
  faults: FaultBoard;
  requests: RequestLog;
  rotateKeys: (options: { dropOld?: boolean }) => Promise<void>;
}

/** The control port: faults, key rotation and the request log over HTTP. */
export class ControlService implements Handler {
  readonly service = "control";
  readonly #world: ControlWorld;

  constructor(world: ControlWorld) {
    this.#world = world;
  }

  area(): "pages" {
    return "pages";
  }

  async handle({ method, url, headers, body }: Exchange, _response: ServerResponse): Promise<SandboxResponse> {
    const { faults, requests, rotateKeys } = this.#world;
    // A web page can send a plain form to a loopback port, but no JSON without asking first.
    if (method === "POST" && !(headers["content-type"] ?? "").startsWith("application/json")) {
      return json(415, { error: "send application/json" });
    }
    switch (`${method} ${url.pathname}`) {
      case "POST /faults": {
        const fault = read(faultSchema, body);
        if (!fault.success) {
          return json(400, { error: v.summarize(fault.issues) });
        }
        faults.set(fault.output);
        return { status: 204, body: "" };
      }
      case "DELETE /faults":
        faults.clear();
        return { status: 204, body: "" };
      case "POST /rotate-keys": {
        const options = read(rotation, body === "" ? "{}" : body);
        if (!options.success) {
          return json(400, { error: v.summarize(options.issues) });
        }
        await rotateKeys({ dropOld: options.output.dropOld ?? false });
        return { status: 204, body: "" };
      }
      case "GET /requests":
        return json(200, requests.all());
      case "DELETE /requests":
        requests.clear();
        return { status: 204, body: "" };
      default:
        return json(404, { error: "POST or DELETE /faults, POST /rotate-keys, GET or DELETE /requests" });
    }
  }
}

function read<S extends v.GenericSchema>(schema: S, body: string): v.SafeParseResult<S> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    value = undefined;
  }
  return v.safeParse(schema, value);
}

function json(status: number, value: unknown): SandboxResponse {
  return { status, headers: { "Content-Type": "application/json" }, body: `${JSON.stringify(value, undefined, 2)}\n` };
}
