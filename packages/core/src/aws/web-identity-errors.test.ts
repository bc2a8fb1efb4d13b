import { describe, expect, it, test } from "vitest";
import { isTegataError, TegataError, wordingOf } from "../base/errors.ts";
import { commandOfRun } from "../base/wording.ts";
import { explainWebIdentityError, type WebIdentityErrorContext } from "./web-identity-errors.ts";
import type { VerifiedIdToken } from "../oidc/verified-id-token.ts";

const issuer = "https://acme.eu.auth0.com/";
const role = "arn:aws:iam::123456789012:role/Developer";

function jwtOf(claims: Record<string, unknown>): string {
  return `e30.${btoa(JSON.stringify(claims)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.c2ln`;
}

function context(claims: Record<string, unknown> = {}): WebIdentityErrorContext {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the verifier makes real ones
  const idToken = {
    jwt: jwtOf({ iss: issuer, ...claims }),
    claims: {
      iss: issuer,
      sub: "auth0|ann",
      aud: ["client-1"],
      azp: undefined,
      exp: 0,
      iat: 0,
      email: undefined,
      names: [],
      authTime: undefined,
      acr: undefined,
    },
  } as unknown as VerifiedIdToken;
  return {
    idToken,
    role: { arn: role, partition: "aws", accountId: "123456789012", roleName: "Developer" },
    durationSeconds: 43_200,
    region: "me-south-1",
    endpoint: undefined,
  };
}

function sdkError(Code: string | undefined, message: string, httpStatusCode = 400): unknown {
  const answer = { Error: { Code }, $metadata: { httpStatusCode, requestId: "req-1" } };
  return Object.assign(new Error(message), answer);
}

function explain(thrown: unknown, of = context()): { error: TegataError; transient: boolean } {
  const { error, transient } = explainWebIdentityError(thrown, of);
  if (!isTegataError(error)) {
    throw new Error("not one of ours");
  }
  return { error, transient };
}

test.each([
  [
    "ExpiredTokenException",
    "Token expired: current date/time 2 must be before the expiration date/time 1",
    "sts_id_token_expired",
    false,
    /^check this machine's clock, then run login$/,
  ],
  [
    "ExpiredToken",
    "The web identity token that was passed is expired",
    "sts_id_token_expired",
    false,
    /clock, then run login$/,
  ],
  [
    "InvalidIdentityToken",
    `No OpenIDConnect provider found in your account for ${issuer}`,
    "sts_provider_unknown",
    false,
    /in account 123456789012 with exactly the URL https:\/\/acme\.eu\.auth0\.com\/ \(with the slash at its end\) and the client id client-1/,
  ],
  [
    "InvalidIdentityToken",
    "Incorrect token audience",
    "sts_audience_rejected",
    false,
    /add client-1 to the client ids/,
  ],
  [
    "InvalidIdentityToken",
    "Missing a required claim: aud",
    "sts_id_token_rejected",
    false,
    /iss, sub, aud, exp and iat/,
  ],
  [
    "InvalidIdentityToken",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    "sts_id_token_rejected",
    false,
    /RS256 or ES256/,
  ],
  [
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
    "sts_verification_key_unavailable",
    true,
    /acme\.eu\.auth0\.com\/\.well-known\/openid-configuration/,
  ],
  [
    "InvalidIdentityToken",
    "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
    "sts_id_token_rejected",
    false,
    /thumbprints/,
  ],
  ["IDPCommunicationError", "x", "sts_idp_unreachable", true, /openid-configuration/],
  [
    "AccessDenied",
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    "sts_access_denied",
    false,
    /iss https:\/\/acme\.eu\.auth0\.com\/, aud client-1, sub auth0\|ann; .*aws iam get-role --role-name Developer --output json \| doctor --trust-policy -$/,
  ],
  [
    "ValidationError",
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    "sts_duration_rejected",
    false,
    /duration 1h, or raise the role's MaxSessionDuration/,
  ],
  [
    "ValidationError",
    "1 validation error detected: Value '1' at 'durationSeconds' failed to satisfy constraint",
    "sts_duration_rejected",
    false,
    /duration/,
  ],
  [
    "ValidationError",
    "1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint",
    "sts_request_invalid",
    false,
    /role_session_name NAME/,
  ],
  ["ValidationError", "Request ARN is invalid", "sts_request_invalid", false, /role\/Developer/],
  ["MalformedPolicyDocument", "x", "sts_policy_rejected", false, /session policy/],
  [
    "PackedPolicyTooLarge",
    "Packed policy consumes 120% of allotted space, please use smaller policy.",
    "sts_policy_rejected",
    false,
    /session tags/,
  ],
  [
    "RegionDisabledException",
    "STS is not activated in this region for account:1",
    "sts_region_disabled",
    false,
    /region us-east-1/,
  ],
  ["Throttling", "Rate exceeded", "sts_throttled", true, /moment/],
  ["ThrottlingException", "Rate exceeded", "sts_throttled", true, /moment/],
  ["RequestLimitExceeded", "x", "sts_throttled", true, /moment/],
  ["ServiceUnavailable", "x", "sts_unavailable", true, /moment/],
  ["InternalFailure", "x", "sts_unavailable", true, /moment/],
  [
    "InvalidParameterValue",
    "Role arn:minio:iam:::role/x does not exist",
    "sts_request_invalid",
    false,
    /check the role/,
  ],
  ["InvalidParameterValue", "invalid ARN: bad partition field", "sts_request_invalid", false, /check the role/],
  ["InvalidParameterValue", "crypto/rsa: verification error", "sts_id_token_rejected", false, /trust the issuer/],
  ["SomethingNew", "no idea", "sts_rejected", false, /AssumeRoleWithWebIdentity/],
])("%s (%s) becomes %s", (awsCode, words, code, transient, hint) => {
  const outcome = explain(sdkError(awsCode, words));
  expect(outcome.error.code).toBe(code);
  expect(outcome.transient).toBe(transient);
  expect(outcome.error.hint).toMatch(hint);
  expect(outcome.error.details).toEqual({ awsCode, requestId: "req-1", httpStatus: 400 });
  expect(outcome.error.cause).toBeUndefined();
});

