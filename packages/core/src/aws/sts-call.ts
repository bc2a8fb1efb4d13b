import * as v from "valibot";
import { isTegataError, TegataError } from "../base/errors.ts";
import type { Ports } from "../base/ports.ts";
import { correctedNow, describeWrongClock, observeClocks } from "../oidc/clock-offset.ts";
import { toIsoSeconds, type AwsCredentials } from "./credentials.ts";
import type { RoleArn } from "./role-arn.ts";
import { notSts, type StsFailure } from "./sts-error.ts";
import type { StsOperation } from "./sts-request.ts";
import { proveTarget, type StsTarget } from "./sts-target.ts";

/** One question to STS. */
interface StsCall {
  /** The role whose credentials are wanted, or known. */
  readonly role: RoleArn;
  readonly target: StsTarget;
  readonly operation: StsOperation;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Credentials that sign the request; left out, it is not signed. */
  readonly signWith?: AwsCredentials;
  /** Judges what a request threw, by the error table of the operation. */
  readonly explain: (thrown: unknown) => StsFailure;
  /**
   * Told of every error that is explained, before the next attempt.
   *
   * @throws TegataError that takes the error's place, and ends the attempts
   */
  readonly onError?: (error: TegataError) => Promise<void>;
}

const maxAttempts = 5;
/** No attempt starts later than this after the first one. */
const retryWindowMilliseconds = 15_000;
const firstBackOffMilliseconds = 500;

/** Nothing of a response may break a line, a header or a shell statement. */
const visibleAscii = v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/));

/** STS sends other members as well, one of them secret: only what is named here is read. */
const responseSchema = v.object({
  Credentials: v.object({
    AccessKeyId: visibleAscii,
    SecretAccessKey: visibleAscii,
    SessionToken: visibleAscii,
    Expiration: v.date(),
  }),
  AssumedRoleUser: v.fallback(v.optional(v.object({ Arn: visibleAscii })), undefined),
});

/**
 * Credentials of a role from STS. No AWS credentials that lie around on this machine are looked at, nor any of AWS's
 * variables and files.
 *
 * What AWS calls transient, throttling and broken connections are retried with jittered back-off, five attempts within 15
 * seconds.
 *
 * @throws TegataError `sts_*`; `settings_invalid`, `settings_incomplete` for a request that no STS can answer; what
 *   `call.onError` throws; the reason of `ports.signal` when aborted
 */
export function callSts(call: StsCall, ports: Ports): Promise<AwsCredentials> {
  return askSts(call, judge, ports);
}

/**
 * What STS answers to a question of any kind, retried as `callSts` is.
 *
 * @param read judges the response; it throws a TegataError for one that is not to be used
 * @throws as `callSts` does
 */
export async function askSts<Answer>(
  call: StsCall,
  read: (response: unknown, ports: Ports) => Answer,
  givenPorts: Ports,
): Promise<Answer> {
  proveTarget(call.role, call.target);
  const ports = observeClocks(givenPorts);
  const { clock, random, signal } = ports;
  // Loaded for the few runs that ask STS.
  const { stsRequest } = await import("./sts-request.ts");
  const send = await stsRequest(call, ports);
  const start = clock.monotonic();
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return read(await send(), ports);
    } catch (thrown) {
      signal.throwIfAborted();
      const { error, transient } = call.explain(thrown);
      if (isTegataError(error)) {
        await call.onError?.(error);
      }
      const wait = Math.round(random() * firstBackOffMilliseconds * 2 ** (attempt - 1));
      if (!transient || attempt === maxAttempts || clock.monotonic() - start + wait > retryWindowMilliseconds) {
        throw error;
      }
      const reason = isTegataError(error) ? error.code : "no response";
      ports.log(`${reason}: attempt ${attempt + 1} of ${maxAttempts} in ${wait} ms`);
      await clock.sleep(wait, signal);
    }
  }
}

function judge(response: unknown, ports: Ports): AwsCredentials {
  const parsed = v.safeParse(responseSchema, response);
  if (!parsed.success) {
    throw notSts(200);
  }
  const { Credentials, AssumedRoleUser } = parsed.output;
  const expiration = toIsoSeconds(Credentials.Expiration.getTime());
  if (Date.parse(expiration) <= correctedNow(ports)) {
    throw new TegataError("sts_invalid_response", `STS answers with credentials that ran out at ${expiration}`, {
      hint: ["check this machine's clock", describeWrongClock(ports)].filter(Boolean).join(": "),
    });
  }
  const assumedRoleArn = AssumedRoleUser?.Arn;
  const [, accountId] = /^arn:[\w-]+:sts::(\d{12}):assumed-role\//.exec(assumedRoleArn ?? "") ?? [];
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
    expiration,
    accountId,
    assumedRoleArn,
  };
}
