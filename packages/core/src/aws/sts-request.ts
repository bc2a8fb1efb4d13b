/**
 * The part of the AWS SDK that a request to STS needs: the schemas of the operation and its errors, and the
 * protocol that STS speaks. `STSClient` would bring signing, its own HTTP client and the default credential chain, which
 * looks around on this machine; a test proves that no binary and no bundle has them in it.
 */
import { AssumeRole$, AssumeRoleWithWebIdentity$, errorTypeRegistries, GetCallerIdentity$ } from "@aws-sdk/client-sts";
import sdk from "@aws-sdk/client-sts/package.json" with { type: "json" };
import { AwsQueryProtocol } from "@aws-sdk/core/protocols";
import { fromBase64, fromUtf8, toBase64, toUtf8 } from "@smithy/core/serde";
import { isTegataError } from "../base/errors.ts";
import { printable } from "../base/foreign-text.ts";
import { HttpFailure, unreachable } from "../base/http.ts";
import { correctedNow } from "../oidc/clock-offset.ts";
import type { Ports } from "../base/ports.ts";
import type { AwsCredentials } from "./credentials.ts";
import type { RequestToSign } from "./sts-signature.ts";
import { addressOf, type StsTarget } from "./sts-target.ts";

/** What STS can be asked here, by the name that AWS gives it. */
const operations = {
  AssumeRole: AssumeRole$,
  AssumeRoleWithWebIdentity: AssumeRoleWithWebIdentity$,
  GetCallerIdentity: GetCallerIdentity$,
};

export type StsOperation = keyof typeof operations;

/** As in the SDK's own client of this version. */
const protocolOptions = {
  defaultNamespace: "com.amazonaws.sts",
  xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  version: "2011-06-15",
  errorTypeRegistries,
};

/** CloudTrail shows it beside each sign-in. */
const userAgent = `aws-sdk-js/${sdk.version} ua/2.1 lang/js api/sts#${sdk.version} app/tegata`;

interface StsRequest {
  readonly operation: StsOperation;
  /** As the operation's page has them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly target: StsTarget;
  /** Credentials that sign it; left out, it is not signed. */
  readonly signWith?: AwsCredentials;
}

/**
 * Makes a request to STS that can be sent again and again, each time through the port, so that time limits, size limits,
 * proxy and CA settings are the ones of every other request.
 *
 * @returns sends it, and gives what STS answered, unchecked. It throws `sts_unreachable`, `sts_invalid_response` for an
 *   answer that leads elsewhere, the SDK's exception for an error that STS names, and for what is not the protocol's an error
 *   with `$metadata` as such an exception has it
 */
export async function stsRequest(
  { operation: asked, parameters, target, signWith }: StsRequest,
  ports: Ports,
): Promise<() => Promise<unknown>> {
  const { fetch, signal } = ports;
  const [, namespace, name, traits, input, output] = operations[asked];
  const operation = { namespace, name, traits, input, output };
  const address = addressOf(target);
  const context = {
    endpoint: async () => ({ protocol: address.protocol, hostname: address.hostname, path: address.pathname }),
    base64Decoder: fromBase64,
    base64Encoder: toBase64,
    utf8Decoder: fromUtf8,
    utf8Encoder: toUtf8,
    streamCollector: async (body: BodyInit) => new Uint8Array(await new Response(body).arrayBuffer()),
  };
  const protocol = new AwsQueryProtocol(protocolOptions);
  protocol.setSerdeContext(context);
  const serialized = await protocol.serializeRequest(operation, parameters, context);
  const { method } = serialized;
  const body = String(serialized.body);
  const headers = { ...serialized.headers, "user-agent": userAgent };
  return async () => {
    const response = await fetch(address.href, {
      method,
      headers:
        signWith === undefined ? headers : await sign({ address, method, headers, body }, signWith, target, ports),
      body,
      // A 307 would carry an ID token, or what it is signed for, to any host.
      redirect: "manual",
      signal,
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      // What is wrong here, a CA file for example, is not for STS to be blamed for.
      throw isTegataError(error) ? error : explainFailure(address.href, error);
    });
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      await response.body?.cancel();
      throw explainFailure(address.href, new HttpFailure("redirect", "the answer redirects elsewhere"));
    }
    const answer = {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
    try {
      return await protocol.deserializeResponse(operation, context, answer);
    } catch (error) {
      throw error instanceof Error && "$metadata" in error ? error : unreadable(response);
    }
  };
}

/** For each attempt: the answer before may have shown that this machine's clock is off. */
async function sign(
  request: RequestToSign,
  credentials: AwsCredentials,
  { region }: StsTarget,
  ports: Ports,
): Promise<Readonly<Record<string, string>>> {
  // Loaded for role chains alone.
  const { signedHeaders } = await import("./sts-signature.ts");
  return signedHeaders(request, credentials, region, correctedNow(ports));
}

function unreadable({ status, headers }: Response): Error {
  const requestId = headers.get("x-amzn-requestid") ?? headers.get("x-amz-request-id") ?? undefined;
  return Object.assign(new Error(), { $metadata: { httpStatusCode: status, requestId } });
}

function explainFailure(url: string, error: unknown): unknown {
  const failure =
    error instanceof HttpFailure
      ? error
      : new HttpFailure("unreachable", printable(error instanceof Error ? error.message : String(error)), {
          cause: error,
        });
  const code = failure.kind === "redirect" || failure.kind === "too_large" ? "sts_invalid_response" : "sts_unreachable";
  return unreachable(code, "STS", url, failure);
}
