import * as v from "valibot";
import { TegataError } from "../base/errors.ts";
import {
  maxTokenCharacters,
  maxUrlCharacters,
  printable,
  saysSomething,
  tooLong,
  wordsOf,
} from "../base/foreign-text.ts";
import { HttpFailure, unreachableError } from "../base/http.ts";

/** What the token endpoint said, as a closed list: nothing else happens after a request. */
export type TokenResponse =
  | {
      readonly kind: "tokens";
      readonly idToken: string | undefined;
      readonly refreshToken: string | undefined;
      /** As it came: as long as it likes, and what it likes. */
      readonly accessToken: string | undefined;
    }
  | { readonly kind: "refused"; readonly refusal: OAuthRefusal }
  /** No OAuth response, but one that may come later: 429, 5xx. */
  | { readonly kind: "busy"; readonly status: number; readonly retryAfterSeconds: number | undefined }
  /** No response at all. */
  | { readonly kind: "no_response"; readonly failure: HttpFailure }
  /** A response that makes no sense; asking again would not help. */
  | { readonly kind: "unexpected"; readonly reason: string; readonly status: number };

/** An OAuth error: a body (RFC 6749 section 5.2) of any HTTP status, or the parameters of a redirect (section 4.1.2.1). */
export interface OAuthRefusal {
  readonly error: string;
  /** Made safe to print. */
  readonly description: string | undefined;
  /** The page about it (`error_uri`), where it names one that can be shown. */
  readonly uri?: string | undefined;
  /** `undefined`: a browser brought it, in a redirect. */
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/** Some servers write null or "" for a token that they do not give. */
const tokenSchema = v.pipe(
  v.nullish(v.string()),
  v.transform((token) => (saysSomething(token) ? token : undefined)),
);

const tokensSchema = v.pipe(
  v.object({ access_token: tokenSchema, id_token: tokenSchema, refresh_token: tokenSchema }),
  v.check(({ access_token: accessToken, id_token: idToken }) => accessToken !== undefined || idToken !== undefined),
);

const refusalSchema = v.union([
  v.object({
    error: v.pipe(
      v.string(),
      v.check((error) => saysSomething(error)),
    ),
    /** For people only: one of the wrong kind does not make the error another. */
    error_description: v.optional(v.unknown()),
    error_uri: v.optional(v.unknown()),
  }),
  /** The shape in which Google names the limit of its device endpoint (HTTP 403). */
  v.pipe(
    v.object({ error_code: v.literal("rate_limit_exceeded") }),
    v.transform(({ error_code: error }) => ({ error, error_description: undefined, error_uri: undefined })),
  ),
]);

/**
 * Sends a request to the token endpoint and judges the response.
 *
 * oauth4webapi's own judgement of token responses is not used: it also judges the ID token, and less strictly than
 * `verifyIdToken` does, which sees cached tokens as well. One function judges them all.
 */
export async function askForTokens(send: () => Promise<Response>, now: number): Promise<TokenResponse> {
  let response: Response;
  try {
    response = await send();
  } catch (error) {
    if (error instanceof HttpFailure) {
      return { kind: "no_response", failure: error };
    }
    throw error;
  }
  return judgeTokenResponse(response, now);
}

/** @param now milliseconds since the epoch, to read a `Retry-After` that is a date */
export async function judgeTokenResponse(response: Response, now: number): Promise<TokenResponse> {
  const body = await readJson(response);
  const retryAfterSeconds = retryAfterOf(response, now);
  const refusal = refusalOf(response, body, now);
  if (refusal !== undefined && response.status < 500) {
    // A tenant's own rate limit may come as any error; only these two are about this device code.
    if (response.status !== 429 || refusal.error === "slow_down" || refusal.error === "authorization_pending") {
      return { kind: "refused", refusal };
    }
  }
  if (response.status === 429 || response.status >= 500) {
    return { kind: "busy", status: response.status, retryAfterSeconds };
  }
  const tokens = v.safeParse(tokensSchema, body);
  if (response.status !== 200 || !tokens.success || Array.isArray(body)) {
    return {
      kind: "unexpected",
      reason:
        response.status === 200
          ? "it is not a JSON object with tokens"
          : `HTTP ${response.status} without an OAuth error code`,
      status: response.status,
    };
  }
  const { id_token: idToken, refresh_token: refreshToken, access_token: accessToken } = tokens.output;
  const reason =
    tooLong("id_token", idToken ?? "", maxTokenCharacters) ??
    tooLong("refresh_token", refreshToken ?? "", maxTokenCharacters);
  return reason === undefined
    ? { kind: "tokens", idToken, refreshToken, accessToken }
    : { kind: "unexpected", reason, status: response.status };
}

/** The OAuth error that a body holds, if it holds one. */
export function refusalOf(response: Response, body: unknown, now: number): OAuthRefusal | undefined {
  const refusal = v.safeParse(refusalSchema, body);
  if (!refusal.success) {
    return undefined;
  }
  const { error, error_description: description, error_uri: uri } = refusal.output;
  return {
    error: printable(error, 80),
    description: saysSomething(description) ? wordsOf(description) : undefined,
    uri: pageOf(uri),
    status: response.status,
    retryAfterSeconds: retryAfterOf(response, now),
  };
}

/** For people only: in ASCII, https or http, and not longer than a line can be. */
export function pageOf(uri: unknown): string | undefined {
  const url = typeof uri === "string" && URL.canParse(uri) ? new URL(uri) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.href.length <= maxUrlCharacters
    ? url.href
    : undefined;
}

/** What a refusal was, for `details` of an error. */
export function refusalDetails({ error, status, uri }: OAuthRefusal): Readonly<Record<string, string | number>> {
  return {
    error,
    ...(status === undefined ? {} : { httpStatus: status }),
    ...(uri === undefined ? {} : { errorUri: uri }),
  };
}

/** What the provider said: its own words behind its code, or the code alone. */
export function saidBy({ error, description }: OAuthRefusal): string {
  return description === undefined ? error : `${error}: ${description}`;
}

/** The errors for responses that end every grant alike: no response, 429 and 5xx to the end, nonsense. */
export function failedResponse(
  response: Extract<TokenResponse, { kind: "busy" | "no_response" | "unexpected" }>,
  tokenEndpoint: string,
): TegataError {
  const { host } = new URL(tokenEndpoint);
  switch (response.kind) {
    case "no_response":
      return unreachableError("idp_unreachable", "the identity provider", tokenEndpoint, response.failure);
    case "busy":
      return new TegataError("idp_unavailable", `the identity provider ${host} answers HTTP ${response.status}`, {
        hint: "try again in a moment",
        details: { host, httpStatus: response.status },
      });
    case "unexpected":
      return new TegataError(
        "idp_invalid_response",
        `the response of the token endpoint at ${host} makes no sense: ${response.reason}`,
        {
          hint: "check the issuer or the domain, and what stands between here and it",
          details: { host, httpStatus: response.status },
        },
      );
  }
}

/** The body as JSON; `undefined` if it is not JSON. */
export async function readJson(response: Response): Promise<unknown> {
  try {
    return parseJson(await response.text());
  } catch {
    return undefined;
  }
}

/** A text as JSON; `undefined` if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `Retry-After` in seconds, whether the header holds seconds or a date (RFC 9110 section 10.2.3). */
export function retryAfterOf(response: Response, now: number): number | undefined {
  const header = response.headers.get("retry-after")?.trim();
  if (header === undefined || header === "") {
    return undefined;
  }
  if (/^\d{1,9}$/.test(header)) {
    return Number(header);
  }
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
