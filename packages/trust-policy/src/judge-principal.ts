import { partitionNamed, shownValue } from "@tegata/core";
import { type Provider, providerArn, shownProvider } from "./provider.ts";
import type { TrustPrincipal } from "./read-policy.ts";
import { accountOf, type TrustRequest } from "./request-context.ts";
import type { Truth } from "./verdict.ts";

/** Whether a statement is about the token's provider. */
export interface PrincipalJudgement {
  readonly truth: Truth;
  readonly why: string;
}

interface NamedPrincipal {
  /** As the policy has it. */
  readonly written: string;
  /** Of an ARN. */
  readonly partition: string | undefined;
  readonly account: string | undefined;
  /** Behind `oidc-provider/`, or the text itself where it is no ARN. */
  readonly name: string;
  readonly isArn: boolean;
}

interface PrincipalFault {
  readonly id: string;
  /** `undefined`: it is not this. */
  readonly find: (named: NamedPrincipal, request: TrustRequest) => string | undefined;
}

/** What is wrong with a federated principal that is not the token's provider, the nearest fault first. */
export const principalFaults: readonly PrincipalFault[] = [
  {
    id: "built-in",
    find: ({ isArn, name }, { provider: { builtIn } }) =>
      builtIn !== undefined && isArn && name === builtIn
        ? `AWS knows ${builtIn} by its name alone: an IAM provider of this URL never fits`
        : undefined,
  },
  {
    id: "account",
    find: ({ isArn, name, account }, { provider, context }) =>
      isArn && name === provider.name && account !== accountOf(context).account
        ? `Principal names a provider of another account (${shownValue(account, 20)}): it must be one of the role's own account`
        : undefined,
  },
  {
    id: "partition",
    find: ({ isArn, name, partition }, { provider, context }) =>
      isArn && name === provider.name && partition !== (accountOf(context).partition ?? partition)
        ? `Principal names a provider of another partition (${shownValue(partition, 20)})`
        : undefined,
  },
  {
    id: "no-arn",
    find: ({ isArn, name }, { provider }) =>
      !isArn && sameName(name, provider.name)
        ? "Principal names the provider by its URL: AWS takes its ARN, arn:aws:iam::ACCOUNT:oidc-provider/…"
        : undefined,
  },
  {
    id: "scheme",
    find: ({ isArn, name }, { provider }) =>
      isArn && /^https?:\/\//i.test(name) && sameName(name, provider.name)
        ? "Principal names the provider with https://: its ARN begins with the host behind oidc-provider/"
        : undefined,
  },
  {
    id: "no-slash",
    find: ({ name }, { provider }) =>
      `${name}/` === provider.name
        ? `Principal names the provider without its slash: the issuer ends with one (${shownProvider(provider)})`
        : undefined,
  },
  {
    id: "slash",
    find: ({ name }, { provider }) =>
      name === `${provider.name}/`
        ? `Principal names the provider with a slash at its end: the issuer has none (${shownProvider(provider)})`
        : undefined,
  },
  {
    id: "case",
    find: ({ name }, { provider }) =>
      name !== provider.name && name.toLowerCase() === provider.name.toLowerCase()
        ? `Principal and the issuer ${shownProvider(provider)} differ only by case`
        : undefined,
  },
  {
    id: "blank",
    find: ({ name }, { provider }) =>
      name !== provider.name && name.trim() === provider.name ? "Principal has a blank at its end" : undefined,
  },
  {
    id: "wildcard",
    find: ({ written }) =>
      /[*?]/.test(written) ? "Principal has a wildcard: AWS takes it as it is written" : undefined,
  },
  {
    id: "saml",
    find: ({ written }) => (/:saml-provider\//.test(written) ? "Principal is a SAML provider" : undefined),
  },
  {
    id: "placeholder",
    find: ({ written }) => (/\$\{|<[^>]*>|\{\{/.test(written) ? "Principal still holds a placeholder" : undefined),
  },
  {
    id: "path",
    find: ({ isArn, name }, { provider }) =>
      isArn && hostOf(name) === hostOf(provider.name)
        ? `Principal names another issuer of the same host: the token's is ${shownProvider(provider)}`
        : undefined,
  },
];

/**
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function judgePrincipal(
  principal: TrustPrincipal | undefined,
  isNotPrincipal: boolean,
  request: TrustRequest,
): PrincipalJudgement {
  if (isNotPrincipal) {
    return { truth: "unknown", why: "NotPrincipal cannot be judged here: name the provider with Principal" };
  }
  if (principal === undefined) {
    return { truth: "unknown", why: "Principal cannot be read" };
  }
  if (principal === "*") {
    return { truth: "unknown", why: 'Principal is "*": nobody says whether that lets web identities in' };
  }
  const federated = principal.get("Federated");
  if (federated === undefined) {
    const kinds = [...principal.keys()].map((kind) => shownValue(kind, 40)).join(", ");
    return { truth: "no", why: `Principal is ${kinds}, which lets no web identity in: it must be Federated` };
  }
  const judged = federated.map((written) => judgeName(written, request));
  return (
    judged.find(({ truth }) => truth === "yes") ??
    judged.find(({ truth }) => truth === "unknown") ??
    judged[0] ?? { truth: "no", why: "Principal names no provider" }
  );
}

function judgeName(written: string, request: TrustRequest): PrincipalJudgement {
  if (written === "*") {
    return { truth: "unknown", why: 'Principal is "*": nobody says whether that lets web identities in' };
  }
  const { provider, context } = request;
  const named = readName(written);
  const { account, partition } = accountOf(context);
  const isOfRole =
    named.isArn &&
    (account === undefined || named.account === account) &&
    (partition === undefined ? partitionNamed(named.partition ?? "") !== undefined : named.partition === partition);
  if (provider.builtIn === undefined ? isOfRole && named.name === provider.name : written === provider.builtIn) {
    return { truth: "yes", why: `Principal is ${shownProvider(provider)}` };
  }
  for (const { find } of principalFaults) {
    const fault = find(named, request);
    if (fault !== undefined) {
      return { truth: "no", why: fault };
    }
  }
  return {
    truth: "no",
    why: `Principal is ${shownValue(written, 160)}: the token comes from ${expected(provider, request)}`,
  };
}

/** What would fit. */
function expected(provider: Provider, { context }: TrustRequest): string {
  const { account, partition } = accountOf(context);
  return provider.builtIn ?? shownValue(providerArn(provider, account ?? "ACCOUNT", partition), 200);
}

function readName(written: string): NamedPrincipal {
  const [, partition, account, name] = /^arn:([^:]*):iam::([^:]*):oidc-provider\/(.*)$/s.exec(written) ?? [];
  return name === undefined
    ? { written, partition: undefined, account: undefined, name: written, isArn: false }
    : { written, partition, account, name, isArn: true };
}

function sameName(one: string, other: string): boolean {
  return bareName(one) === bareName(other);
}

function bareName(name: string): string {
  return name
    .replace(/^https?:\/\//i, "")
    .replace(/\/$/, "")
    .toLowerCase();
}

function hostOf(name: string): string {
  return name
    .replace(/^https?:\/\//i, "")
    .replace(/\/.*$/s, "")
    .toLowerCase();
}
