import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../src/index.ts";
import { askSts, assumeRole, like, signIn, signInRaw, textOf, tokensOf } from "./world.ts";

const STORE_ROLE = "arn:minio:iam:::role/dummy-internal";
const CEPH_ROLE = "arn:aws:iam:::role/Store";
const NO_KEY =
  "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";

let sandbox: Sandbox;
let idToken: string;
let clock = 0;
beforeAll(async () => {
  sandbox = await startSandbox({
    intervalSeconds: 1,
    now: () => Date.now() + clock,
    roles: [{ arn: STORE_ROLE }, { arn: CEPH_ROLE }],
  });
  ({ id_token: idToken } = await signIn(sandbox));
});
afterEach(() => {
  clock = 0;
  sandbox.faults.clear();
});
afterAll(() => sandbox.close());

describe("AssumeRoleWithWebIdentity", () => {
  it("answers every member that AWS answers", async () => {
    const { status, xml } = await assumeRole(sandbox, idToken, { DurationSeconds: "43200" });
    expect(status).toBe(200);
    expect(xml).toContain('<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">');
    expect(textOf(xml, "AccessKeyId")).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(textOf(xml, "SecretAccessKey")).toMatch(/^[\w+/]{40}$/);
    expect(textOf(xml, "SessionToken")?.length).toBeGreaterThan(1100);
    expect(textOf(xml, "Expiration")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(textOf(xml, "Expiration") ?? "") - Date.now()).toBeGreaterThan(43_190_000);
    expect(textOf(xml, "Arn")).toBe("arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com");
    expect(textOf(xml, "AssumedRoleId")).toMatch(/^AROA[A-Z2-7]{17}:ann@example\.com$/);
    expect(textOf(xml, "SubjectFromWebIdentityToken")).toMatch(/^[0-9a-f]{24}$/);
    expect(textOf(xml, "Audience")).toBe("tegata-cli");
    expect(textOf(xml, "Provider")).toBe(sandbox.oidc.issuer);
    expect(textOf(xml, "PackedPolicySize")).toBe("0");
    expect(textOf(xml, "RequestId")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("takes the Auth0 look-alike's token, whose issuer ends in a slash", async () => {
    const { id_token: token } = await signIn(sandbox, "auth0");
    const { status, xml } = await assumeRole(sandbox, token);
    expect(status).toBe(200);
    expect(textOf(xml, "Provider")).toBe(sandbox.auth0.issuer);
  });

  it("takes the query form too", async () => {
    const query = new URLSearchParams({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: sandbox.roles.readOnly,
      RoleSessionName: "ann",
      WebIdentityToken: idToken,
    });
    expect((await fetch(`${sandbox.sts.endpoint}/?${query}`)).status).toBe(200);
  });

  it.each([
    ["no role", { RoleArn: "" }, /at 'roleArn'.*greater than or equal to 20/],
    [
      "a pipe in the session name",
      { RoleSessionName: "auth0|65f1" },
      /'auth0\|65f1' at 'roleSessionName'.*pattern: \[\\w\+=,\.@-\]\*/,
    ],
    ["a letter that is no ASCII letter", { RoleSessionName: "änn" }, /at 'roleSessionName'/],
    ["a session name of one letter", { RoleSessionName: "a" }, /at 'roleSessionName'.*greater than or equal to 2/],
    [
      "a session name of 65 letters",
      { RoleSessionName: "a".repeat(65) },
      /at 'roleSessionName'.*less than or equal to 64/,
    ],
    [
      "a token of 20001 characters",
      { WebIdentityToken: "a".repeat(20_001) },
      /^1 validation error detected: Value at 'webIdentityToken'/,
    ],
    ["a duration of 899 s", { DurationSeconds: "899" }, /'899' at 'durationSeconds'.*greater than or equal to 900/],
    [
      "a duration of 43201 s",
      { DurationSeconds: "43201" },
      /'43201' at 'durationSeconds'.*less than or equal to 43200/,
    ],
    ["a duration that is no number", { DurationSeconds: "1h" }, /at 'durationSeconds'/],
    ["an empty policy", { Policy: "" }, /at 'policy'.*greater than or equal to 1/],
    ["two mistakes at once", { RoleSessionName: "a", DurationSeconds: "1" }, /^2 validation errors detected: /],
    ["an ARN of something else", { RoleArn: "arn:aws:iam::123456789012:user/ann" }, /^Request ARN is invalid$/],
    ["another partition", { RoleArn: "arn:aws-cn:iam::123456789012:role/Developer" }, /^Request ARN is invalid$/],
    ["a ProviderId", { ProviderId: "www.amazon.com" }, /ProviderId/],
  ])("refuses %s with ValidationError", async (_, parameters, message) => {
    expect(await assumeRole(sandbox, idToken, parameters)).toMatchObject({
      status: 400,
      code: "ValidationError",
      message: like(message),
    });
  });

  it("refuses a duration beyond the role's MaxSessionDuration", async () => {
    expect(
      await assumeRole(sandbox, idToken, { RoleArn: sandbox.roles.readOnly, DurationSeconds: "3601" }),
    ).toMatchObject({
      status: 400,
      code: "ValidationError",
      message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    });
  });

  it.each([
    ["an opaque access token", "not-a-jwt"],
    ["an HS256 token", `${Buffer.from('{"alg":"HS256"}').toString("base64url")}.e30.c2ln`],
  ])("refuses %s as no JWT", async (_, token) => {
    expect(await assumeRole(sandbox, token)).toMatchObject({
      status: 400,
      code: "InvalidIdentityToken",
      message: "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    });
  });

  it("refuses a token after its exp, with both times in the message", async () => {
    clock = 3_600_000;
    expect(await assumeRole(sandbox, idToken)).toMatchObject({
      status: 400,
      code: "ExpiredTokenException",
      message: like(/^Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/),
    });
  });

  it("refuses a token in an account that does not know the issuer, naming the issuer", async () => {
    expect(await assumeRole(sandbox, idToken, { RoleArn: "arn:aws:iam::999999999999:role/Developer" })).toMatchObject({
      code: "InvalidIdentityToken",
      message: `No OpenIDConnect provider found in your account for ${sandbox.oidc.issuer}`,
    });
  });

  it.each([
    [
      "an issuer that differs by a slash",
      { iss: "SLASH" },
      /^No OpenIDConnect provider found in your account for http:.*\/$/,
    ],
    ["an audience that is not registered", { aud: "another-client" }, /^Incorrect token audience$/],
    ["a fractional exp", { exp: 4_000_000_000.5 }, /not a valid JWT/],
  ])("refuses a token with %s", async (_, claims, message) => {
    const spoiled = "iss" in claims ? { iss: `${sandbox.oidc.issuer}/` } : claims;
    sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: spoiled } });
    const { id_token: token } = await signIn(sandbox);
    expect(await assumeRole(sandbox, token)).toMatchObject({
      status: 400,
      code: "InvalidIdentityToken",
      message: like(message),
    });
  });

  it.each(["iss", "sub", "aud", "exp", "iat"])("refuses a token without %s", async (claim) => {
    sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: {}, remove: [claim] } });
    const { id_token: token } = await signIn(sandbox);
    expect(await assumeRole(sandbox, token)).toMatchObject({
      code: "InvalidIdentityToken",
      message: `Missing a required claim: ${claim}`,
    });
  });

  it.each([
    ["badSignature" as const, /could not be validated/],
    ["unknownKey" as const, /^Couldn't retrieve verification key/],
    ["noKeyId" as const, /^Couldn't retrieve verification key/],
    ["algNone" as const, /not a valid JWT/],
  ])("refuses a token with the fault %s", async (how, message) => {
    sandbox.faults.set({ kind: "idToken", fault: { how } });
    const { id_token: token } = await signIn(sandbox);
    expect(await assumeRole(sandbox, token)).toMatchObject({
      status: 400,
      code: "InvalidIdentityToken",
      message: like(message),
    });
  });

  it("cannot verify a token whose key was dropped, and can while the old key is still published", async () => {
    const token = tokensOf(await signInRaw(sandbox, "oidc")).id_token;
    await sandbox.rotateKeys();
    expect((await assumeRole(sandbox, token)).status).toBe(200);
    await sandbox.rotateKeys({ dropOld: true });
    expect(await assumeRole(sandbox, token)).toMatchObject({ code: "InvalidIdentityToken", message: NO_KEY });
    ({ id_token: idToken } = await signIn(sandbox));
  });

  it("reports an issuer that it cannot reach, by discovery or by keys", async () => {
    sandbox.faults.set({ kind: "status", area: "discovery", status: 503, from: "sts", times: 1 });
    expect(await assumeRole(sandbox, idToken)).toMatchObject({ status: 400, code: "IDPCommunicationError" });
    sandbox.faults.set({ kind: "reset", area: "jwks", from: "sts", times: 1 });
    expect(await assumeRole(sandbox, idToken)).toMatchObject({ code: "InvalidIdentityToken", message: NO_KEY });
    expect((await assumeRole(sandbox, idToken)).status).toBe(200);
  });

  it("refuses a role that is not there, as AccessDenied", async () => {
    expect(await assumeRole(sandbox, idToken, { RoleArn: "arn:aws:iam::123456789012:role/Nothing" })).toMatchObject({
      status: 403,
      code: "AccessDenied",
      message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    });
  });

  it.each(["oidc" as const, "auth0" as const])(
    "lets bob and nobody else have BobOnly, signed in at %s",
    async (face) => {
      const ann = await signIn(sandbox, face);
      const bob = await signIn(sandbox, face, "bob@example.com");
      const role = { RoleArn: sandbox.roles.bobOnly };
      expect(await assumeRole(sandbox, ann.id_token, role)).toMatchObject({ status: 403, code: "AccessDenied" });
      expect(await assumeRole(sandbox, bob.id_token, role)).toMatchObject({ status: 200 });
    },
  );

  it("refuses signed requests and stray session tokens", async () => {
    expect(await assumeRole(sandbox, idToken, {}, { "X-Amz-Security-Token": "stray" })).toMatchObject({
      code: "InvalidIdentityToken",
      message: NO_KEY,
    });
    expect(await assumeRole(sandbox, idToken, {}, { Authorization: "AWS4-HMAC-SHA256 x" })).toMatchObject({
      status: 403,
      code: "InvalidClientTokenId",
    });
  });

  it("refuses a session policy that is malformed or too large", async () => {
    expect(await assumeRole(sandbox, idToken, { Policy: "{" })).toMatchObject({ code: "MalformedPolicyDocument" });
    expect(await assumeRole(sandbox, idToken, { Policy: JSON.stringify("x".repeat(3000)) })).toMatchObject({
      code: "PackedPolicyTooLarge",
      message: "Packed policy consumes 147% of allotted space, please use smaller policy.",
    });
  });

  it("does not know other actions and versions", async () => {
    expect(await askSts(sandbox, { Action: "GetFederationToken" })).toMatchObject({
      status: 400,
      code: "InvalidAction",
    });
    expect(await assumeRole(sandbox, idToken, { Version: "2010-01-01" })).toMatchObject({ code: "InvalidAction" });
  });
});

describe("an S3-compatible store", () => {
  it.each([STORE_ROLE, CEPH_ROLE])("answers %s without an account and with microseconds", async (arn) => {
    const { status, xml } = await assumeRole(sandbox, idToken, { RoleArn: arn });
    expect(status).toBe(200);
    expect(textOf(xml, "Arn")).toBe("");
    expect(textOf(xml, "Expiration")).toMatch(/T\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it("does not know a role that was not registered", async () => {
    expect(await assumeRole(sandbox, idToken, { RoleArn: "arn:minio:iam:::role/other-role" })).toMatchObject({
      status: 400,
      code: "InvalidParameterValue",
    });
  });
});

it("session tags and a source identity are taken where the trust policy allows them, and refused elsewhere", async () => {
  const user = {
    email: "tag@example.com",
    name: "Tag",
    id: "tagged",
    groups: [],
    claims: {
      "https://aws.amazon.com/tags": { principal_tags: { Team: ["x"] }, transitive_tag_keys: ["Team"] },
      "https://aws.amazon.com/source_identity": "tag@example.com",
    },
  };
  const plain = "arn:aws:iam::123456789012:role/path/WithoutTags";
  const tagged = await startSandbox({
    users: [user],
    roles: [
      {
        arn: plain,
        trustPolicy: ({ oidc }) => ({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${oidc.slice("http://".length)}` },
              Action: "sts:AssumeRoleWithWebIdentity",
              Condition: { StringLike: { [`${oidc.slice("http://".length)}:sub`]: "tag*" } },
            },
          ],
        }),
      },
    ],
  });
  try {
    const { id_token: token } = await signIn(tagged, "oidc", user.email);
    expect(await assumeRole(tagged, token, { RoleArn: plain })).toMatchObject({ code: "AccessDenied" });
    const { xml } = await assumeRole(tagged, token);
    expect(textOf(xml, "SourceIdentity")).toBe("tag@example.com");
  } finally {
    await tagged.close();
  }
});
