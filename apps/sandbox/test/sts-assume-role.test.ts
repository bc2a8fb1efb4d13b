import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox, type SandboxRole, type TrustStatement } from "../src/index.ts";
import { assumeRole, type Keys, keysOf, signIn, type StsResponse, textOf } from "./world.ts";

const arn = (name: string, account = "123456789012") => `arn:aws:iam::${account}:role/${name}`;

function role(name: string, statement: Partial<TrustStatement> = {}, account?: string): SandboxRole {
  const all = {
    Effect: "Allow",
    Principal: { AWS: arn("Developer") },
    Action: "sts:AssumeRole",
    ...statement,
  } as const;
  return { arn: arn(name, account), trustPolicy: () => ({ Version: "2012-10-17", Statement: [all] }) };
}
const everything = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];

let sandbox: Sandbox;
let developer: Keys;
beforeAll(async () => {
  sandbox = await startSandbox({
    intervalSeconds: 1,
    roles: [
      role("Prod", {}, "210987654321"),
      role("ByAccount", { Principal: { AWS: "123456789012" } }),
      role("BySession", { Principal: { AWS: "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com" } }),
      role("ByReadOnly", { Principal: { AWS: arn("ReadOnly") } }),
      role("WithExternalId", { Condition: { StringEquals: { "sts:ExternalId": "ext-1" } } }),
      role("Tagged", { Action: everything, Condition: { StringLike: { "aws:RequestTag/Team": "plat*" } } }),
      role("Middle", { Action: everything }),
      role("Behind", { Principal: { AWS: arn("Middle") }, Action: everything }),
      role("BehindWithoutTags", { Principal: { AWS: arn("Middle") } }),
    ],
  });
  developer = keysOf(await assumeRole(sandbox, (await signIn(sandbox)).id_token, {}));
});
afterAll(() => sandbox.close());

async function ask(
  parameters: Record<string, string>,
  credentials = developer,
  world: Sandbox = sandbox,
): Promise<StsResponse> {
  const { hostname, port, host } = new URL(world.sts.endpoint);
  const signer = new SignatureV4({ service: "sts", region: "eu-central-1", credentials, sha256: Sha256 });
  const body = new URLSearchParams({
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleSessionName: "ann@example.com",
    ...parameters,
  }).toString();
  const headers = { host, "content-type": "application/x-www-form-urlencoded" };
  const request = { method: "POST", protocol: "http:", hostname, port: Number(port), path: "/", headers, body };
  const signed = await signer.sign(request);
  const response = await fetch(world.sts.endpoint, { method: "POST", headers: signed.headers, body });
  const xml = await response.text();
  return { status: response.status, xml, code: textOf(xml, "Code"), message: textOf(xml, "Message") };
}
const tag = (key: string, value: string, index = 1) => ({
  [`Tags.member.${index}.Key`]: key,
  [`Tags.member.${index}.Value`]: value,
});

describe("AssumeRole", () => {
  it("gives credentials of a role whose trust policy names the caller's role, in another account as well", async () => {
    const answer = await ask({ RoleArn: arn("Prod", "210987654321") });
    expect(answer.status).toBe(200);
    expect(textOf(answer.xml, "Arn")).toBe("arn:aws:sts::210987654321:assumed-role/Prod/ann@example.com");
    expect(textOf(answer.xml, "AccessKeyId")).toMatch(/^ASIA/);
  });

  it.each(["ByAccount", "BySession"])("takes a trust policy that names account or session (%s)", async (name) => {
    expect((await ask({ RoleArn: arn(name) })).status).toBe(200);
  });

  it.each(["ByReadOnly", "Nothing", "ReadOnly"])("refuses the role %s, and names caller and role", async (name) => {
    expect(await ask({ RoleArn: arn(name) })).toMatchObject({
      status: 403,
      code: "AccessDenied",
      message: `User: arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com is not authorized to perform: sts:AssumeRole on resource: ${arn(name)}`,
    });
  });

  it("refuses a wrong signature before it looks at anything else", async () => {
    const wrong = { ...developer, secretAccessKey: "wrong" };
    expect(await ask({ RoleArn: "x" }, wrong)).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    const unknown = { ...developer, accessKeyId: "ASIAUNKNOWN" };
    expect(await ask({ RoleArn: "x" }, unknown)).toMatchObject({ status: 403, code: "InvalidClientTokenId" });
  });

  it("gives an hour at most", async () => {
    expect((await ask({ RoleArn: arn("ByAccount"), DurationSeconds: "3600" })).status).toBe(200);
    expect(await ask({ RoleArn: arn("ByAccount"), DurationSeconds: "3601" })).toMatchObject({
      code: "ValidationError",
      message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    });
  });

  it.each([
    [{ ExternalId: "ext-1" }, 200],
    [{ ExternalId: "ext-2" }, 403],
    [{}, 403],
  ])("wants the external id of the trust policy: %j is answered with %i", async (parameters, status) => {
    expect((await ask({ RoleArn: arn("WithExternalId"), ...parameters })).status).toBe(status);
  });

  it("judges session tags by the trust policy, which has to allow them", async () => {
    expect((await ask({ RoleArn: arn("Tagged"), ...tag("Team", "platform") })).status).toBe(200);
    expect((await ask({ RoleArn: arn("Tagged"), ...tag("Team", "other") })).status).toBe(403);
    expect((await ask({ RoleArn: arn("ByAccount"), ...tag("Team", "platform") })).status).toBe(403);
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    ["a tag of forbidden characters", tag("Team", "a;b"), "ValidationError", /'tags\.1\.member\.value'/],
    [
      "two tags of one key",
      { ...tag("Team", "a"), ...tag("team", "b", 2) },
      "InvalidParameterValue",
      /case insensitive/,
    ],
    [
      "a key that goes on without a tag",
      { "TransitiveTagKeys.member.1": "Team" },
      "InvalidParameterValue",
      /must be included/,
    ],
    ["a short external id", { ExternalId: "e" }, "ValidationError", /'externalId'/],
    ["a source identity with a blank", { SourceIdentity: "a b" }, "ValidationError", /'sourceIdentity'/],
    ["no JSON as a policy", { Policy: "{" }, "MalformedPolicyDocument", /Syntax/],
    ["a policy that is too large", { Policy: JSON.stringify("x".repeat(3000)) }, "PackedPolicyTooLarge", /147%/],
  ])("refuses %s", async (_what, parameters, code, message) => {
    const answer = await ask({ RoleArn: arn("Middle"), ...parameters });
    expect(answer.code).toBe(code);
    expect(answer.message).toMatch(message);
  });
});

