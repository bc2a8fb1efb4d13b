import {
  type ErrorCode,
  type HintInput,
  HttpFailure,
  isSecureUrl,
  parseJson,
  printable,
  retryAfterOf,
  TegataError,
  unreachable,
  wordsOf,
  type WorkloadContext,
} from "@tegata/core";
import * as v from "valibot";

/** A request for a token, as a platform documents it. */
export interface TokenRequest {
  /** For people: `the token endpoint of GitHub Actions`. */
  readonly what: string;
  readonly url: string;
  readonly init: Omit<RequestInit, "signal">;
  /** Statuses after which the platform says to ask again. 429 is one of them where it comes with `Retry-After`. */
  readonly transient: readonly number[];
  /** After that no further request is begun; without it, after 12 s or the sixth. */
  readonly patienceMilliseconds?: number;
  /** What to change when it refuses: 400 to 404 and the like. */
  readonly refused: (status: number) => HintInput;
}

const maxAttempts = 6;
/** After that no further request is begun. The last one may take its ten seconds: a job has that much patience. */
const patienceMilliseconds = 12_000;
const firstDelayMilliseconds = 500;
const longestDelayMilliseconds = 4000;

/**
 * Asks for a token, again with jitter after what passes: the statuses that the platform documents, a connection that was
 * refused or cut, an empty answer. A token was obtained or was not; asking twice does no harm.
 *
 * @returns an answer with status 2xx
 * @throws TegataError `workload_token_missing` for a secret that no header can carry, `idp_unreachable`,
 *   `idp_unavailable`, `idp_rejected`
 */
export async function requestToken(request: TokenRequest, context: WorkloadContext): Promise<Response> {
  const { what, url, init, transient } = request;
  const { clock, random, signal, log, fetch } = context;
  const headers = headersOf(request);
  const startedAt = clock.monotonic();
  const patience = request.patienceMilliseconds ?? patienceMilliseconds;
  const attempts = request.patienceMilliseconds === undefined ? maxAttempts : Number.POSITIVE_INFINITY;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await fetch(url, { ...init, headers, signal }).catch((error: unknown) => {
      if (error instanceof HttpFailure) {
        return error;
      }
      throw error;
    });
    const isEmpty = !(outcome instanceof HttpFailure) && outcome.ok && (await outcome.clone().text()).trim() === "";
    if (!(outcome instanceof HttpFailure) && outcome.ok && !isEmpty) {
      return outcome;
    }
    const wait = isEmpty ? ownWait(attempt, random()) : waitAfter(outcome, attempt, transient, random(), clock.now());
    const spent = clock.monotonic() - startedAt;
    if (wait === undefined || attempt >= attempts || spent + wait > patience) {
      if (!(outcome instanceof HttpFailure) && isEmpty) {
        throw nonsense("it is empty", what, url, outcome);
      }
      throw outcome instanceof HttpFailure
        ? unreachable("idp_unreachable", what, url, outcome)
        : await refusal(request, headers, outcome);
    }
    const reason =
      outcome instanceof HttpFailure ? outcome.message : isEmpty ? "an empty answer" : `HTTP ${outcome.status}`;
    log(`${what} is asked again in ${Math.round(wait)} ms: ${reason}`);
    await clock.sleep(wait, signal);
  }
}

/** The runtimes would quote the secret in their error, and it would look like one of the network. */
function headersOf({ what, init }: TokenRequest): Headers {
  try {
    return new Headers(init.headers);
  } catch {
    throw new TegataError("workload_token_missing", `what authorizes a request to ${what} does not fit into a header`, {
      hint: "leave the variables of the runner as it sets them: a secret may have got a line break",
    });
  }
}

/** Milliseconds. At least half of the longest: thousands of jobs that start at once must not come back at once. */
function ownWait(attempt: number, die: number): number {
  return Math.min(firstDelayMilliseconds * 2 ** (attempt - 1), longestDelayMilliseconds) * (0.5 + die / 2);
}

