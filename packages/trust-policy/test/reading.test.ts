import { describe, expect, it } from "vitest";
import { isTegataError } from "@tegata/core";
import { judgeTrustPolicy, readTrustPolicy } from "../src/index.ts";
import { allow, github, job, policyOf, providerArn, role } from "./worlds.ts";

const document = { Version: "2012-10-17", Statement: [allow(github)] };
const answer = { Role: { RoleName: "Deploy", Arn: role, AssumeRolePolicyDocument: document } };

function refusal(text: string): string {
  try {
    readTrustPolicy(text, "trust.json");
  } catch (error) {
    if (isTegataError(error)) {
      return `${error.code}: ${error.message}`;
    }
    throw error;
  }
  return "read";
}

function verdictOf(policy: string): string {
  return judgeTrustPolicy({ policy, claims: job }).verdict;
}

describe("a trust policy", () => {
  it.each([
    ["alone", JSON.stringify(document)],
    ["with a byte order mark and blanks around it", `\uFEFF\n ${JSON.stringify(document)} \n`],
    ["in the answer of get-role", JSON.stringify(answer)],
    ["in the part Role of that answer", JSON.stringify(answer.Role)],
    ["as the answer's part AssumeRolePolicyDocument", JSON.stringify({ AssumeRolePolicyDocument: document })],
    ["URL-encoded", encodeURIComponent(JSON.stringify(document))],
    [
      "URL-encoded with + for blanks",
      encodeURIComponent(JSON.stringify(document, undefined, 1)).replaceAll("%20", "+"),
    ],
    [
      "URL-encoded in the answer, as the API returns it",
      JSON.stringify({ Role: { Arn: role, AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(document)) } }),
    ],
  ])("is read %s", (_where, text) => {
    expect(readTrustPolicy(text).statements).toHaveLength(1);
  });

  it("tells account and partition by the role of the answer", () => {
    const foreign = {
      ...answer.Role,
      AssumeRolePolicyDocument: policyOf(
        allow(github, undefined, { Principal: { Federated: providerArn(github, "999999999999") } }),
      ),
    };
    const { statements } = judgeTrustPolicy({ policy: JSON.stringify({ Role: foreign }), claims: job });
    expect(statements[0]?.why).toContain("another account");
  });

  it("tells the role's tags by the answer, none where it lists none", () => {
    const policy = policyOf(allow(github, { StringEquals: { "aws:ResourceTag/Env": "prod" } }));
    const of = (tags: object): string =>
      JSON.stringify({ Role: { ...answer.Role, AssumeRolePolicyDocument: policy, ...tags } });
    expect(verdictOf(of({}))).toBe("denied");
    expect(verdictOf(of({ Tags: [{ Key: "Env", Value: "prod" }] }))).toBe("allowed");
  });

  it.each([
    ["", "is empty"],
    [" \n", "is empty"],
    ["{", "is not JSON: a bracket, a quote or a comma is missing"],
    ['{"Version": "2012-10-17",}', "is not JSON: a comma stands before a closing bracket"],
    ['{ // mine\n"Statement": [] }', "is not JSON: JSON has no comments"],
    ["Version: '2012-10-17'\nStatement: []", "is not JSON: it is YAML"],
    ['resource "aws_iam_role" "x" {}', "is not JSON: it is Terraform source"],
    [
      "An error occurred (NoSuchEntity) when calling the GetRole operation",
      "is not JSON: it is an error of the AWS CLI",
    ],
    ["--------\n|  GetRole |", "is not JSON: it is a table"],
    ["eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "is not JSON: it is a token"],
    ["<html>", "is not JSON: it is XML or HTML"],
    ["\u0000\u001B[2J", "is not JSON"],
    ["[]", "is a list, and not a table"],
    ["null", "is null, and not a table"],
    ['"text"', 'is "text", and not a table'],
    ["{}", "has no Statement"],
    ['{"Roles": [{}, {}]}', "holds 2 roles"],
    ['{"Role": {}}', "has a Role without AssumeRolePolicyDocument"],
    ['{"AssumeRolePolicyDocument": 5}', "has the number 5 for AssumeRolePolicyDocument"],
    [JSON.stringify({ Statement: Array.from({ length: 1001 }, () => ({})) }), "has 1001 statements"],
    ["x".repeat(300_000), "has 300000 characters"],
  ])("is refused by its name: %j", (text, why) => {
    expect(refusal(text)).toContain(`usage_invalid: trust.json ${why}`);
  });
});