/** A role by the credentials of Middle, which is asked for with these parameters. */
const behind = async (parameters: Record<string, string>, more: Record<string, string> = {}, name = "Behind") => {
  const middle = keysOf(await ask({ RoleArn: arn("Middle"), ...parameters }));
  return ask({ RoleArn: arn(name), ...more }, middle);
};

describe("a chain of roles", () => {
  it("hands transitive tags on, which then cannot be set again", async () => {
    const transitive = { ...tag("Team", "x"), "TransitiveTagKeys.member.1": "Team" };
    expect((await behind(transitive)).status).toBe(200);
    expect((await behind(transitive, {}, "BehindWithoutTags")).status).toBe(403);
    expect((await behind(transitive, tag("team", "y"))).message).toMatch(/conflicts with a transitive tag key/);
  });

  it("loses the other tags", async () => {
    expect((await behind(tag("Team", "x"), {}, "BehindWithoutTags")).status).toBe(200);
    expect((await behind(tag("Team", "x"), tag("Team", "y"))).status).toBe(200);
  });

  it("keeps its source identity, which cannot change", async () => {
    const answer = await behind({ SourceIdentity: "ann" });
    expect(textOf(answer.xml, "SourceIdentity")).toBe("ann");
    expect((await behind({ SourceIdentity: "ann" }, { SourceIdentity: "bob" })).message).toMatch(/cannot be changed/);
    expect((await behind({ SourceIdentity: "ann" }, {}, "BehindWithoutTags")).status).toBe(403);
  });
});

it("a token whose roles claim lists roles is for these alone, no matter what the trust policy allows", async () => {
  const claims = { "https://aws.amazon.com/roles": [arn("ReadOnly")] };
  const user = { email: "listed@example.com", name: "Listed", id: "listed", groups: [], claims };
  const other = await startSandbox({ users: [user], intervalSeconds: 1 });
  const { id_token: token } = await signIn(other, "oidc", "listed@example.com");
  expect((await assumeRole(other, token, { RoleArn: other.roles.readOnly })).status).toBe(200);
  expect(await assumeRole(other, token, {})).toMatchObject({
    status: 400,
    code: "InvalidIdentityToken",
    message: "The target role ARN is not present in the roles claim of the identity token",
  });
  await other.close();
});

/** A person whose tokens have these claims. */
const user = (id: string, claims: Readonly<Record<string, unknown>>) => ({
  email: `${id}@example.com`,
  name: id,
  id,
  groups: [],
  claims,
});

it("tags of a token may be nested in one claim or flat in several, and go on to the next role alike", async () => {
  const nested = {
    "https://aws.amazon.com/tags": { principal_tags: { Team: ["platform"] }, transitive_tag_keys: ["Team"] },
  };
  const flat = {
    "https://aws.amazon.com/tags/principal_tags/Team": "platform",
    "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"],
  };
  const other = await startSandbox({
    users: [user("nested", nested), user("flat", flat)],
    intervalSeconds: 1,
    roles: [role("Tagged", { Action: everything, Condition: { StringEquals: { "aws:RequestTag/Team": "platform" } } })],
  });
  for (const id of ["nested", "flat"]) {
    const { id_token: token } = await signIn(other, "oidc", `${id}@example.com`);
    const first = keysOf(await assumeRole(other, token, {}));
    expect((await ask({ RoleArn: arn("Tagged") }, first, other)).status).toBe(200);
  }
  await other.close();
});
