import * as v from "valibot";
import { again, hint, setting } from "../base/wording.ts";
import type { AwsCredentials } from "./credentials.ts";
import { TegataError } from "../base/errors.ts";
import { printable, wordsOf } from "../base/foreign-text.ts";
import { shownValue } from "../base/shown-value.ts";
import { HttpFailure, isSecureUrl, unreachable } from "../base/http.ts";
import { consoleFederationEndpoint, partitionOfRegion, type Partition } from "./partition.ts";
import type { Ports } from "../base/ports.ts";

/** What a console session is to be like, and whose. */
export interface ConsoleUrlRequest {
  /** Of a role session; AWS takes no others here. */
  readonly credentials: AwsCredentials;
  readonly region: string;
  /** The partition of `region` when left out. */
  readonly partition?: Partition | undefined;
  /** A URL of the console, a path there (`/s3/home`) or a service (`s3`); `undefined`: the console's home page. */
  readonly destination: string | undefined;
  /** Where the console sends a person whose session has ended; `undefined`: nowhere. */
  readonly issuer: string | undefined;
  /** Seconds, 900 to 43200, no matter what the role's MaxSessionDuration is; `undefined`: as long as the credentials live. */
  readonly sessionDurationSeconds: number | undefined;
  /** Instead of the region's own endpoint. */
  readonly federationEndpoint: string | undefined;
}

/**
 * A URL that signs a browser in to the AWS console, good for 15 minutes. Anyone who has it is signed in: it is as secret as
 * the credentials.
 *
 * The credentials go to AWS in the body of a POST, so that no proxy finds them in a URL.
 *
 * @throws TegataError `federation_*`; `usage_invalid` for a destination that is not a page of this console;
 *   `settings_incomplete`, `settings_invalid` for a federation endpoint that is missing or not https; the reason of
 *   `ports.signal` when aborted
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */
export async function createConsoleUrl(request: ConsoleUrlRequest, ports: Ports): Promise<string> {
  const { region, issuer, sessionDurationSeconds, federationEndpoint } = request;
  const partition = request.partition ?? partitionOfRegion(region);
  const endpoint = federationEndpointOf(partition, region, federationEndpoint);
  const destination = resolveDestination(request.destination, partition, region, federationEndpoint !== undefined);
  const signInToken = await getSigninToken(endpoint, request.credentials, sessionDurationSeconds, ports);
  const url = new URL(endpoint);
  url.search = new URLSearchParams({
    Action: "login",
    Issuer: issuer ?? "",
    Destination: destination,
    SigninToken: signInToken,
  }).toString();
  return url.href;
}

function federationEndpointOf(partition: Partition | undefined, region: string, explicit: string | undefined): string {
  const endpoint = explicit ?? (partition && consoleFederationEndpoint(partition, region));
  if (endpoint === undefined) {
    throw new TegataError("settings_incomplete", `no console sign-in is known for the region ${printable(region)}`, {
      hint: hint`name it: ${setting("federation_endpoint", "URL")}`,
    });
  }
  if (!URL.canParse(endpoint) || !isSecureUrl(new URL(endpoint))) {
    throw new TegataError("settings_invalid", `the federation endpoint ${shownValue(endpoint)} is not an https URL`, {
      hint: [
        hint`pass an https URL: ${setting("federation_endpoint", "URL")}`,
        hint`plain http is taken only for a loopback address`,
      ],
    });
  }
  const url = new URL(endpoint);
  if (url.pathname === "/") {
    url.pathname = "/federation";
  }
  return url.href;
}

/** A page of the partition's console; behind a federation endpoint of one's own, of any console. */
function resolveDestination(
  destination: string | undefined,
  partition: Partition | undefined,
  region: string,
  anyHost: boolean,
): string {
  const consoleHost = partition?.console?.host;
  const url = toDestinationUrl(destination ?? "console", consoleHost, region);
  const onConsole =
    consoleHost !== undefined &&
    url?.protocol === "https:" &&
    url.port === "" &&
    (url.hostname === consoleHost || url.hostname.endsWith(`.${consoleHost}`));
  if (url === undefined || url.username !== "" || !(onConsole || (anyHost && isSecureUrl(url)))) {
    const wanted =
      consoleHost === undefined
        ? `the region ${printable(region)} has no public console: pass a whole https URL`
        : `pass a service like s3, a path like /s3/home or an https URL on ${consoleHost}`;
    const what =
      destination === undefined ? "no console page to open" : `${shownValue(destination)} is not a page of the console`;
    throw new TegataError("usage_invalid", what, { hint: wanted, details: { option: "destination" } });
  }
  return url.href;
}

