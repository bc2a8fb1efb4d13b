import type { ServerResponse } from "node:http";
import { patchJson, type FaultPlan } from "../faults.ts";
import { PAGE_HEADERS } from "../html.ts";
import type { SandboxResponse, Exchange, Handler } from "../http-server.ts";
import type { ConsoleSessions } from "./console-sessions.ts";
import { consolePage, refusalPage, signedOutPage } from "./pages.ts";

const COOKIE = "sandbox_console";
const DURATION_SECONDS = { minimum: 900, maximum: 43_200 };
const CONSOLE_HOST = /^(?:[a-z0-9-]+\.)?console\.aws\.amazon\.com$/;

/** Path of the console page. */
export const CONSOLE_PATH = "/console/home";

/** The console federation endpoint at `/federation`, and the console that it leads to. */
export class FederationService implements Handler {
  readonly service = "federation";
  readonly #sessions: ConsoleSessions;
  readonly #now: () => number;
  readonly #origin: string;

  constructor(sessions: ConsoleSessions, now: () => number, origin: string) {
    this.#sessions = sessions;
    this.#now = now;
    this.#origin = origin;
  }

  area(_method: string, path: string): "federation" | "console" {
    return path === "/federation" ? "federation" : "console";
  }

  async handle(exchange: Exchange, _response: ServerResponse, plan: FaultPlan): Promise<SandboxResponse> {
    const now = this.#now() + plan.clockSkewSeconds * 1000;
    if (exchange.url.pathname !== "/federation") {
      return this.#console(exchange, now);
    }
    if (exchange.method !== "GET" && exchange.method !== "POST") {
      return refusal("Only GET and POST are allowed.");
    }
    const parameters = new URLSearchParams([...exchange.url.searchParams, ...exchange.form]);
    switch (parameters.get("Action") ?? "") {
      case "getSigninToken":
        return this.#signinToken(parameters, plan, now);
      case "login":
        return this.#login(parameters, now);
      default:
        return refusal("Action must be getSigninToken or login.");
    }
  }

  #signinToken(parameters: URLSearchParams, plan: FaultPlan, now: number): SandboxResponse {
    const duration = parameters.get("SessionDuration");
    const seconds = duration === null ? undefined : Number(duration);
    const inRange =
      seconds === undefined ||
      (Number.isInteger(seconds) && seconds >= DURATION_SECONDS.minimum && seconds <= DURATION_SECONDS.maximum);
    if (!inRange || (plan.rejectSessionDuration && duration !== null)) {
      return refusal("SessionDuration is not allowed for these credentials.");
    }
    const credentials = this.#sessions.credentialsOf(parameters.get("Session") ?? "", now);
    if (credentials === undefined || credentials.assumedRoleArn === "") {
      return refusal("Session does not hold the credentials of a role.");
    }
    const body = { SigninToken: this.#sessions.issueToken(credentials, seconds, now) };
    return {
      status: 200,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(patchJson(body, plan)),
    };
  }

  #login(parameters: URLSearchParams, now: number): SandboxResponse {
    const destination = parameters.get("Destination") ?? "";
    if (!this.#isConsole(destination)) {
      return refusal("Destination is no console URL.");
    }
    const id = this.#sessions.open(parameters.get("SigninToken") ?? "", {
      destination,
      issuer: parameters.get("Issuer") ?? "",
      now,
    });
    if (id === undefined) {
      return refusal("SigninToken is unknown or was issued more than 15 minutes ago.");
    }
    return {
      status: 302,
      headers: {
        Location: `${this.#origin}${CONSOLE_PATH}`,
        "Set-Cookie": `${COOKIE}=${id}; Path=/console; HttpOnly; SameSite=Lax`,
      },
      body: "",
    };
  }

  #isConsole(destination: string): boolean {
    if (!URL.canParse(destination)) {
      return false;
    }
    const { protocol, hostname, origin } = new URL(destination);
    return origin === this.#origin || (protocol === "https:" && CONSOLE_HOST.test(hostname));
  }

  #console({ headers, url }: Exchange, now: number): SandboxResponse {
    const id = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(headers["cookie"] ?? "")?.[1] ?? "";
    const session = url.pathname === CONSOLE_PATH ? this.#sessions.find(id, now) : undefined;
    return session === undefined
      ? { status: 403, headers: PAGE_HEADERS, body: signedOutPage() }
      : { status: 200, headers: PAGE_HEADERS, body: consolePage(session) };
  }
}

function refusal(message: string): SandboxResponse {
  return { status: 400, headers: PAGE_HEADERS, body: refusalPage(message) };
}
