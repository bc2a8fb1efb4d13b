/// <reference types="node" />
import { Sha256Js } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it } from "vitest";
import { isTegataError, type TegataError, wordingOf } from "../base/errors.ts";
import type { Fetch, Ports } from "../base/ports.ts";
import { fakeListen } from "@tegata/testkit";
import { assumeRole, type AssumeRoleRequest } from "./assume-role.ts";
import { assumeRoleStep } from "./assume-role-step.ts";
import { noSessionPolicy } from "./session-policy.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const hub = "arn:aws:iam::123456789012:role/Hub";
const credentials = {
  accessKeyId: "ASIAHUB",
  secretAccessKey: "hub-secret",
  sessionToken: "hub-session-token",
  expiration: "2026-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Hub/ann",
};

function request(changes: Partial<AssumeRoleRequest> = {}): AssumeRoleRequest {
  return {
    credentials,
    sourceRoleArn: hub,
    role: {
      arn: "arn:aws:iam::210987654321:role/Prod",
      partition: "aws",
      accountId: "210987654321",
      roleName: "Prod",
    },
    roleSessionName: "ann",
    durationSeconds: 3600,
    externalId: undefined,
    sourceIdentity: undefined,
    tags: {},
    transitiveTagKeys: [],
    sessionPolicy: noSessionPolicy,
    region: "eu-central-1",
    endpoint: undefined,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    ...changes,
  };
}

const namespace = `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`;
/** With members that STS has got since, one of them a secret. */
const good = `<AssumeRoleResponse ${namespace}><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::210987654321:assumed-role/Prod/ann</Arn><AssumedRoleId>AROA:ann</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ASIAPROD</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials><PackedPolicySize>6</PackedPolicySize><SessionTokenUtilization>12</SessionTokenUtilization><TrustedIdentityPropagationContext>context-secret</TrustedIdentityPropagationContext></AssumeRoleResult></AssumeRoleResponse>`;

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly form: URLSearchParams;
  readonly body: string;
}

/** An STS that gives the answers one after the other, the last one for ever. */
function sts(...answers: readonly (() => Response)[]) {
  const sent: Sent[] = [];
  const slept: number[] = [];
  const fetch: Fetch = async (url, { headers, body }) => {
    const text = typeof body === "string" ? body : "";
    sent.push({ url, headers: new Headers(headers), form: new URLSearchParams(text), body: text });
    return (answers[sent.length - 1] ?? answers.at(-1) ?? (() => new Response("", { status: 500 })))();
  };
  const ports: Ports = {
    fetch,
    clock: {
      now: () => now,
      monotonic: () => 0,
      sleep: async (milliseconds) => {
        slept.push(milliseconds);
      },
    },
    random: () => 1,
    signal: new AbortController().signal,
    log: () => undefined,
    listen: fakeListen().listen,
  };
  return { ports, sent, slept };
}

const xml = (text: string, status = 200, headers: Record<string, string> = {}) => {
  return () => new Response(text, { status, headers: { "content-type": "text/xml", ...headers } });
};
const refusal = (code: string, message: string, status = 403, headers: Record<string, string> = {}) =>
  xml(
    `<ErrorResponse ${namespace}><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`,
    status,
    { "x-amzn-requestid": "req-1", ...headers },
  );

async function refused(answer: () => Response, changes: Partial<AssumeRoleRequest> = {}): Promise<TegataError> {
  const error: unknown = await assumeRole(request(changes), sts(answer).ports).catch((thrown: unknown) => thrown);
  if (!isTegataError(error)) {
    throw new Error("it was not refused", { cause: error });
  }
  return error;
}

