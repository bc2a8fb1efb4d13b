import { readFile } from "node:fs/promises";
import { controlOf, judgeTrustPolicy } from "@tegata/trust-policy";
import { describe, expect, it } from "vitest";
import {
  ciPlatforms,
  groupClaimOf,
  hostAndPath,
  type IamSide,
  iamSideOf,
  json,
  printTree,
  trustPolicyOf,
} from "../src/index.ts";
import { reachOf } from "../src/iam/issuer.ts";
import { jobs, people, request } from "./examples.ts";

const account = "123456789012";

/** As IAM has it in an account. */
function policyIn({ trust, provider }: IamSide): string {
  const host = hostAndPath(provider.issuer);
  return printTree(
    trustPolicyOf(trust, provider.kind === "built-in" ? host : `arn:aws:iam::${account}:oidc-provider/${host}`),
    json,
  );
}

function verdictOf(side: IamSide, claims: Readonly<Record<string, unknown>>): string {
  const policy = policyIn(side);
  return judgeTrustPolicy({ policy, claims, context: { account, roleSessionName: "session" } }).verdict;
}

/** A token of the platform's example, and what is said otherwise of tokens that must stay outside. */
const tokens: readonly (readonly [
  id: string,
  token: Readonly<Record<string, unknown>>,
  others: readonly Readonly<Record<string, unknown>>[],
])[] = [
  [
    "github",
    {
      iss: "https://token.actions.githubusercontent.com",
      aud: "sts.amazonaws.com",
      sub: "repo:acme/site:ref:refs/heads/main",
    },
    [
      { sub: "repo:acme/other:ref:refs/heads/main" },
      { sub: "repo:acme/site:ref:refs/heads/main2" },
      { sub: "repo:Acme/site:ref:refs/heads/main" },
      { sub: "repo:acme/site:environment:main" },
      { sub: "repo:acme/site:pull_request" },
    ],
  ],
  [
    "gitlab",
    { iss: "https://gitlab.com", aud: "sts.amazonaws.com", sub: "project_path:acme/site:ref_type:branch:ref:main" },
    [
      { sub: "project_path:acme/site:ref_type:tag:ref:main" },
      { sub: "project_path:acme/site2:ref_type:branch:ref:main" },
    ],
  ],
  [
    "circleci",
    {
      iss: "https://oidc.circleci.com/org/2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f",
      aud: "2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f",
      sub: "org/2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f/project/7b9d5e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f/user/ann",
    },
    [{ sub: "org/2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f/project/00000000-1a2b-4c3d-8e4f-5a6b7c8d9e0f/user/ann" }],
  ],
  [
    "buildkite",
    {
      iss: "https://agent.buildkite.com",
      aud: "sts.amazonaws.com",
      sub: "organization:acme:pipeline:site:ref:refs/heads/main:commit:9f3c:step:deploy",
    },
    [
      { sub: "organization:acme:pipeline:site:ref:refs/heads/other:commit:9f3c:step:deploy" },
      { sub: "organization:acme2:pipeline:site:ref:refs/heads/main:commit:9f3c:step:deploy" },
    ],
  ],
  [
    "bitbucket",
    {
      iss: "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
      aud: "ari:cloud:bitbucket::workspace/3c5e7a9b-2d4f-4e6a-8b0c-1d3e5f7a9b2c",
      sub: "{5e7a9b1c-3d5f-4a6b-9c8d-7e6f5a4b3c2d}:{8b0c2d4e-6f7a-4b5c-8d9e-0f1a2b3c4d5e}:{1}",
    },
    [{ sub: "{5e7a9b1c-3d5f-4a6b-9c8d-7e6f5a4b3c2d}:{1}" }],
  ],
  [
    "azure-devops",
    {
      iss: "https://vstoken.dev.azure.com/4f6a8c0e-1b3d-4e5f-9a7b-2c4d6e8f0a1b",
      aud: "api://AzureADTokenExchange",
      sub: "p://acme/site/publish",
    },
    [{ sub: "p://acme/site/other" }, { sub: "sc://acme/site/publish" }],
  ],
  [
    "vercel",
    {
      iss: "https://oidc.vercel.com/acme",
      aud: "https://vercel.com/acme",
      sub: "owner:acme:project:site:environment:production",
    },
    [{ sub: "owner:acme:project:site:environment:preview" }],
  ],
  [
    "hcp-terraform",
    {
      iss: "https://app.terraform.io",
      aud: "aws.workload.identity",
      sub: "organization:acme:project:networks:workspace:vpc:run_phase:apply",
    },
    [{ sub: "organization:acme:project:networks:workspace:vpc:run_phase:plan" }],
  ],
  [
    "kubernetes",
    {
      iss: "https://oidc.eks.eu-central-1.amazonaws.com/id/D539D4633E53DE1B716D3041EXAMPLE0",
      aud: "sts.amazonaws.com",
      sub: "system:serviceaccount:jobs:backup",
    },
    [{ sub: "system:serviceaccount:jobs:other" }, { sub: "system:serviceaccount:other:backup" }],
  ],
  [
    "gcp",
    {
      iss: "https://accounts.google.com",
      azp: "108642097531864209753",
      aud: "sts.amazonaws.com",
      sub: "108642097531864209753",
    },
    [{ azp: "208642097531864209753", sub: "208642097531864209753" }, { aud: "https://other.example.com" }],
  ],
  [
    "other",
    {
      iss: "https://jenkins.example.com/oidc",
      aud: "sts.amazonaws.com",
      sub: "https://jenkins.example.com/job/site/job/main/",
    },
    [{ sub: "https://jenkins.example.com/job/site/job/other/" }],
  ],
];

