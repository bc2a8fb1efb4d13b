import type { Fault } from "@tegata/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createWorldSignedIn,
  expectRefusal,
  inWorldOfItsOwn,
  keepingFiles,
  loginAtTerminal,
  type Refusal,
} from "./support/refusal.ts";
import type { World } from "./support/world.ts";

// The harness gives a program 20 s, and says what it printed: more than a test has by default.

let world: World;
beforeAll(async () => {
  world = await createWorldSignedIn("dev");
});
beforeEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

/** New credentials by the sign-in session: nobody is asked, and only STS can go wrong. */
async function obtain(...args: string[]) {
  return keepingFiles(world, () => world.run(["env", ...args, "--fresh", "--error-format=json"]));
}

const sts = (code: string, message?: string, httpStatus?: number): Fault => ({
  kind: "stsError",
  code,
  ...(message === undefined ? {} : { message }),
  ...(httpStatus === undefined ? {} : { httpStatus }),
});
const answer = (status: number, body: string, headers: Record<string, string> = {}): Fault => ({
  kind: "status",
  area: "sts",
  status,
  body,
  headers,
});

const account = "arn:aws:iam::123456789012:role";

describe("a refusal of STS by its own rules", () => {
  it.each<[what: string, args: string[], code: string, error: Refusal["error"], hint: Refusal["hint"]]>([
    [
      "another person's role",
      ["bob"],
      "sts_access_denied",
      `does not let this sign-in assume ${account}/BobOnly: Not authorized`,
      /trust policy with iss http:\/\/127\S+, aud tegata-cli, sub auth0\|/,
    ],
    [
      "a role that does not exist",
      ["dev", "--role-arn", `${account}/Nope`],
      "sts_access_denied",
      `assume ${account}/Nope`,
      "compare the role's trust policy with iss",
    ],
    [
      "an account without the provider",
      ["dev", "--role-arn", "arn:aws:iam::999999999999:role/Developer"],
      "sts_provider_unknown",
      "account 999999999999 has no IAM OIDC provider for the issuer http://127.0.0.1",
      /with exactly the URL http:\/\/127\S+ \(with the slash at its end\) and the client id tegata-cli/,
    ],
    [
      "a duration above the role's maximum",
      ["readonly", "--duration", "2h"],
      "sts_duration_rejected",
      `7200 seconds are too long for ${account}/ReadOnly`,
      "pass --duration 1h, or raise the role's MaxSessionDuration",
    ],
  ])("names %s", async (_what, args, code, error, hint) => {
    expectRefusal(await obtain(...args), { status: 5, code, error, hint }, world);
  });

  it.concurrent("hands out no credentials, but keeps the sign-in, when login names a role that is not for this person", async () => {
    await inWorldOfItsOwn(async (own) => {
      const ended = await loginAtTerminal(own, ["bob"]);
      expectRefusal(ended, { status: 5, error: "does not let this sign-in assume", hint: "trust policy" }, own);
      const kept = (await own.storedFiles()).filter(({ path }) => !path.endsWith(".document"));
      expect(kept.map(({ path }) => path.startsWith(own.stateDir))).toEqual([true]);
    });
  });

  it.concurrent("ends the login when AWS finds no key for a token without key id", async () => {
    await inWorldOfItsOwn(async (own) => {
      own.sandbox.faults.set({ kind: "idToken", fault: { how: "noKeyId" } });
      const ended = await loginAtTerminal(own, ["plain"]);
      const error = /AWS could not fetch the signing key of http:\/\/127/;
      expectRefusal(ended, { status: 6, error, hint: /try again; http:\/\/127\S+openid-configuration/ }, own);
    });
  });
});