describe("a request for AssumeRole", () => {
  it("has the parameters that were given, and no others", async () => {
    const { ports, sent } = sts(xml(good));
    await assumeRole(request(), ports);
    expect(Object.fromEntries(sent[0]?.form ?? [])).toEqual({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: "arn:aws:iam::210987654321:role/Prod",
      RoleSessionName: "ann",
      DurationSeconds: "3600",
    });
    const all = sts(xml(good));
    await assumeRole(
      request({
        externalId: "ext-1",
        sourceIdentity: "ann@example.com",
        tags: { Team: "platform", Cost: "a b" },
        transitiveTagKeys: ["Team"],
        sessionPolicy: { document: `{"Statement":[]}`, arns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] },
      }),
      all.ports,
    );
    expect(Object.fromEntries(all.sent[0]?.form ?? [])).toMatchObject({
      ExternalId: "ext-1",
      SourceIdentity: "ann@example.com",
      "Tags.member.1.Key": "Team",
      "Tags.member.1.Value": "platform",
      "Tags.member.2.Key": "Cost",
      "Tags.member.2.Value": "a b",
      "TransitiveTagKeys.member.1": "Team",
      Policy: `{"Statement":[]}`,
      "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    });
  });

  it.each([undefined, "http://127.0.0.1:4566/sts"])(
    "is signed with the given credentials alone, at the endpoint %s",
    async (endpoint) => {
      const { ports, sent } = sts(xml(good));
      await assumeRole(request({ endpoint }), ports);
      const [first] = sent;
      const url = new URL(first?.url ?? "");
      const authorization = first?.headers.get("authorization") ?? "";
      expect(first?.headers.get("x-amz-security-token")).toBe("hub-session-token");
      expect(authorization).toContain("Credential=ASIAHUB/20260101/eu-central-1/sts/aws4_request");
      const { expiration: _, ...keys } = credentials;
      const names = new Set(/SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(";"));
      const signer = new SignatureV4({ service: "sts", region: "eu-central-1", credentials: keys, sha256: Sha256Js });
      const again = await signer.sign(
        {
          method: "POST",
          protocol: url.protocol,
          hostname: url.hostname,
          path: url.pathname,
          query: {},
          headers: {
            ...Object.fromEntries(
              [...(first?.headers ?? [])].filter(([name]) => names.has(name) && name !== "authorization"),
            ),
            host: url.host,
          },
          body: first?.body ?? "",
        },
        { signingDate: new Date(now), signableHeaders: names },
      );
      expect(authorization).toBe(again.headers["authorization"]);
      expect(names.has("host")).toBe(true);
    },
  );

  it("gives what STS answered, and takes nothing of the members that it does not know", async () => {
    const { ports } = sts(xml(good));
    expect(await assumeRole(request(), ports)).toEqual({
      accessKeyId: "ASIAPROD",
      secretAccessKey: "secret",
      sessionToken: "token",
      expiration: "2026-01-01T01:00:00Z",
      accountId: "210987654321",
      assumedRoleArn: "arn:aws:sts::210987654321:assumed-role/Prod/ann",
    });
  });

  it("is signed again by the clock of the servers where that of this machine is off", async () => {
    const message = "Signature not yet current: 20260101T000000Z is still later than 20251231T235800Z";
    const { ports, sent } = sts(
      refusal("SignatureDoesNotMatch", message, 403, { date: "Wed, 31 Dec 2025 23:57:00 GMT" }),
      xml(good),
    );
    await assumeRole(request(), ports);
    // A `Date` has no parts of a second.
    expect(sent.map(({ headers }) => headers.get("x-amz-date")).join(" ")).toMatch(
      /^20260101T000000Z 20251231T23570[01]Z$/,
    );
  });
});

describe("a refusal of AssumeRole", () => {
  it("names who asked, for which role, and what its trust policy has to allow", async () => {
    const words = `User: arn:aws:sts::123456789012:assumed-role/Hub/ann is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::210987654321:role/Prod`;
    const error = await refused(refusal("AccessDenied", words), {
      tags: { Team: "x" },
      sourceIdentity: "ann",
      externalId: "ext-1",
    });
    expect(error.code).toBe("sts_access_denied");
    expect(error.message).toBe(
      `AWS does not let arn:aws:sts::123456789012:assumed-role/Hub/ann assume arn:aws:iam::210987654321:role/Prod: ${words}`,
    );
    expect(error.hint).toMatch(
      /trust policy of arn:aws:iam::210987654321:role\/Prod allow sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity to the principal arn:aws:iam::123456789012:role\/Hub/,
    );
    expect(error.hint).toMatch(/sts:ExternalId/);
    expect(error.hint).not.toContain("ext-1");
  });

  it.each([
    ["ExpiredToken", "The security token included in the request is expired", "sts_source_rejected", /Hub any more/],
    ["InvalidClientTokenId", "The security token included in the request is invalid.", "sts_source_rejected", /Hub/],
    [
      "ValidationError",
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
      "sts_duration_rejected",
      /assumed by another role/,
    ],
    [
      "PackedPolicyTooLarge",
      "Packed policy consumes 137% of allotted space, please use smaller policy.",
      "sts_policy_rejected",
      /take 137 % of the space/,
    ],
    [
      "ValidationError",
      "1 validation error detected: tags are bad: Tag keys must be unique",
      "sts_request_invalid",
      /session tags/,
    ],
    ["ValidationError", "Source Identity cannot change", "sts_request_invalid", /source identity/],
    ["ValidationError", "Request ARN is invalid", "sts_request_invalid", /role\/Prod/],
    ["SomethingNew", "no idea", "sts_rejected", /no idea/],
  ])("by %s (%s) is %s", async (code, words, ours, message) => {
    const error = await refused(refusal(code, words, 400));
    expect(error.code).toBe(ours);
    expect(error.message).toMatch(message);
    expect(wordingOf(error).hint).toBeDefined();
    expect(error.details).toMatchObject({ awsCode: code, httpStatus: 400, requestId: "req-1" });
  });

  it("shows no secret of the credentials that asked", async () => {
    const error = await refused(refusal("AccessDenied", "hub-secret hub-session-token"));
    expect(error.message).not.toMatch(/hub-secret|hub-session-token/);
  });
});

describe("a step by AssumeRole", () => {
  const { role, credentials: _credentials, sourceRoleArn, roleSessionName: _name, ...others } = request();
  const { region, endpoint, useFipsEndpoint, useDualstackEndpoint, ...options } = others;
  const target = { region, endpoint, useFipsEndpoint, useDualstackEndpoint };

  it.each([
    [undefined, "from-before"],
    ["own", "own"],
  ])("with the session name %s has %s", async (roleSessionName, wanted) => {
    const { ports, sent } = sts(xml(good));
    const step = assumeRoleStep({ ...options, role, roleSessionName, target });
    const result = await step.goOn({ credentials, roleArn: sourceRoleArn, roleSessionName: "from-before" }, ports);
    expect(sent[0]?.form.get("RoleSessionName")).toBe(wanted);
    expect(result).toMatchObject({ roleArn: role.arn, roleSessionName: wanted });
  });

  it("is told apart by each of its fields", () => {
    const identityOf = (changes: Partial<Parameters<typeof assumeRoleStep>[0]>) =>
      JSON.stringify(assumeRoleStep({ ...options, role, roleSessionName: undefined, target, ...changes }).identity);
    const identities = [
      identityOf({}),
      identityOf({ roleSessionName: "own" }),
      identityOf({ durationSeconds: 900 }),
      identityOf({ externalId: "ext" }),
      identityOf({ sourceIdentity: "ann" }),
      identityOf({ tags: { Team: "x" } }),
      identityOf({ tags: { Team: "x" }, transitiveTagKeys: ["Team"] }),
      identityOf({ sessionPolicy: { document: "{}", arns: [] } }),
      identityOf({ sessionPolicy: { document: undefined, arns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] } }),
      identityOf({ target: { ...target, region: "us-east-1" } }),
      identityOf({ target: { ...target, endpoint: "https://sts.example" } }),
    ];
    expect(new Set(identities).size).toBe(identities.length);
  });
});
