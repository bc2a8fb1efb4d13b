import { describe, expect, it } from "vitest";
import { judgeTrustPolicy, type TokenClaims, type TrustContext, type Verdict } from "../src/index.ts";
import { account, allow, auth0, context, github, job, person, policyOf, providerArn, role } from "./worlds.ts";

interface Row {
  readonly policy: string;
  readonly verdict: Verdict;
  /** What the first statement says. */
  readonly why?: RegExp;
  /** What the policy as a whole says. */
  readonly overall?: RegExp;
  readonly token?: TokenClaims;
  readonly context?: TrustContext;
}

const tags = { "https://aws.amazon.com/tags": { principal_tags: { Team: ["core"] }, transitive_tag_keys: ["Team"] } };
const sourceIdentity = { "https://aws.amazon.com/source_identity": "ann" };
const mine = { StringEquals: { [`${github}:sub`]: job["sub"] } };
const foreign = { StringEquals: { [`${github}:sub`]: "repo:acme/other:ref:refs/heads/main" } };

function of(Principal: unknown): string {
  return policyOf(allow(github, mine, { Principal }));
}

function doing(members: Readonly<Record<string, unknown>>): string {
  const { Action: _, ...others } = allow(github, mine);
  return policyOf({ ...others, ...members });
}

const deny = { ...allow(github, mine), Effect: "Deny" };

