import * as v from "valibot";
import { toIsoSeconds, type AwsCredentials } from "./credentials.ts";
import { correctedNow, describeWrongClock, observeClocks } from "../oidc/clock-offset.ts";
import { isTegataError, TegataError, type ErrorCode } from "../base/errors.ts";
import { shownValue } from "../base/shown-value.ts";
import { isSecureUrl } from "../base/http.ts";
import type { Ports } from "../base/ports.ts";
import { checkRegionOfPartition } from "./region.ts";
import { needsExplicitStsEndpoint, type RoleArn } from "./role-arn.ts";
import { explainStsError, notSts } from "./sts-error.ts";
import type { IdTokenForSts } from "../oidc/verified-id-token.ts";

/** The parameters of `AssumeRoleWithWebIdentity`, and where to send them. */
export interface AssumeRoleWithWebIdentityRequest {
  readonly idToken: IdTokenForSts;
  readonly role: RoleArn;
  /** As `isRoleSessionName` takes it. */
  readonly roleSessionName: string;
  /** 900 to 43200, and no more than the role's MaxSessionDuration. */
  readonly durationSeconds: number;
  /** Its own STS is asked: `sts.<region>.<suffix of the partition>`. */
  readonly region: string;
  /** The base URL of another STS; `undefined`: AWS's own. */
  readonly endpoint: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}

const maxAttempts = 5;
/** No attempt starts later than this after the first one. */
const retryWindowMilliseconds = 15_000;
const firstBackOffMilliseconds = 500;

/** AWS did not find the token's key, or finds that it does not fit: the issuer may have changed its keys. */
const keyCodes: ReadonlySet<ErrorCode> = new Set(["sts_verification_key_unavailable", "sts_id_token_rejected"]);

/** Nothing of an answer may break a line, a header or a shell statement. */
const visibleAscii = v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/));

const answerSchema = v.object({
  Credentials: v.object({
    AccessKeyId: visibleAscii,
    SecretAccessKey: visibleAscii,
    SessionToken: visibleAscii,
    Expiration: v.date(),
  }),
  AssumedRoleUser: v.fallback(v.optional(v.object({ Arn: visibleAscii })), undefined),
});

/**
 * Exchanges an ID token for temporary credentials of a role. The request is not signed: it needs no AWS credentials, and
 * none that lie around on this machine are looked at, nor any of AWS's variables and files.
 *
 * What AWS calls transient, throttling and broken connections are retried with jittered back-off, five attempts within 15
 * seconds. A token that kept keys have verified is verified again, with new ones, when AWS finds no key for it.
 *
 * @throws TegataError `sts_*`; `id_token_signature_invalid` when the issuer has dropped the token's key; `settings_invalid`, `settings_incomplete` for a request that no STS can answer; the reason
 *   of `ports.signal` when aborted
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function assumeRoleWithWebIdentity(
  request: AssumeRoleWithWebIdentityRequest,
  givenPorts: Ports,
): Promise<AwsCredentials> {
  proveTarget(request);
  const ports = observeClocks(givenPorts);
  const { clock, random, signal } = ports;
  // Loaded for the few runs that ask STS.
  const { stsRequest } = await import("./sts-request.ts");
  const send = await stsRequest(request, ports);
  const start = clock.monotonic();
  let verifyAgain = "verifyAgain" in request.idToken ? request.idToken.verifyAgain : undefined;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return judge(await send(), ports);
    } catch (thrown) {
      signal.throwIfAborted();
      const { error, transient } = explainStsError(thrown, request);
      if (isTegataError(error) && keyCodes.has(error.code)) {
        await verifyAgain?.().catch(unlessKeyIsGone);
        verifyAgain = undefined;
      }
      const wait = Math.round(random() * firstBackOffMilliseconds * 2 ** (attempt - 1));
      if (!transient || attempt === maxAttempts || clock.monotonic() - start + wait > retryWindowMilliseconds) {
        throw error;
      }
      const reason = isTegataError(error) ? error.code : "no answer";
      ports.log(`${reason}: attempt ${attempt + 1} of ${maxAttempts} in ${wait} ms`);
      await clock.sleep(wait, signal);
    }
  }
}

/** Out of reach, the keys prove nothing: what STS said counts. */
function unlessKeyIsGone(error: unknown): void {
  if (!isTegataError(error) || error.code === "id_token_signature_invalid") {
    throw error;
  }
}

/** Refuses what could only fail at the far end, or would carry the ID token over plain http. */
function proveTarget({
  role,
  region,
  endpoint,
  useFipsEndpoint,
  useDualstackEndpoint,
}: AssumeRoleWithWebIdentityRequest) {
  if (endpoint === undefined) {
    if (needsExplicitStsEndpoint(role)) {
      throw new TegataError(
        "settings_incomplete",
        `the role ${role.arn} is not one of AWS's, so its STS must be named`,
        {
          hint: "set AWS_ENDPOINT_URL_STS to the address of the store that knows the role",
        },
      );
    }
  } else if (!URL.canParse(endpoint) || !isSecureUrl(new URL(endpoint))) {
    throw new TegataError("settings_invalid", `the STS endpoint ${shownValue(endpoint)} is not an https URL`, {
      hint: "set AWS_ENDPOINT_URL_STS to an https URL; plain http is taken only for a loopback address",
    });
  } else if (useFipsEndpoint || useDualstackEndpoint) {
    const variable = useFipsEndpoint ? "AWS_USE_FIPS_ENDPOINT" : "AWS_USE_DUALSTACK_ENDPOINT";
    throw new TegataError(
      "settings_invalid",
      `the STS endpoint ${shownValue(endpoint)} leaves no room for ${variable}`,
      {
        hint: `unset ${variable}, AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL`,
      },
    );
  }
  const mismatch = checkRegionOfPartition(role, region);
  if (mismatch !== undefined) {
    throw new TegataError("settings_invalid", mismatch, { hint: "pass another --region or another --role-arn" });
  }
}

function judge(answer: unknown, ports: Ports): AwsCredentials {
  const parsed = v.safeParse(answerSchema, answer);
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