describe("the trust policy for the jobs of a platform", () => {
  it("is tried for every platform", () => {
    expect(tokens.map(([id]) => id)).toEqual(ciPlatforms.map(({ id }) => id));
  });

  it.each(tokens)("lets the job of its example in and no other job, client or issuer: %s", (id, token, others) => {
    const side = iamSideOf(request({ callers: jobs(id) }));
    expect(verdictOf(side, token)).toBe("allowed");
    const outside = [
      ...others,
      { iss: "https://token.actions.example.com" },
      id === "gcp" ? { aud: "sts.example.com" } : { aud: "sts.example.com", azp: undefined },
      { sub: "" },
    ];
    for (const patch of outside) {
      expect({ patch, verdict: verdictOf(side, { ...token, ...patch }) }).toEqual({ patch, verdict: "denied" });
    }
  });

  it.each(tokens)("is stored by AWS, which refuses one for a shared issuer without its key: %s", (id, token) => {
    const policy = policyIn(iamSideOf(request({ callers: jobs(id) })));
    const { warnings } = judgeTrustPolicy({ policy, claims: token, context: { account } });
    expect(warnings).toEqual([]);
  });

  const github = tokens[0]?.[1] ?? {};

  it("takes a pattern of branches as one", () => {
    const side = iamSideOf(request({ callers: jobs("github", { repository: "acme/site", ref: "release/*" }) }));
    expect(verdictOf(side, { ...github, sub: "repo:acme/site:ref:refs/heads/release/1" })).toBe("allowed");
    expect(verdictOf(side, github)).toBe("denied");
  });

  it("takes a tag, an environment with a colon, and a sub with ids", () => {
    const tag = iamSideOf(request({ callers: jobs("github", { repository: "acme/site", ref: "refs/tags/v*" }) }));
    expect(verdictOf(tag, { ...github, sub: "repo:acme/site:ref:refs/tags/v1" })).toBe("allowed");
    const environment = iamSideOf(
      request({ callers: jobs("github", { repository: "acme/site", environment: "eu:live ${x}" }) }),
    );
    expect(verdictOf(environment, { ...github, sub: "repo:acme/site:environment:eu%3Alive ${x}" })).toBe("allowed");
    expect(verdictOf(environment, { ...github, sub: "repo:acme/site:environment:eu:live ${x}" })).toBe("denied");
    const ids = iamSideOf(request({ callers: jobs("github", { repository: "acme/site", ref: "main", ids: "12/34" }) }));
    const claims = { ...github, repository_owner_id: "12", repository_id: "34" };
    expect(verdictOf(ids, { ...claims, sub: "repo:acme@12/site@34:ref:refs/heads/main" })).toBe("allowed");
    expect(verdictOf(ids, claims)).toBe("allowed");
    // The name became free, and somebody else has it now.
    expect(verdictOf(ids, { ...claims, repository_id: "35" })).toBe("denied");
    expect(verdictOf(ids, github)).toBe("denied");
  });

  it("takes a service connection of Azure Pipelines", () => {
    const [, token = {}] = tokens.find(([id]) => id === "azure-devops") ?? [];
    const given = { ids: "4f6a8c0e-1b3d-4e5f-9a7b-2c4d6e8f0a1b", subject: "sc://acme/site/production" };
    const side = iamSideOf(request({ callers: jobs("azure-devops", given) }));
    expect(verdictOf(side, { ...token, sub: "sc://acme/site/production" })).toBe("allowed");
    expect(verdictOf(side, token)).toBe("denied");
  });

  it.each([
    ["github", { repository: "acme/site" }, "--ci github needs --ref or --environment"],
    ["github", { ref: "main" }, "--ci github needs --repository"],
    [
      "github",
      { repository: "acme/site", ref: "main", environment: "live" },
      "--ref and --environment contradict each other",
    ],
    ["github", { repository: "acme", ref: "main" }, "OWNER/REPOSITORY"],
    ["github", { repository: "*/*", ref: "main" }, "OWNER/REPOSITORY"],
    ["github", { repository: "acme/site", ref: "a b" }, "is no branch or tag of Git"],
    ["github", { repository: "acme/site", ref: "${x}" }, "is no branch or tag of Git"],
    ["github", { repository: "acme/site", ref: "main", ids: "12" }, "OWNER-ID/REPOSITORY-ID"],
    ["github", { repository: "acme/site", ref: "main", subject: "x" }, "--subject means nothing for --ci github"],
    ["gitlab", { repository: "acme/site", ref: "main", issuer: "http://gitlab.example.com" }, "https://"],
    ["gitlab", { repository: "acme/site", ref: "main", issuer: "https://gitlab.example.com:8443" }, "has a port"],
    [
      "gitlab",
      { repository: "acme/site", ref: "main", issuer: "https://gitlab.example.com/?x" },
      "is no issuer that IAM takes",
    ],
    ["circleci", { ids: "acme/site" }, "ORGANIZATION-ID/PROJECT-ID"],
    ["hcp-terraform", { repository: "a/b/c", environment: "*" }, "must be plan or apply"],
    [
      "kubernetes",
      { issuer: "https://a.example.com", subject: "system:serviceaccount:*:backup" },
      "is no service account",
    ],
    ["kubernetes", { subject: "system:serviceaccount:jobs:backup" }, "needs issuer"],
    ["gcp", { subject: "deploy@acme.iam.gserviceaccount.com" }, "is no unique id"],
    ["other", { issuer: "https://a.example.com", subject: "*" }, "holds a * or ?"],
    ["vercel", { repository: "acme/site", environment: "*" }, "is no environment of Vercel"],
  ] as const)("is refused for %s with %j", (id, given, words) => {
    expect(() => iamSideOf(request({ callers: jobs(id, given) }))).toThrow(words);
  });
});

