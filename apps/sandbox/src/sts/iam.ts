import { OKTA_API } from "../idp/machine-tokens.ts";
import {
  ACCOUNT_ID,
  CLIENT_ID,
  CLIENT_ID_WITHOUT_REVOCATION,
  MACHINE_CLIENT_ID,
  type SandboxIssuers,
  type SandboxOptions,
  type SandboxRole,
} from "../options.ts";
import { randomIdentifier } from "./credentials.ts";
import { providerArn, providerName, type TrustPolicy, type TrustStatement } from "./trust-policy.ts";

/** A role as STS sees it. */
export interface Role {
  arn: string;
  /** Empty at an S3-compatible store. */
  accountId: string;
  name: string;
  /** `AROA…`, the first half of AssumedRoleId. */
  id: string;
  maxSessionDurationSeconds: number;
  trustPolicy: TrustPolicy;
}

/** An OIDC provider that is registered in IAM. */
export interface RegisteredProvider {
  url: string;
  clientIds: readonly string[];
}

/** Parts of a role's ARN. */
interface RoleArn {
  partition: string;
  accountId: string;
  /** Last part of the path. */
  name: string;
}

/** The parts, or undefined when it is no role's ARN. */
export function parseRoleArn(arn: string): RoleArn | undefined {
  const match = /^arn:([\w-]+):iam::(\d{12}|):role\/(?:[\w+=,.@/-]*\/)?([\w+=,.@-]{1,64})$/.exec(arn);
  const [, partition, accountId, name] = match ?? [];
  return partition === undefined || accountId === undefined || name === undefined
    ? undefined
    : { partition, accountId, name };
}

/** Whom tokens are for that roles trust: a person's client, a machine's, and what Okta's access tokens name. */
const CLIENT_IDS: readonly string[] = [CLIENT_ID, CLIENT_ID_WITHOUT_REVOCATION, MACHINE_CLIENT_ID, OKTA_API];

/** Roles and providers of one sandbox. */
export class Iam {
  readonly #roles = new Map<string, Role>();
  readonly #providers: readonly RegisteredProvider[];

  constructor(options: SandboxOptions, issuers: SandboxIssuers, bobIds: readonly string[]) {
    const unregistered = new Set(options.unregistered);
    this.#providers = [
      ...(["oidc", "auth0", "okta", "entra", "openiddict", "cognito", "gitlab"] as const)
        .filter((face) => !unregistered.has(face))
        .flatMap((face) => issuers[face] ?? [])
        .map((url) => ({ url, clientIds: CLIENT_IDS })),
      ...(options.providers ?? []),
    ];
    for (const role of [...defaultRoles(bobIds), ...(options.roles ?? [])]) {
      const parts = parseRoleArn(role.arn);
      if (parts === undefined) {
        throw new TypeError(`not the ARN of a role: ${role.arn}`);
      }
      this.#roles.set(role.arn, {
        arn: role.arn,
        accountId: parts.accountId,
        name: parts.name,
        id: `AROA${randomIdentifier(17)}`,
        maxSessionDurationSeconds: role.maxSessionDurationSeconds ?? 3600,
        trustPolicy: role.trustPolicy?.(issuers) ?? trustOf(parts.accountId, issuers),
      });
    }
  }

  role(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  /** The provider with exactly this URL in the account; an account without a number has all of them. */
  provider(accountId: string, url: string): RegisteredProvider | undefined {
    return accountId === ACCOUNT_ID || accountId === ""
      ? this.#providers.find((provider) => provider.url === url)
      : undefined;
  }
}

/** ARN of one of the default roles. */
export function defaultRoleArn(name: "Developer" | "ReadOnly" | "BobOnly"): string {
  return `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;
}

function defaultRoles(bobIds: readonly string[]): SandboxRole[] {
  return [
    { arn: defaultRoleArn("Developer"), maxSessionDurationSeconds: 43_200 },
    { arn: defaultRoleArn("ReadOnly"), maxSessionDurationSeconds: 3600 },
    {
      arn: defaultRoleArn("BobOnly"),
      maxSessionDurationSeconds: 3600,
      trustPolicy: (issuers) => trustOf(ACCOUNT_ID, issuers, bobIds),
    },
  ];
}

/** The issuers, this sandbox's client as audience, and nobody but the subjects named. */
function trustOf(accountId: string, issuers: SandboxIssuers, subjects?: readonly string[]): TrustPolicy {
  const statement = (issuer: string): TrustStatement => ({
    Effect: "Allow",
    Principal: { Federated: providerArn(accountId, issuer) },
    Action: ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"],
    Condition: {
      StringEquals: {
        [`${providerName(issuer)}:aud`]: CLIENT_IDS,
        ...(subjects && { [`${providerName(issuer)}:sub`]: subjects }),
      },
    },
  });
  return { Version: "2012-10-17", Statement: Object.values(issuers).map((issuer: string) => statement(issuer)) };
}