/** Milliseconds; `undefined`: asking again would not help. */
function waitAfter(
  outcome: Response | HttpFailure,
  attempt: number,
  transient: readonly number[],
  die: number,
  now: number,
): number | undefined {
  const own = ownWait(attempt, die);
  if (outcome instanceof HttpFailure) {
    // A time-out has cost ten seconds already.
    return outcome.kind === "unreachable" ? own : undefined;
  }
  const asked = retryAfterOf(outcome, now);
  if (outcome.status === 429) {
    return asked === undefined && !transient.includes(429) ? undefined : Math.max(own, (asked ?? 0) * 1000);
  }
  return transient.includes(outcome.status) ? Math.max(own, (asked ?? 0) * 1000) : undefined;
}

const refusalSchema = v.object({
  message: v.optional(v.unknown()),
  error: v.optional(v.unknown()),
  error_description: v.optional(v.unknown()),
});

async function refusal(
  { what, url, refused }: TokenRequest,
  headers: Headers,
  response: Response,
): Promise<TegataError> {
  const { status } = response;
  const details = { host: new URL(url).host, httpStatus: status };
  if (status === 429 || status >= 500) {
    return new TegataError("idp_unavailable", `${what} answers HTTP ${status}`, {
      hint: "try again in a moment",
      details,
    });
  }
  const body = v.safeParse(refusalSchema, parseJson(await response.text()));
  const { message, error, error_description: description } = body.success ? body.output : {};
  const nested = v.safeParse(v.object({ message: v.string() }), error);
  const said = [nested.success ? nested.output.message : undefined, message, description, error].find(
    (text) => typeof text === "string" && text.trim() !== "",
  );
  const words = typeof said === "string" ? `: ${wordsOf(withoutTokens(said, headers), 200)}` : "";
  return new TegataError("idp_rejected", `${what} answers HTTP ${status}${words}`, {
    hint: refused(status),
    details,
  });
}

/** A server may quote what it was sent: tokens like ours, and what authorized the request. */
export function withoutTokens(text: string, headers?: Headers): string {
  const authorization = headers?.get("authorization")?.replace(/^\S+ /, "") ?? "";
  const rest = authorization === "" ? text : text.replaceAll(authorization, "…");
  return rest.replace(/\bey[\w-]{10,}(?:\.[\w-]*)*/g, "…");
}

/**
 * The token in a member of the answer's JSON object.
 *
 * @throws TegataError `idp_invalid_response`
 */
export async function tokenMember(response: Response, name: string, what: string, url: string): Promise<string> {
  const body = v.safeParse(
    v.looseObject({ [name]: v.pipe(v.string(), v.nonEmpty()) }),
    parseJson(await response.text()),
  );
  const token: unknown = body.success ? body.output[name] : undefined;
  if (typeof token !== "string") {
    throw nonsense(`it is not a JSON object with a ${name}`, what, url, response);
  }
  return token;
}

export function nonsense(reason: string, what: string, url: string, { status }: Response): TegataError {
  return new TegataError("idp_invalid_response", `the response of ${what} makes no sense: ${reason}`, {
    hint: "check what stands between here and it, such as a proxy",
    details: { host: new URL(url).host, httpStatus: status },
  });
}

/**
 * The URL that a variable of the platform names.
 *
 * @throws TegataError `workload_token_missing` for what is none, `idp_untrusted_url` for one that a token must not be sent to
 */
export function endpointIn(variable: string, value: string): URL {
  if (!URL.canParse(value)) {
    throw badEndpoint(
      "workload_token_missing",
      variable,
      `is not a URL: ${printable(value.replace(/\?.*/s, ""), 120)}`,
    );
  }
  const url = new URL(value);
  if (!isSecureUrl(url) || url.username !== "" || url.password !== "") {
    throw badEndpoint("idp_untrusted_url", variable, `is not a plain https URL: ${printable(url.origin, 120)}`);
  }
  return url;
}

function badEndpoint(code: ErrorCode, variable: string, what: string): TegataError {
  return new TegataError(code, `the variable ${variable} ${what}`, {
    hint: `leave ${variable} as the runner sets it`,
  });
}