function toDestinationUrl(destination: string, consoleHost: string | undefined, region: string): URL | undefined {
  if (URL.canParse(destination)) {
    return new URL(destination);
  }
  const path = /^[a-z][a-z0-9-]*$/.test(destination) ? `/${destination}/home` : destination;
  const base = `https://${region}.${consoleHost}`;
  if (consoleHost === undefined || !path.startsWith("/") || !URL.canParse(path, base)) {
    return undefined;
  }
  const url = new URL(path, base);
  if (!url.searchParams.has("region")) {
    url.searchParams.set("region", region);
  }
  return url;
}

const signinTokenSchema = v.object({ SigninToken: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,16384}$/)) });

async function getSigninToken(
  endpoint: string,
  credentials: AwsCredentials,
  sessionDurationSeconds: number | undefined,
  ports: Ports,
): Promise<string> {
  let response = await postGetSigninToken(endpoint, credentials, sessionDurationSeconds, ports);
  // AWS refuses a duration for chained roles with a bare 400.
  if (response.status === 400 && sessionDurationSeconds !== undefined) {
    ports.log("console sign-in refuses the session duration, next try without it");
    response = await postGetSigninToken(endpoint, credentials, undefined, ports);
  }
  const { host } = new URL(endpoint);
  const text = await response.text();
  if (response.status !== 200) {
    throw refused(host, response.status, text, credentials);
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), signinTokenSchema), text);
  if (!parsed.success) {
    throw new TegataError("federation_invalid_response", `console sign-in at ${host} answers without a SigninToken`, {
      hint: hint`check ${setting("federation_endpoint")} and the proxy variables`,
      details: { host, httpStatus: response.status },
    });
  }
  return parsed.output.SigninToken;
}

async function postGetSigninToken(
  endpoint: string,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  sessionDurationSeconds: number | undefined,
  { fetch, signal }: Ports,
): Promise<Response> {
  const form = new URLSearchParams({
    Action: "getSigninToken",
    Session: JSON.stringify({ sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken }),
    ...(sessionDurationSeconds === undefined ? {} : { SessionDuration: String(sessionDurationSeconds) }),
  });
  return fetch(endpoint, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
    // The body holds the credentials: a 307 would carry them to any host.
    redirect: "manual",
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    const failure =
      error instanceof HttpFailure
        ? error
        : new HttpFailure("unreachable", printable(error instanceof Error ? error.message : String(error)), {
            cause: error,
          });
    throw unreachable("federation_unreachable", "console sign-in", endpoint, failure);
  });
}

function refused(host: string, httpStatus: number, html: string, credentials: AwsCredentials): TegataError {
  const text = textOfHtml(html, [credentials.accessKeyId, credentials.secretAccessKey, credentials.sessionToken]);
  const message = `console sign-in at ${host} answers HTTP ${httpStatus}${text === "" ? "" : `: ${text}`}`;
  const details = { host, httpStatus };
  if (httpStatus === 429 || httpStatus >= 500) {
    return new TegataError("federation_unavailable", message, { hint: "try again in a moment", details });
  }
  return httpStatus >= 400
    ? new TegataError("federation_rejected", message, { hint: hint`${again} with ${setting("fresh", true)}`, details })
    : new TegataError("federation_invalid_response", message, {
        hint: hint`check ${setting("federation_endpoint")}`,
        details,
      });
}

/** What a person would read on an error page; some repeat the request, so nothing that could be a key is stored. */
function textOfHtml(html: string, secrets: readonly string[]): string {
  const text = secrets
    .reduce((page, secret) => page.replaceAll(secret, "…"), html)
    // Long enough for every error page, short enough for the patterns below.
    .slice(0, 4000)
    .replace(/<(script|style|title)\b[^]*?(?:<\/\1>|$)/gi, " ")
    .replace(/<[^>]*(?:>|$)/g, " ")
    .replace(/\S{40,}/g, "…");
  return wordsOf(text, 200);
}