test.each([
  ["ExpiredTokenException", "sts_id_token_expired"],
  ["IDPRejectedClaim", "sts_claim_rejected"],
  ["InvalidIdentityToken", "sts_id_token_rejected"],
] as const)("%s becomes %s, whose hint ends with a new sign-in, in no surface's words", (awsCode, code) => {
  const { error } = explain(sdkError(awsCode, "x"));
  expect(error.code).toBe(code);
  expect(wordingOf(error).hint?.at(-1)?.words.at(-1)).toEqual(commandOfRun("login"));
});

test.each([
  [429, "sts_throttled", true],
  [500, "sts_unavailable", true],
  [503, "sts_unavailable", true],
  [403, "sts_invalid_response", false],
  [200, "sts_invalid_response", false],
])("HTTP %i without a code of STS becomes %s", (status, code, transient) => {
  const outcome = explain(sdkError(undefined, "Unknown", status));
  expect(outcome.error.code).toBe(code);
  expect(outcome.transient).toBe(transient);
  expect(outcome.error.message).toContain(`HTTP ${status}`);
});

test("an unknown code is shown with AWS's words", () => {
  expect(explain(sdkError("SomethingNew", "no idea")).error.message).toBe("STS refuses: no idea (SomethingNew)");
});

test("the hint names sts:TagSession when the ID token has session tags", () => {
  const tags = { "https://aws.amazon.com/tags": { principal_tags: { Team: ["ü?>"] } } };
  const denied = sdkError("AccessDenied", "Not authorized", 403);
  expect(
    explain(denied, context({ "https://aws.amazon.com/tags": { principal_tags: { Team: ["x"] } } })).error.hint,
  ).toMatch(/sts:TagSession/);
  expect(explain(denied, context(tags)).error.hint).toMatch(/sts:TagSession/);
  expect(explain(denied).error.hint).not.toMatch(/TagSession/);
});

test("the hint for a disabled region names another one", () => {
  const disabled = sdkError("RegionDisabledException", "off", 403);
  expect(explain(disabled, { ...context(), region: "us-east-1" }).error.hint).toMatch(/region us-east-2/);
});

test("an error that repeats the ID token shows neither that nor an escape sequence", () => {
  const of = context();
  const { error } = explain(sdkError("ValidationError", `bad token ${of.idToken.jwt}\u001b[2J`), of);
  expect(error.message).not.toContain(of.idToken.jwt);
  expect(error.message).not.toContain("\u001b");
});

test.each([
  ["unreachable", "connect ECONNREFUSED", true],
  ["timeout", "no complete answer within 10 s", true],
  ["tls", "its certificate is signed by itself", false],
  ["proxy_refused", "the proxy wants a password", false],
  ["http_not_allowed", "plain http", false],
])("a broken connection (%s: %s) may be tried again: %s", (reason, message, transient) => {
  expect(explain(new TegataError("sts_unreachable", message, { details: { reason } })).transient).toBe(transient);
});

test("a bug stays a bug", () => {
  const bug = new TypeError("x is not a function");
  expect(explainWebIdentityError(bug, context())).toEqual({ error: bug, transient: false });
});

describe("a role that the roles claim of the ID token does not list", () => {
  const words = "The target role ARN is not present in the roles claim of the identity token";
  const listing = (roles: unknown) =>
    explain(sdkError("InvalidIdentityToken", words), context({ "https://aws.amazon.com/roles": roles })).error;

  it("has an error of its own, which lists those that it does", () => {
    const error = listing([`${role}Admin`, "arn:aws:iam::123456789012:role/ReadOnly\u001b[2J"]);
    expect(error.code).toBe("sts_role_not_listed");
    expect(error.message).toContain(role);
    expect(error.hint).toMatch(/name a role that it lists with role_arn ARN: .*DeveloperAdmin, .*ReadOnly/);
    expect(error.hint).not.toContain("\u001b");
  });

  it.each([undefined, [], 7, [7]])("lists none where the claim is %j", (roles) => {
    expect(listing(roles).hint).toMatch(/^let .* add .* to the claim$/);
  });

  it("lists a single role, and a dozen of many", () => {
    expect(listing("arn:aws:iam::1:role/One").hint).toContain("role/One");
    expect(listing(Array.from({ length: 30 }, (_, index) => `role-${index}`)).hint).toMatch(/role-11, …/);
  });
});

it("the hint names sts:SetSourceIdentity when the ID token has a source identity", () => {
  const denied = sdkError("AccessDenied", "Not authorized", 403);
  expect(explain(denied, context({ "https://aws.amazon.com/source_identity": "ann" })).error.hint).toMatch(
    /sts:SetSourceIdentity/,
  );
  expect(explain(denied).error.hint).not.toMatch(/SetSourceIdentity/);
});
