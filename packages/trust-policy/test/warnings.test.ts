import { describe, expect, it } from "vitest";
import { judgeTrustPolicy, type TokenClaims, type TrustContext } from "../src/index.ts";
import { allow, auth0, context, github, job, person, policyOf, when } from "./worlds.ts";

function warningsOf(policy: string, claims: TokenClaims = job, given: TrustContext = context): readonly string[] {
  return judgeTrustPolicy({ policy, claims, context: given }).warnings.map(({ id, statement }) =>
    statement === undefined ? id : `${id} ${statement}`,
  );
}

const sub = `${github}:sub`;

describe("a policy for GitHub", () => {
  it.each([
    ["StringEquals", sub, "repo:acme/site:ref:refs/heads/main"],
    ["StringLike", sub, "repo:*"],
    ["StringEqualsIgnoreCase", sub, "repo:acme/site:pull_request"],
    ["StringLike", `${github}:job_workflow_ref`, "acme/site/*"],
  ])("whose condition is %s on %s with %s gets no warning", (operator, key, wanted) => {
    expect(warningsOf(when(github, operator, key, wanted))).toEqual([]);
  });

  it.each([
    ["StringEquals", `${github}:aud`, "sts.amazonaws.com"],
    ["StringLike", sub, "*"],
    ["StringLike", sub, "*:acme/site:*"],
    ["StringLike", sub, ""],
    ["StringNotLike", sub, "repo:evil/*"],
    ["StringLikeIfExists", `${github}:job_workflow_ref`, "acme/*"],
    ["StringLike", sub, ["repo:acme/*", "*"]],
  ])("whose condition is %s on %s with %j is one that AWS stores no more", (operator, key, wanted) => {
    expect(warningsOf(when(github, operator, key, wanted))).toContain("identity-provider-control 0");
  });

  it("that denies gets no warning for what it lacks", () => {
    const policy = policyOf(
      allow(github, { StringLike: { [sub]: "repo:acme/*" } }),
      allow(github, { StringLike: { [sub]: "*" } }, { Effect: "Deny" }),
    );
    expect(warningsOf(policy)).toEqual([]);
  });
});

describe("a policy", () => {
  it("without a condition on the token is open to everyone at the provider", () => {
    expect(warningsOf(policyOf(allow(auth0)), person)).toEqual(["open 0"]);
  });

  it.each(["*", { Federated: "*" }])("for %j is open to everyone", (principal) => {
    expect(warningsOf(policyOf(allow(auth0, undefined, { Principal: principal })), person)).toEqual(["everyone 0"]);
  });

  it.each(["ForAllValues:StringLike", "StringEqualsIfExists"])(
    "with %s on sub opens where the token has none",
    (operator) => {
      expect(warningsOf(when(auth0, operator, `${auth0}:sub`, "auth0|*"), person)).toEqual(["opens-when-absent 0"]);
    },
  );

  it("of more than 2048 characters is too long for AWS, blanks not counted", () => {
    const long = when(auth0, "StringEquals", `${auth0}:sub`, "x".repeat(2048));
    expect(warningsOf(long, person)).toEqual(["too-long"]);
    const padded = when(auth0, "StringEquals", `${auth0}:sub`, "x").replaceAll(",", `,${" ".repeat(3000)}`);
    expect(warningsOf(padded, person)).toEqual([]);
  });

  it("says where the account of the provider was not compared", () => {
    expect(warningsOf(when(auth0, "StringEquals", `${auth0}:aud`, "8TZ4client"), person, {})).toEqual([
      "account-not-compared",
    ]);
  });

  it("with a condition whose key differs from Principal by a slash is not called open", () => {
    const policy = policyOf(allow("acme.eu.auth0.com", { StringEquals: { [`${auth0}:sub`]: "auth0|x" } }));
    expect(warningsOf(policy, person)).toEqual([]);
  });

  it.each([
    ["as it is", (text: string) => text],
    [
      "URL-encoded in an answer",
      (text: string) => JSON.stringify({ Role: { AssumeRolePolicyDocument: encodeURIComponent(text) } }),
    ],
    ["in an answer", (text: string) => `{"Role": {"Arn": "x", "AssumeRolePolicyDocument": ${text}}}`],
  ])("with a member that stands twice names it, %s", (_how, wrap) => {
    const once = when(auth0, "StringEquals", `${auth0}:sub`, 'a\\"{:');
    const twice = once.replace('"Condition":{', `"Condition":{"StringEquals" : {"${auth0}:aud":"x"},`);
    expect(warningsOf(wrap(once), person)).toEqual([]);
    expect(warningsOf(wrap(twice), person)).toEqual(["duplicate-member"]);
  });

  it("of an old version says that ${…} is plain text", () => {
    const policy = JSON.stringify({ Statement: [allow(auth0, { StringEquals: { [`${auth0}:sub`]: "${x}" } })] });
    expect(warningsOf(policy, person)).toEqual(["old-version"]);
  });

  it("tells what could still refuse what it allows, with the line that tells", () => {
    const { elsewhere } = judgeTrustPolicy({ policy: policyOf(allow(auth0)), claims: person, context });
    expect(elsewhere.map(({ id }) => id)).toEqual([
      "provider",
      "client-id",
      "resource-control-policy",
      "just-changed",
      "other-role",
    ]);
    expect(elsewhere[0]?.command).toBe(
      "aws iam get-open-id-connect-provider --open-id-connect-provider-arn arn:aws:iam::123456789012:oidc-provider/acme.eu.auth0.com/",
    );
  });

  it("of an issuer that a shell would read gives no line to paste", () => {
    const { elsewhere } = judgeTrustPolicy({
      policy: policyOf(allow(auth0)),
      claims: { ...person, iss: "https://$(x)" },
      context,
    });
    expect(elsewhere[0]).not.toHaveProperty("command");
  });
});