function withoutSid(policy: string): unknown {
  return JSON.parse(policy, (key, value: unknown) => (key === "Sid" ? undefined : value));
}

describe("docs/ci", () => {
  /** What a person types for the job of the page. */
  const pages: readonly (readonly [page: string, id: string, given: Parameters<typeof jobs>[1]])[] = [
    ["github-actions", "github", { repository: "octo-org/octo-repo", ref: "main" }],
    ["gitlab", "gitlab", undefined],
    ["circleci", "circleci", undefined],
    ["buildkite", "buildkite", undefined],
    ["bitbucket", "bitbucket", undefined],
    ["azure-devops", "azure-devops", undefined],
    ["vercel", "vercel", undefined],
    ["hcp-terraform", "hcp-terraform", { repository: "acme/Default Project/network", environment: "apply" }],
    ["kubernetes", "kubernetes", undefined],
    ["google-cloud", "gcp", undefined],
    ["others", "other", undefined],
  ];

  it.each(pages)("has the same trust policy as is printed: %s.md", async (page, id, given) => {
    const text = await readFile(new URL(`../../../docs/ci/${page}.md`, import.meta.url), "utf8");
    const [, block = ""] = /```json\n(\{[^`]*"Statement"[^`]*)```/.exec(text) ?? [];
    const printed = policyIn(iamSideOf(request({ callers: jobs(id, given) })));
    expect(withoutSid(printed)).toEqual(withoutSid(block));
  });
});

