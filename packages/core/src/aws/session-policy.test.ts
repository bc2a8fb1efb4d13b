import * as v from "valibot";
import { describe, expect, it } from "vitest";
import type { RoleArn } from "./role-arn.ts";
import { foreignPolicy, policyArnOf, policyNameSchema, sessionPolicySchema } from "./session-policy.ts";
import { externalIdSchema, sessionTagsSchema, sourceIdentitySchema, tagKeysSchema } from "./session-tags.ts";

function issueOf(schema: v.GenericSchema, value: unknown): string | undefined {
  return v.safeParse(schema, value, { abortEarly: true }).issues?.[0].message;
}

const role: RoleArn = {
  arn: "arn:aws:iam::123456789012:role/Developer",
  partition: "aws",
  accountId: "123456789012",
  roleName: "Developer",
};
const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:Get*", Resource: "*" }] };

/** The text of one, as long as that. */
function ofLength(length: number): string {
  const empty = JSON.stringify({ ...policy, Id: "" });
  return JSON.stringify({ ...policy, Id: "x".repeat(length - empty.length) });
}

describe("a session policy", () => {
  it("is sent without the blanks between its words, and with those within", () => {
    const text = JSON.stringify({ ...policy, Id: 'a "b"  \\ c' }, undefined, 2);
    expect(v.parse(sessionPolicySchema, text)).toBe(JSON.stringify({ ...policy, Id: 'a "b"  \\ c' }));
  });

  it("keeps a key that stands twice, as its author wrote it", () => {
    expect(v.parse(sessionPolicySchema, `{ "Statement": {}, "Id": "a", "Id": "b" }`)).toBe(
      `{"Statement":{},"Id":"a","Id":"b"}`,
    );
  });

  it.each([
    ["", /must be a policy document as JSON, and is not JSON$/],
    ["{", /must be a policy document as JSON, and is not JSON$/],
    ["ReadOnlyAccess", /must be a policy document as JSON, and is not JSON$/],
    ["[]", /a member Statement/],
    ["{}", /a member Statement/],
    [`{"Statement":[]}`, /a member Statement/],
    [`{"Statement":"*"}`, /a member Statement/],
    [
      JSON.stringify({ ...policy, Id: "x".repeat(2000) }),
      /at most 2048 characters long without blanks, and has 20\d\d|2\d{3}/,
    ],
    [JSON.stringify({ ...policy, Id: "日本" }), /up to U\+00FF/],
  ])("%j is refused", (text, issue) => {
    expect(issueOf(sessionPolicySchema, text)).toMatch(issue);
  });

  it("is not quoted where it is no JSON: a wrong file may hold a secret", () => {
    expect(issueOf(sessionPolicySchema, "hunter2secret")).not.toContain("hunter2");
  });

  it("of 2048 characters is taken, and of 2049 is not", () => {
    expect(issueOf(sessionPolicySchema, ofLength(2048))).toBeUndefined();
    expect(issueOf(sessionPolicySchema, ofLength(2049))).toMatch(/has 2049/);
  });
});

describe("the name of a managed policy", () => {
  it.each([
    ["ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
    ["job-function/ViewOnlyAccess", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"],
    ["arn:aws:iam::123456789012:policy/team/Own", "arn:aws:iam::123456789012:policy/team/Own"],
  ])("%s means %s", (name, arn) => {
    expect(policyArnOf(v.parse(policyNameSchema, name), role)).toBe(arn);
  });

  it("of AWS's own is one of the role's partition", () => {
    expect(policyArnOf("ReadOnlyAccess", { ...role, partition: "aws-cn" })).toBe(
      "arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
    );
  });

  it.each([
    "",
    "a b",
    "arn:aws:iam::123456789012:role/Developer",
    "/ReadOnlyAccess",
    "x,y",
    "arn:aws:s3:::bucket",
    "..",
    "../ReadOnlyAccess",
    "job-function/../ReadOnlyAccess",
    "job-function//ViewOnlyAccess",
    "job-function/",
    "job-function/.",
    "./ReadOnlyAccess",
    "Read..Only",
    "-ReadOnlyAccess",
    "--help",
    ".hidden",
    "@file",
    "ReadOnlyAccess\n",
    "x".repeat(129),
    "Lesen\u00fc",
  ])("is not %j", (name) => {
    expect(issueOf(policyNameSchema, name)).toMatch(/neither the ARN of a managed policy/);
  });

  it.each([
    ["arn:aws:iam::aws:policy/ReadOnlyAccess", undefined],
    ["arn:aws:iam::123456789012:policy/Own", undefined],
    ["arn:aws:iam::210987654321:policy/Own", /another account/],
    ["arn:aws-cn:iam::aws:policy/ReadOnlyAccess", /another partition/],
  ])("%s fits the role or not: %s", (arn, problem) => {
    const found = foreignPolicy(arn, role);
    expect(problem === undefined ? found === undefined : problem.test(found ?? "")).toBe(true);
  });
});

describe("session tags", () => {
  it.each([{}, { Team: "platform", "Cost center": "a/b@c=d" }, { Überschrift: "日本" }, { Empty: "" }])(
    "may be %j",
    (tags) => {
      expect(v.parse(sessionTagsSchema, tags)).toEqual(tags);
    },
  );

  it.each<[unknown, RegExp]>([
    ["Team=x", /must be a table/],
    [{ Team: 1 }, /must be text/],
    [{ "": "x" }, /1 to 128 characters/],
    [{ ["k".repeat(129)]: "x" }, /1 to 128 characters/],
    [{ "aws:team": "x" }, /must not begin with aws:/],
    [{ "Te*m": "x" }, /must be of letters/],
    [{ Team: "x;y" }, /must be of letters/],
    [{ Team: "x\n" }, /must be of letters/],
    [{ Team: "x".repeat(257) }, /at most 256 characters/],
    [{ Team: "x", team: "y" }, /differ by case alone/],
    [Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, "x"])), /at most 50 tags/],
  ])("are not %j", (tags, issue) => {
    expect(issueOf(sessionTagsSchema, tags)).toMatch(issue);
  });

  it("go on by a list of keys, which follow the same rules", () => {
    expect(v.parse(tagKeysSchema, ["Team"])).toEqual(["Team"]);
    expect(issueOf(tagKeysSchema, ["Te*m"])).toMatch(/must be of letters/);
    expect(issueOf(tagKeysSchema, "Team")).toMatch(/must be a list/);
  });
});

describe("a source identity and an external id", () => {
  it.each<[v.GenericSchema, string, boolean]>([
    [sourceIdentitySchema, "ann@example.com", true],
    [sourceIdentitySchema, "a", false],
    [sourceIdentitySchema, "ann example", false],
    [sourceIdentitySchema, "aws:ann", false],
    [sourceIdentitySchema, "x".repeat(65), false],
    [externalIdSchema, "ext:/1", true],
    [externalIdSchema, "e", false],
    [externalIdSchema, "e e", false],
    [externalIdSchema, "x".repeat(1225), false],
  ])("follow AWS's rules (%#: %s)", (schema, text, fits) => {
    expect(issueOf(schema, text) === undefined).toBe(fits);
  });
});
