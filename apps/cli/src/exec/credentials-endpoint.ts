import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AwsCredentials, type ErrorCode, isLoopbackHost, TegataError } from "@tegata/core";
import { exitStatuses } from "../exit-status.ts";

/** How an AWS client finds the endpoint: the variables of the SDKs' container credentials provider. */
export interface EndpointVariables {
  readonly AWS_CONTAINER_CREDENTIALS_FULL_URI: string;
  readonly AWS_CONTAINER_AUTHORIZATION_TOKEN: string;
}

export interface CredentialsEndpoint {
  readonly variables: EndpointVariables;
  /** Ends every connection as well. */
  close(): void;
}

/** Why there are no credentials, and what to do about it. */
export interface Explanation {
  readonly code: ErrorCode;
  readonly text: string;
}

const path = "/credentials";
const tokenBytes = 32;

/**
 * Gives AWS credentials to whoever has the token, on a loopback address: what the SDKs expect of ECS and EKS. It does not
 * keep the process alive.
 *
 * @param explain what a client is told when there are none
 * @throws TegataError `internal` when no port can be listened on
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function serveCredentials(
  credentials: () => Promise<AwsCredentials>,
  explain: (error: unknown) => Explanation,
): Promise<CredentialsEndpoint> {
  const token = Buffer.from(crypto.getRandomValues(new Uint8Array(tokenBytes))).toString("base64url");
  const expected = Buffer.from(token);
  const server = createServer((request, response) => {
    // A request of no interest has no body of interest either.
    request.resume();
    void answer(request, expected, credentials, explain).then(({ status, content, headers = {} }) =>
      send(response, status, content, headers),
    );
  });
  const port = await listen(server);
  return {
    variables: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}${path}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly content: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

async function answer(
  { method, url = "", headers }: IncomingMessage,
  expected: Buffer,
  credentials: () => Promise<AwsCredentials>,
  explain: (error: unknown) => Explanation,
): Promise<Answer> {
  // A page in a browser can make a name of its own mean this address, but not call it by ours.
  if (!isLoopback(headers.host)) {
    return refusal(403, "HostRefused", "the host of the request is not a loopback address");
  }
  if (method !== "GET") {
    return { ...refusal(405, "MethodNotAllowed", "only GET is answered"), headers: { Allow: "GET" } };
  }
  if (url.split("?", 1)[0] !== path) {
    return refusal(404, "NotFound", `there is nothing but ${path}`);
  }
  if (!isToken(headers.authorization, expected)) {
    return refusal(401, "TokenRefused", "the authorization token is missing or wrong");
  }
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = await credentials();
    return {
      status: 200,
      content: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        // Not SessionToken, as everywhere else.
        Token: sessionToken,
        Expiration: expiration,
        ...(accountId === undefined ? {} : { AccountId: accountId }),
      },
    };
  } catch (error) {
    const { code, text } = explain(error);
    // Clients try again by themselves what is 5xx; what needs a person does not get better by that.
    const status = [6, 70, 130].includes(exitStatuses[code]) ? 503 : 403;
    return refusal(status, code, text);
  }
}

function isLoopback(host = ""): boolean {
  return isLoopbackHost(host.replace(/:\d+$/, "").toLowerCase());
}

/** Takes as long for a wrong one as for a right one. How long the token is is no secret. */
function isToken(given: string | undefined, expected: Buffer): boolean {
  const bytes = Buffer.from(given ?? "");
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

/** Some SDKs read the one spelling, some the other. */
function refusal(status: number, code: string, message: string): Answer {
  return { status, content: { code, message, Code: code, Message: message } };
}

function send(response: ServerResponse, status: number, content: Answer["content"], headers: Answer["headers"]): void {
  const body = Buffer.from(JSON.stringify(content));
  response.writeHead(status, {
    ...headers,
    "Content-Type": "application/json",
    "Content-Length": body.length,
    "Cache-Control": "no-store",
  });
  response.end(body);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(new TegataError("internal", "no port of 127.0.0.1 can be listened on", { cause: error }));
    server.once("error", fail);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        fail(address);
      } else {
        server.off("error", fail);
        server.unref();
        resolve(address.port);
      }
    });
  });
}