describe("the trust policy for people", () => {
  const token = { iss: "https://acme.eu.auth0.com/", aud: "client", sub: "auth0|1", email: "ann@acme.com" };
  const tagged = (group: string) => ({
    ...token,
    "https://aws.amazon.com/tags": { principal_tags: { Group: [group] } },
  });

  it("lets the named ones in, by address and by subject, and nobody else of the same client", () => {
    const side = iamSideOf(request({ callers: people({ persons: ["ann@acme.com", "auth0|2"] }) }));
    expect(verdictOf(side, token)).toBe("allowed");
    expect(verdictOf(side, { ...token, email: undefined, sub: "auth0|2" })).toBe("allowed");
    expect(verdictOf(side, { ...token, email: "Ann@acme.com" })).toBe("denied");
    expect(verdictOf(side, { ...token, email: "eve@acme.com" })).toBe("denied");
    expect(verdictOf(side, { ...token, email: undefined })).toBe("denied");
    // A subject that looks like somebody's address is no address.
    expect(verdictOf(side, { ...token, email: undefined, sub: "ann@acme.com" })).toBe("denied");
  });

  it.each([["everyone"], ["a person"], ["a group"]])("keeps other clients and issuers out, with %s", (which) => {
    const who = {
      everyone: which === "everyone",
      persons: which === "a person" ? ["ann@acme.com"] : [],
      groups: which === "a group" ? groupClaimOf(["admins"]) : undefined,
    };
    const side = iamSideOf(request({ callers: people(who) }));
    const own = tagged("admins");
    expect(verdictOf(iamSideOf(request({ callers: people(who), hasTags: true })), own)).toBe("allowed");
    for (const patch of [
      { aud: "other" },
      { azp: "other" },
      { iss: "https://acme.eu.auth0.com" },
      { iss: "https://other.eu.auth0.com/" },
    ]) {
      expect({ patch, verdict: verdictOf(side, { ...own, ...patch }) }).toEqual({ patch, verdict: "denied" });
    }
  });

  it("lets a group in by a session tag, and with it the tag", () => {
    const side = iamSideOf(request({ callers: people({ groups: groupClaimOf(["admins", "devs"]) }) }));
    expect(verdictOf(side, tagged("devs"))).toBe("allowed");
    expect(verdictOf(side, tagged("guests"))).toBe("denied");
    expect(verdictOf(side, token)).toBe("denied");
  });

  it("lets a group in by another tag and by amr", () => {
    const team = iamSideOf(request({ callers: people({ groups: groupClaimOf(["Team:platform"]) }) }));
    const claims = { ...token, "https://aws.amazon.com/tags": { principal_tags: { Team: ["platform"] } } };
    expect(verdictOf(team, claims)).toBe("allowed");
    const amr = iamSideOf(request({ callers: people({ groups: groupClaimOf(["amr:admins"]) }) }));
    expect(verdictOf(amr, { ...token, amr: ["mfa", "admins"] })).toBe("allowed");
    expect(verdictOf(amr, { ...token, amr: ["mfa"] })).toBe("denied");
    expect(verdictOf(amr, token)).toBe("denied");
  });

  it("takes tokens with a source identity only where that was said", () => {
    const claims = { ...token, "https://aws.amazon.com/source_identity": "ann" };
    const who = people({ persons: ["ann@acme.com"] });
    expect(verdictOf(iamSideOf(request({ callers: who })), claims)).toBe("denied");
    expect(verdictOf(iamSideOf(request({ callers: who, hasSourceIdentity: true })), claims)).toBe("allowed");
  });

  it.each([
    ["nobody", people(), /who may take the role is not said, and anyone may have an account/],
    [
      "everyone at Google",
      { ...people({ everyone: true }), issuer: "https://accounts.google.com" },
      /everyone would let everybody in/,
    ],
    [
      "everyone at gitlab.com",
      { ...people({ everyone: true }), issuer: "https://gitlab.com" },
      /everyone would let everybody in/,
    ],
    [
      "everyone of every tenant of Entra",
      { ...people({ everyone: true }), issuer: "https://login.microsoftonline.com/common/v2.0" },
      /everyone would let/,
    ],
    [
      "an address at gitlab.com, where AWS wants the subject",
      { ...people({ persons: ["ann@acme.com"] }), issuer: "https://gitlab.com" },
      /does not name the subject/,
    ],
    ["everyone and a person", people({ everyone: true, persons: ["a@b.example"] }), /contradict each other/],
    ["a pattern of people", people({ persons: ["*@acme.com"] }), /a person is named exactly/],
    ["an issuer with a port", { ...people({ everyone: true }), issuer: "https://a.example.com:8443/" }, /has a port/],
    ["an issuer without TLS", { ...people({ everyone: true }), issuer: "http://a.example.com/" }, /https/],
    [
      "a hundred people",
      people({ persons: Array.from({ length: 100 }, (_each, index) => `person-${index}@acme.com`) }),
      /IAM takes at most 2048/,
    ],
  ])("is refused for %s", (_name, callers, words) => {
    expect(() => iamSideOf(request({ callers }))).toThrow(words);
  });

  it.each([
    [["a b:c"], /no key of a session tag/],
    [["admins", "amr:devs"], /in Group and in amr/],
    [["a\nb"], /nobody can see/],
    [[""], /empty/],
  ])("is refused for the groups %j", (typed, words) => {
    expect(() => groupClaimOf(typed)).toThrow(words);
  });
});

