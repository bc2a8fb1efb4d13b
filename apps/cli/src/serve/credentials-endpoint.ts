import type { AwsCredentials, ErrorCode, Listen, LoopbackRequest, Peer } from "@tegata/core";
import { exitStatuses } from "../exit-status.ts";
import { isSameText } from "./same-text.ts";

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
interface Explanation {
  readonly code: ErrorCode;
  readonly text: string;
  /** The same in a few words, for clients that show nothing else: `reasonPhrase`. */
  readonly reason: string;
}

const path = "/credentials";
const tokenBytes = 32;

/**
 * Gives AWS credentials to anyone who has the token, on a loopback address: what the SDKs expect of ECS and EKS. It does not
 * keep the process alive.
 *
 * @param explain what a client is told when there are none
 * @throws TegataError `internal` when no port can be listened on
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function serveCredentials(
  credentials: () => Promise<AwsCredentials>,
  explain: (error: unknown) => Explanation,
  listen: Listen,
): Promise<CredentialsEndpoint> {
  const token = Buffer.from(crypto.getRandomValues(new Uint8Array(tokenBytes))).toString("base64url");
  const { port, close } = await listen(async (request) => {
    const { status, reason, content, headers } = await respondTo(request, token, credentials, explain);
    await request.respond({
      status,
      reason,
      headers: { ...headers, "Content-Type": "application/json", "Cache-Control": "no-store" },
      body: JSON.stringify(content),
    });
  });
  return {
    variables: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}${path}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    },
    close,
  };
}

interface EndpointResponse {
  readonly status: number;
  /** Of the status line: ASCII, and not a word from elsewhere. */
  readonly reason: string;
  readonly content: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

async function respondTo(
  { method, target, headers, peer }: LoopbackRequest,
  token: string,
  credentials: () => Promise<AwsCredentials>,
  explain: (error: unknown) => Explanation,
): Promise<EndpointResponse> {
  if (!isUser(await peer())) {
    return refusal(403, "UserRefused", "the request comes from another user of this machine");
  }
  if (method !== "GET") {
    return { ...refusal(405, "MethodNotAllowed", "only GET is answered"), headers: { Allow: "GET" } };
  }
  if (target.split("?", 1)[0] !== path) {
    return refusal(404, "NotFound", `there is nothing but ${path}`);
  }
  if (!isSameText(headers["authorization"] ?? "", token)) {
    return refusal(401, "TokenRefused", "the authorization token is missing or wrong");
  }
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = await credentials();
    return {
      status: 200,
      reason: "OK",
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
    const { code, text, reason } = explain(error);
    // Clients try again by themselves what is 5xx; what needs a person does not get better by that.
    const status = [6, 70, 130].includes(exitStatuses[code]) ? 503 : 403;
    return refusal(status, code, text, reason);
  }
}

/** Some SDKs read the one spelling, some the other. */
function refusal(status: number, code: string, message: string, reason = message): EndpointResponse {
  return { status, reason, content: { code, message, Code: code, Message: message } };
}

/**
 * A second line beside the token: another user has no business here, even with it. Root has, as `sudo` inside the command
 * needs keys too, and could read the token anyway. Who cannot be told apart is judged by the token alone.
 */
function isUser(peer: Peer): boolean {
  return peer.kind !== "other" || peer.uid === 0;
}