/** Each row's name ends the sentence "a policy …". */
const rows: Readonly<Record<string, Row>> = {
  // Principals.
  "that names the provider by its ARN lets it in": {
    policy: of({ Federated: providerArn(github) }),
    verdict: "allowed",
  },
  "that names the provider among others lets it in": {
    policy: of({ Federated: [providerArn("gitlab.com"), providerArn(github)] }),
    verdict: "allowed",
  },
  "that names the provider without its slash keeps it out": {
    policy: policyOf(allow("acme.eu.auth0.com")),
    token: person,
    verdict: "denied",
    why: /without its slash/,
  },
  "that names the provider with its slash lets it in": {
    policy: policyOf(allow(auth0)),
    token: person,
    verdict: "allowed",
  },
  "that names the provider with a slash too many keeps it out": {
    policy: of({ Federated: providerArn(`${github}/`) }),
    verdict: "denied",
    why: /with a slash at its end/,
  },
  "that names the provider of another account keeps it out": {
    policy: of({ Federated: providerArn(github, "999999999999") }),
    verdict: "denied",
    why: /another account/,
  },
  "that names the provider of another partition keeps it out": {
    policy: of({ Federated: providerArn(github, account, "aws-cn") }),
    verdict: "denied",
    why: /another partition/,
  },
  "that names the provider in other capitals keeps it out": {
    policy: of({ Federated: providerArn("Token.Actions.githubusercontent.com") }),
    verdict: "denied",
    why: /differ only by case/,
  },
  "that names the provider with https:// keeps it out": {
    policy: of({ Federated: providerArn(`https://${github}`) }),
    verdict: "denied",
    why: /with https:\/\//,
  },
  "that names the provider by its URL keeps it out": {
    policy: of({ Federated: `https://${github}` }),
    verdict: "denied",
    why: /by its URL/,
  },
  "that names the provider by its host keeps it out": {
    policy: of({ Federated: github }),
    verdict: "denied",
    why: /by its URL/,
  },
  "that names another path of the host keeps it out": {
    policy: of({ Federated: providerArn(`${github}/acme`) }),
    verdict: "denied",
    why: /another issuer of the same host/,
  },
  "that names another provider keeps it out": {
    policy: of({ Federated: providerArn("gitlab.com") }),
    verdict: "denied",
    why: /the token comes from "arn:aws:iam::123456789012:oidc-provider\/token/,
  },
  "that names a SAML provider keeps it out": {
    policy: of({ Federated: `arn:aws:iam::${account}:saml-provider/acme` }),
    verdict: "denied",
    why: /SAML/,
  },
  "that names the provider with a wildcard keeps it out": {
    policy: of({ Federated: `arn:aws:iam::${account}:oidc-provider/*` }),
    verdict: "denied",
    why: /wildcard/,
  },
  "with a placeholder for the provider keeps it out": {
    policy: of({ Federated: "${ProviderArn}" }),
    verdict: "denied",
    why: /placeholder/,
  },
  "that lets AWS principals in keeps web identities out": {
    policy: of({ AWS: "*" }),
    verdict: "denied",
    why: /lets no web identity in/,
  },
  "that lets a service in keeps web identities out": {
    policy: of({ Service: "ec2.amazonaws.com" }),
    verdict: "denied",
    why: /"Service"/,
  },
  "for everyone cannot be judged": { policy: of("*"), verdict: "unknown", why: /Principal is "\*"/ },
  "for everyone federated cannot be judged": { policy: of({ Federated: "*" }), verdict: "unknown" },
  "with NotPrincipal cannot be judged": {
    policy: policyOf({ Effect: "Allow", NotPrincipal: { Federated: "x" }, Action: "sts:AssumeRoleWithWebIdentity" }),
    verdict: "unknown",
    why: /NotPrincipal/,
  },
  "that names Google by its host lets it in": {
    policy: policyOf(
      allow(
        "x",
        { StringEquals: { "accounts.google.com:aud": "sts.amazonaws.com" } },
        { Principal: { Federated: "accounts.google.com" } },
      ),
    ),
    token: { ...job, iss: "https://accounts.google.com" },
    verdict: "allowed",
  },
  "that names Google by an ARN keeps it out": {
    policy: policyOf(allow("accounts.google.com")),
    token: { ...job, iss: "https://accounts.google.com" },
    verdict: "denied",
    why: /by its name alone/,
  },
  "without a known account is judged by the issuer": {
    policy: of({ Federated: providerArn(github, "999999999999") }),
    context: {},
    verdict: "allowed",
  },
  "in China is judged by China's ARNs": {
    policy: of({ Federated: providerArn(github, account, "aws-cn") }),
    context: { roleArn: role.replace("aws", "aws-cn") },
    verdict: "allowed",
  },
  // Actions.
  "whose action is in other capitals lets it in": {
    policy: doing({ Action: "STS:assumerolewithwebidentity" }),
    verdict: "allowed",
  },
  "whose action is sts:* lets it in": { policy: doing({ Action: "sts:*" }), verdict: "allowed" },
  "whose action is sts:AssumeRole* lets it in": { policy: doing({ Action: ["sts:AssumeRole*"] }), verdict: "allowed" },
  "whose action is * lets it in": { policy: doing({ Action: "*" }), verdict: "allowed" },
  "whose action has ? lets it in": { policy: doing({ Action: "sts:AssumeRoleWith???Identity" }), verdict: "allowed" },
  "whose action is sts:AssumeRole keeps it out": {
    policy: doing({ Action: "sts:AssumeRole" }),
    verdict: "denied",
    why: /lets AWS principals in/,
  },
  "whose action is sts:AssumeRoleWithSAML keeps it out": {
    policy: doing({ Action: "sts:AssumeRoleWithSAML" }),
    verdict: "denied",
    why: /SAML/,
  },
  "whose action lacks sts: keeps it out": {
    policy: doing({ Action: "AssumeRoleWithWebIdentity" }),
    verdict: "denied",
    why: /without sts:/,
  },
  "whose action is sts:TagSession alone keeps it out": {
    policy: doing({ Action: "sts:TagSession" }),
    verdict: "denied",
    why: /needed besides/,
  },
  "with another NotAction lets it in": { policy: doing({ NotAction: "sts:AssumeRole" }), verdict: "allowed" },
  "with its NotAction keeps it out": {
    policy: doing({ NotAction: ["sts:AssumeRoleWithWebIdentity"] }),
    verdict: "denied",
    why: /NotAction leaves/,
  },
  // Session tags and source identity.
  "without sts:TagSession keeps a token with session tags out": {
    policy: policyOf(allow(github, mine)),
    token: { ...job, ...tags },
    verdict: "denied",
    overall: /no statement allows sts:TagSession, which the session tags of the token need/,
  },
  "with sts:TagSession lets a token with session tags in": {
    policy: doing({ Action: ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"] }),
    token: { ...job, ...tags },
    verdict: "allowed",
  },
  "with sts:TagSession in a statement of its own lets a token with session tags in": {
    policy: policyOf(allow(github, mine), allow(github, undefined, { Action: "sts:TagSession" })),
    token: { ...job, ...tags },
    verdict: "allowed",
  },
  "whose sts:TagSession has a condition that does not hold keeps a token with session tags out": {
    policy: policyOf(allow(github, mine), allow(github, foreign, { Action: "sts:TagSession" })),
    token: { ...job, ...tags },
    verdict: "denied",
  },
  "without sts:TagSession keeps a token with flat session tags out": {
    policy: policyOf(allow(github, mine)),
    token: { ...job, "https://aws.amazon.com/tags/principal_tags/Team": "core" },
    verdict: "denied",
  },
  "without sts:SetSourceIdentity keeps a token with a source identity out": {
    policy: policyOf(allow(github, mine)),
    token: { ...job, ...sourceIdentity },
    verdict: "denied",
    overall: /SetSourceIdentity/,
  },
  "with sts:SetSourceIdentity lets a token with a source identity in": {
    policy: doing({ Action: ["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"] }),
    token: { ...job, ...sourceIdentity },
    verdict: "allowed",
  },
  "that wants a session tag is judged by the token's": {
    policy: policyOf(allow(github, { StringEquals: { "aws:RequestTag/team": "core" } }, { Action: "sts:*" })),
    token: { ...job, ...tags },
    verdict: "allowed",
  },
  "that wants another value of a session tag keeps it out": {
    policy: policyOf(allow(github, { StringEquals: { "aws:RequestTag/Team": "web" } }, { Action: "sts:*" })),
    token: { ...job, ...tags },
    verdict: "denied",
  },
  "that limits tag keys is judged by the token's": {
    policy: policyOf(
      allow(github, { "ForAllValues:StringEquals": { "aws:TagKeys": ["Team", "Cost"] } }, { Action: "sts:*" }),
    ),
    token: { ...job, ...tags },
    verdict: "allowed",
  },
  "that wants transitive tag keys is judged by the token's": {
    policy: policyOf(
      allow(github, { "ForAnyValue:StringEquals": { "sts:TransitiveTagKeys": "Cost" } }, { Action: "sts:*" }),
    ),
    token: { ...job, ...tags },
    verdict: "denied",
  },
  "that wants a source identity is judged by the token's": {
    policy: policyOf(allow(github, { StringEquals: { "sts:SourceIdentity": "ann" } }, { Action: "sts:*" })),
    token: { ...job, ...sourceIdentity },
    verdict: "allowed",
  },
  "that wants the role to be listed lets a listed one in": {
    policy: policyOf(allow(github, { Bool: { "sts:RoleAuthorizedByIdp": "true" } })),
    token: { ...job, "https://aws.amazon.com/roles": `arn:aws:iam::1:role/x; ${role}` },
    verdict: "allowed",
  },
  "that wants the role to be listed keeps a token without a list out": {
    policy: policyOf(allow(github, { Bool: { "sts:RoleAuthorizedByIdp": "true" } })),
    verdict: "denied",
  },
  // Statements together.
  "with one fitting statement of several lets it in": {
    policy: policyOf(allow(github, foreign), allow(github, mine)),
    verdict: "allowed",
    overall: /statement 1 allows/,
  },
  "whose conditions all have to hold keeps it out where one does not": {
    policy: policyOf(allow(github, { StringEquals: { [`${github}:sub`]: job["sub"], [`${github}:aud`]: "x" } })),
    verdict: "denied",
    why: /1 of its 2 conditions does not hold/,
  },
  "whose operators all have to hold keeps it out where one does not": {
    policy: policyOf(allow(github, { ...mine, StringLike: { [`${github}:aud`]: "x*" } })),
    verdict: "denied",
  },
  "with a Deny that fits keeps it out": {
    policy: policyOf(allow(github, mine), { ...deny, Sid: "NoMain" }),
    verdict: "denied",
    overall: /statement 1 \(NoMain\) denies/,
  },
  "with a Deny that does not fit lets it in": {
    policy: policyOf(allow(github, mine), { ...deny, Condition: foreign }),
    verdict: "allowed",
  },
  "with a Deny of sts:TagSession keeps a token with session tags out": {
    policy: policyOf(allow(github, mine, { Action: "sts:*" }), { ...deny, Action: "sts:TagSession" }),
    token: { ...job, ...tags },
    verdict: "denied",
  },
  "with a Deny of sts:TagSession lets a token without session tags in": {
    policy: policyOf(allow(github, mine, { Action: "sts:*" }), { ...deny, Action: "sts:TagSession" }),
    verdict: "allowed",
  },
  "with a Deny that cannot be judged cannot be judged": {
    policy: policyOf(allow(github, mine), {
      ...deny,
      Condition: { NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } },
    }),
    verdict: "unknown",
    overall: /may deny/,
  },
  "with an Allow that cannot be judged cannot be judged": {
    policy: policyOf(allow(github, { ...mine, IpAddress: { "aws:SourceIp": "203.0.113.0/24" } })),
    verdict: "unknown",
    overall: /may allow/,
  },
  "with an Allow that cannot be judged and another that fits lets it in": {
    policy: policyOf(allow(github, { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }), allow(github, mine)),
    verdict: "allowed",
  },
  "with an Allow that cannot be judged and does not fit besides keeps it out": {
    policy: policyOf(allow(github, { ...foreign, IpAddress: { "aws:SourceIp": "203.0.113.0/24" } })),
    verdict: "denied",
  },
  "with a Deny that fits and an Allow that cannot be judged keeps it out": {
    policy: policyOf(allow(github, { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }), deny),
    verdict: "denied",
  },
  "of one statement that is no list is judged": {
    policy: JSON.stringify({ Version: "2012-10-17", Statement: allow(github, mine) }),
    verdict: "allowed",
  },
  "without a condition lets every token of the provider in": { policy: policyOf(allow(github)), verdict: "allowed" },
  "with an empty condition lets every token of the provider in": {
    policy: policyOf(allow(github, {})),
    verdict: "allowed",
  },
  "of version 2008-10-17 takes ${…} as it is written": {
    policy: JSON.stringify({
      Version: "2008-10-17",
      Statement: allow(github, { StringEquals: { [`${github}:actor`]: `\${${github}:actor}` } }),
    }),
    verdict: "denied",
  },
  "without a version takes ${…} as it is written": {
    policy: JSON.stringify({
      Statement: allow(github, { StringEquals: { [`${github}:actor`]: `\${${github}:actor}` } }),
    }),
    verdict: "denied",
  },
  // What AWS stores in no policy.
  "of another version cannot be judged": {
    policy: JSON.stringify({ Version: "2026-11-29", Statement: allow(github, mine) }),
    verdict: "unknown",
    overall: /AWS knows 2012-10-17/,
  },
  "with a Resource cannot be judged": {
    policy: policyOf(allow(github, mine, { Resource: "*" })),
    verdict: "unknown",
    why: /policy of permissions/,
  },
  "with a member that AWS does not know cannot be judged": {
    policy: policyOf(allow(github, mine, { Conditions: {} })),
    verdict: "unknown",
    why: /it is written Condition/,
  },
  "with another effect cannot be judged": {
    policy: policyOf(allow(github, mine, { Effect: "allow" })),
    verdict: "unknown",
    why: /AWS knows Allow and Deny/,
  },
  "without a principal cannot be judged": {
    policy: policyOf({ Effect: "Allow", Action: "sts:*" }),
    verdict: "unknown",
    why: /Principal is missing/,
  },
  "without an action cannot be judged": { policy: doing({}), verdict: "unknown", why: /Action is missing/ },
  "with Action and NotAction cannot be judged": {
    policy: policyOf(allow(github, mine, { NotAction: "x" })),
    verdict: "unknown",
    why: /exclude each other/,
  },
  "with a condition that is a list cannot be judged": {
    policy: policyOf(allow(github, undefined, { Condition: [] })),
    verdict: "unknown",
    why: /not a table/,
  },
  "with a value that is a table cannot be judged": {
    policy: policyOf(allow(github, { StringEquals: { [`${github}:aud`]: { Ref: "Aud" } } })),
    verdict: "unknown",
    why: /where a text belongs/,
  },
  "with a statement that is a text cannot be judged": {
    policy: JSON.stringify({ Version: "2012-10-17", Statement: ["Allow"] }),
    verdict: "unknown",
  },
  "with two statements of one Sid cannot be judged": {
    policy: policyOf(allow(github, mine, { Sid: "A" }), allow(github, mine, { Sid: "A" })),
    verdict: "unknown",
    overall: /two statements have the Sid/,
  },
  "without statements keeps everyone out": { policy: policyOf(), verdict: "denied" },
  // Tokens.
  "keeps a token without an issuer out": { policy: policyOf(allow(github, mine)), token: {}, verdict: "denied" },
};

describe("a policy", () => {
  it.each(Object.entries(rows))("%s", (_name, row) => {
    const { policy, verdict, why = /./, overall = /./, token = job, context: given = context } = row;
    const judged = judgeTrustPolicy({ policy, claims: token, context: given });
    expect(judged.verdict).toBe(verdict);
    expect(judged.why).toMatch(overall);
    expect(judged.statements.map((statement) => statement.why)[0] ?? "no statement").toMatch(why);
  });

  it("denies where a Deny fits, and says so of that statement", () => {
    const { statements } = judgeTrustPolicy({ policy: policyOf(allow(github, mine), deny), claims: job, context });
    expect(statements.map(({ verdict }) => verdict)).toEqual(["allowed", "denied"]);
  });

  it("allows where a Deny does not fit, and says so of that statement", () => {
    const policy = policyOf(allow(github, mine), { ...deny, Condition: foreign });
    const { statements } = judgeTrustPolicy({ policy, claims: job, context });
    expect(statements.map(({ verdict, why }) => ({ verdict, why }))).toEqual([
      { verdict: "allowed", why: "allows sts:AssumeRoleWithWebIdentity" },
      { verdict: "allowed", why: "does not deny it: its condition does not hold" },
    ]);
  });

  it("of 200 statements is judged one by one", () => {
    const statements = Array.from({ length: 200 }, (_, index) => allow(github, index === 150 ? mine : foreign));
    const judged = judgeTrustPolicy({ policy: policyOf(...statements), claims: job, context });
    expect(judged.verdict).toBe("allowed");
    expect(judged.why).toBe("statement 150 allows sts:AssumeRoleWithWebIdentity");
    expect(judged.statements).toHaveLength(200);
  });
});