describe("an issuer that everybody shares", () => {
  it.each([
    "token.actions.githubusercontent.com",
    "token.actions.githubusercontent.com/acme",
    "token.actions.acme.ghe.com",
    "vstoken.actions.githubusercontent.com",
    "oidc-configuration.audit-log.githubusercontent.com",
    "gitlab.com",
    "agent.buildkite.com",
    "oidc.codefresh.io",
    "studio.datachain.ai/api",
    "scalr.io",
    "tokens.cloud.shisho.dev",
    "app.terraform.io",
    "proidc.upbound.io",
    "api.pulumi.com/oidc",
    "oidc.vercel.com",
    "accounts.google.com",
  ])("is one by AWS's rule too, and wants the same key: %s", (name) => {
    expect(reachOf(name)).toEqual({ isShared: true, needsSubject: controlOf(name)?.keys.includes("sub") });
  });

  it.each(["acme.eu.auth0.com/", "acme.okta.com", "sso.example.com/realms/staff", "gitlab.example.com"])(
    "is not somebody's own: %s",
    (name) => {
      expect(reachOf(name)).toEqual({ isShared: false, needsSubject: false });
      expect(controlOf(name)).toBeUndefined();
    },
  );
});

describe("the role", () => {
  const callers = people({ everyone: true });
  const role = (arn: string, accountId: string | undefined = account, partition = "aws") => ({
    arn,
    partition,
    accountId,
    roleName: arn.split("/").at(-1) ?? "",
  });

  it("has name, path, account and partition of its ARN, and lasts an hour at least", () => {
    const side = iamSideOf(
      request({
        callers,
        role: role("arn:aws-cn:iam::123456789012:role/a/b/Developer", account, "aws-cn"),
        durationSeconds: 900,
      }),
    );
    expect(side).toMatchObject({
      partition: "aws-cn",
      accounts: [account],
      role: {
        name: "Developer",
        path: "/a/b/",
        maxSessionSeconds: 3600,
        policyArns: ["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"],
      },
    });
  });

  it.each([
    ["an account of eleven digits", { accounts: ["12345678901"] }, /twelve digits/],
    ["a person for an account", { accounts: ["ann@acme.com"] }, /twelve digits/],
    ["a policy that is no ARN", { policyArns: ["arn:aws:iam::aws:role/x"] }, /neither the ARN of a managed policy/],
    [
      "a policy of another account",
      { accounts: [account], policyArns: ["arn:aws:iam::111111111111:policy/x"] },
      /another account/,
    ],
    ["a policy of another partition", { policyArns: ["arn:aws-cn:iam::aws:policy/x"] }, /another partition/],
    [
      "a role of no AWS account",
      { role: { ...role("arn:minio:iam:::role/x"), accountId: undefined, partition: "minio" } },
      /no role of AWS/,
    ],
  ])("is refused with %s", (_name, patch, words) => {
    expect(() => iamSideOf(request({ callers, ...patch }))).toThrow(words);
  });
});