describe("what STS says", () => {
  const token = "InvalidIdentityToken";

  it.each<[what: string, fault: Fault, status: number, code: string, error: Refusal["error"], hint: Refusal["hint"]]>([
    [
      "the audience",
      sts(token, "Incorrect token audience"),
      5,
      "sts_audience_rejected",
      "does not list the client id tegata-cli",
      "add tegata-cli to the client ids",
    ],
    [
      "a missing claim",
      sts(token, "Missing a required claim: iat"),
      5,
      "sts_id_token_rejected",
      "Missing a required claim: iat",
      "iss, sub, aud, exp and iat",
    ],
    [
      "the thumbprint",
      sts(token, "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"),
      5,
      "sts_id_token_rejected",
      "does not trust the certificate of http://127",
      "update the thumbprints",
    ],
    [
      "the token as such",
      sts(token, "The ID Token provided is not a valid JWT."),
      5,
      "sts_id_token_rejected",
      "AWS refuses the ID token: The ID Token provided",
      "RS256 or ES256",
    ],
    [
      "a claim that does not hold",
      sts("IDPRejectedClaim"),
      5,
      "sts_claim_rejected",
      "told AWS that the sign-in does not hold",
      /^tegata login dev/,
    ],
    [
      "the session policy",
      sts("MalformedPolicyDocument"),
      5,
      "sts_policy_rejected",
      "Syntax errors in policy",
      "correct the session policy",
    ],
    [
      "the size of the policy",
      sts("PackedPolicyTooLarge"),
      5,
      "sts_policy_rejected",
      "Packed policy consumes 137%",
      "a shorter session policy",
    ],
    [
      "a region that is off",
      sts("RegionDisabledException"),
      5,
      "sts_region_disabled",
      "STS is not active in us-east-1 for account 123456789012",
      "--region us-east-2",
    ],
    [
      "the session name",
      sts(
        "ValidationError",
        "1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint",
      ),
      5,
      "sts_request_invalid",
      "role session name: 1 validation error",
      "--role-session-name",
    ],
    [
      "anything else in the request",
      sts("ValidationError", "Request ARN is invalid"),
      5,
      "sts_request_invalid",
      `refuses the request for ${account}/Developer`,
      "check the role",
    ],
    [
      "a code that nobody knows",
      sts("TeapotException", "short and stout"),
      5,
      "sts_rejected",
      "STS refuses: short and stout (TeapotException)",
      "look the code up",
    ],
    [
      "HTML with 403",
      answer(403, "<h1>blocked by proxy</h1>"),
      6,
      "sts_invalid_response",
      "(HTTP 403) is not from STS",
      "AWS_ENDPOINT_URL_STS",
    ],
    ["HTML with 200", answer(200, "<h1>welcome</h1>"), 6, "sts_invalid_response", "is not from STS", "proxy variables"],
    ["nothing with 200", answer(200, ""), 6, "sts_invalid_response", "is not from STS", "proxy variables"],
    [
      "JSON with 200",
      answer(200, '{"Credentials":{}}', { "content-type": "application/json" }),
      6,
      "sts_invalid_response",
      "is not from STS",
      /./,
    ],
    [
      "a redirect",
      answer(307, "", { location: "https://evil.example/" }),
      6,
      "sts_invalid_response",
      "the answer redirects elsewhere",
      /./,
    ],
    [
      "an endless answer",
      answer(200, "<".repeat(1_100_000)),
      6,
      "sts_invalid_response",
      "larger than 1048576 bytes",
      /./,
    ],
    [
      "credentials that have run out",
      { kind: "clockSkew", area: "sts", seconds: -86_400 },
      6,
      "sts_invalid_response",
      "credentials that ran out at 20",
      "check this machine's clock",
    ],
  ])("is told with its code, the value and a way out: %s", async (_what, fault, status, code, error, hint) => {
    world.sandbox.faults.set(fault);
    expectRefusal(await obtain("dev"), { status, code, error, hint }, world);
  });

  it.each<[what: string, fault: Fault, times: number]>([
    ["IDPCommunicationError", sts("IDPCommunicationError"), 2],
    ["no verification key", sts(token), 2],
    ["throttling", sts("Throttling"), 1],
    ["ServiceUnavailable", sts("ServiceUnavailable"), 1],
    ["a bare 502", answer(502, "<h1>bad gateway</h1>"), 1],
    ["a bare 429", answer(429, ""), 1],
    ["a cut connection", { kind: "reset", area: "sts" }, 1],
  ])("is asked for again after %s", async (_what, fault, times) => {
    world.sandbox.faults.set({ ...fault, times });
    world.sandbox.requests.clear();
    expect(await world.run(["env", "dev", "--fresh"])).toMatchObject({ status: 0, stderr: "" });
    expect(world.sandbox.requests.count("sts")).toBe(times + 1);
  });

  it("is asked for once more, with a new ID token, when AWS takes the old one for expired", async () => {
    world.sandbox.faults.set({ kind: "stsError", code: "ExpiredTokenException", times: 1 });
    world.sandbox.requests.clear();
    expect(await world.run(["env", "dev", "--fresh"])).toMatchObject({ status: 0, stderr: "" });
    expect(world.sandbox.requests.count("token")).toBe(1);
  });

  it("is believed when the new ID token is expired to AWS as well", async () => {
    world.sandbox.faults.set({ kind: "clockSkew", area: "sts", seconds: 86_400 });
    const ended = await world.run(["env", "dev", "--fresh", "--error-format=json"]);
    const error = "AWS says that the ID token has expired: Token expired: current date/time";
    const hint = "check this machine's clock, then run tegata login dev";
    expectRefusal(ended, { status: 5, code: "sts_id_token_expired", error, hint }, world);
  });
});
