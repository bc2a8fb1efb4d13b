import {
  type CiPlatform,
  groupClaimOf,
  ciPlatforms,
  type IamSide,
  iamSideOf,
  type IamRequest,
  printTree,
  trustPolicyOf,
  json,
} from "../src/index.ts";

export const role = {
  arn: "arn:aws:iam::123456789012:role/team/Developer",
  partition: "aws",
  accountId: "123456789012",
  roleName: "Developer",
} as const;

/** A request with nothing but what a test says. */
export function request(patch: Partial<IamRequest> & Pick<IamRequest, "callers">): IamRequest {
  return {
    role: undefined,
    durationSeconds: undefined,
    policyArns: ["ReadOnlyAccess"],
    accounts: [],
    hasExistingProvider: false,
    hasTags: false,
    hasSourceIdentity: false,
    ...patch,
  };
}

/** People of an own tenant of Auth0, whose issuer ends in a slash. */
export function people(patch: Partial<Extract<IamRequest["callers"], { kind: "people" }>["people"]> = {}) {
  return {
    kind: "people",
    issuer: "https://acme.eu.auth0.com/",
    clientId: "client",
    people: { persons: [], groups: undefined, everyone: false, ...patch },
  } as const;
}

/** The jobs of a platform: those of its own example, where nothing else is said. */
export function jobs(id: string, given?: CiPlatform["example"]) {
  const platform = ciPlatforms.find((each) => each.id === id);
  if (platform === undefined) {
    throw new Error(`there is no platform ${id}`);
  }
  return { kind: "jobs", platform, given: given ?? platform.example } as const;
}

/** Everything that the IAM side can be about: each name finishes a sentence. */
export const iamExamples: readonly (readonly [name: string, facts: IamSide])[] = [
  ...ciPlatforms.map(({ id }) => [`the jobs of ${id}`, iamSideOf(request({ callers: jobs(id) }))] as const),
  ["one person by e-mail address", iamSideOf(request({ callers: people({ persons: ["ann@acme.com"] }), role }))],
  [
    "people by subject and by address",
    iamSideOf(request({ callers: people({ persons: ["auth0|1", "auth0|2", "ann@acme.com"] }) })),
  ],
  [
    "a group in a tag",
    iamSideOf(request({ callers: people({ groups: groupClaimOf(["admins"]) }), hasSourceIdentity: true })),
  ],
  [
    "groups in amr",
    iamSideOf(request({ callers: people({ groups: groupClaimOf(["amr:a", "amr:b"]) }), durationSeconds: 43_200 })),
  ],
  [
    "everyone, with nothing known",
    iamSideOf(request({ callers: { ...people({ everyone: true }), clientId: undefined }, policyArns: [] })),
  ],
  [
    "several accounts",
    iamSideOf(request({ callers: people({ everyone: true }), accounts: ["111111111111", "222222222222"] })),
  ],
  [
    "several accounts, with nothing known",
    iamSideOf(
      request({
        callers: { ...people({ everyone: true }), clientId: undefined },
        policyArns: [],
        accounts: ["111111111111", "222222222222"],
      }),
    ),
  ],
  ["a provider that is there", iamSideOf(request({ callers: jobs("gitlab"), hasExistingProvider: true }))],
  [
    "a person of Google",
    iamSideOf(
      request({ callers: { ...people({ persons: ["ann@acme.com"] }), issuer: "https://accounts.google.com" } }),
    ),
  ],
];

/** The trust policy as data, with PROVIDER in place of the provider's ARN. */
export function policyOf({ trust, provider }: IamSide): unknown {
  const name = provider.kind === "built-in" ? "accounts.google.com" : "PROVIDER";
  return JSON.parse(printTree(trustPolicyOf(trust, name), { ...json, unknown: () => '"CLIENT"' }));
}
