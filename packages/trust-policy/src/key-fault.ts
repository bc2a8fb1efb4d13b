import { shownName, type TokenClaims } from "@tegata/core";
import { type Provider, shownProvider } from "./provider.ts";
import { commonKeys, knownProvider } from "./provider-keys.ts";

/** Claims that people expect to be keys, and what to write. */
const insteadOf: Readonly<Record<string, string>> = {
  iss: "the provider in Principal stands for the issuer: drop the condition",
  azp: "what azp holds is the key aud",
  repository_owner: "use repository_owner_id, or sub",
  event_name: "use sub, which says pull_request or names the ref",
  runner_environment: "use sub",
  base_ref: "use sub",
  head_ref: "use sub",
  enterprise: "use enterprise_id",
  groups: "let the provider put groups into session tags, and use aws:RequestTag",
  roles: "let the provider put roles into session tags, and use aws:RequestTag",
};

/**
 * Why AWS fills no key of this name from the provider's tokens.
 *
 * @param name behind the colon, in lower case
 */
export function explainUnknownKey(
  name: string,
  { provider, claims }: { readonly provider: Provider; readonly claims: TokenClaims },
): string {
  const own = knownProvider(provider.name)?.keys.map((key) => key.name) ?? [];
  const meant = [...commonKeys, ...own].find((key) => bare(key) === bare(name));
  if (meant !== undefined) {
    return `AWS writes this key ${meant}`;
  }
  const instead = Object.hasOwn(insteadOf, name) ? insteadOf[name] : undefined;
  if (instead !== undefined) {
    return `AWS has no key ${name} for ${shownProvider(provider)}: ${instead}`;
  }
  const isClaim = Object.keys(claims).some((claim) => claim.toLowerCase() === name);
  return isClaim
    ? `the token has the claim ${shownName(name)}, but AWS makes no key of it for ${shownProvider(provider)}: use sub or session tags`
    : `AWS has no key ${shownName(name)} for ${shownProvider(provider)}`;
}

interface KeyFault {
  readonly id: string;
  /** `undefined`: it is not this. */
  readonly find: (key: string, provider: Provider) => string | undefined;
}

/** What is wrong with the name of a key that is not the provider's, the nearest fault first. */
export const keyFaults: readonly KeyFault[] = [
  {
    id: "placeholder",
    find: (key) => (/\$\{|<[^>]*>|\{\{/.test(key) ? "the key still holds a placeholder" : undefined),
  },
  {
    id: "scheme",
    find: (key, provider) =>
      isKeyOf(key.replace(/^https?:\/\//i, ""), provider.name) && /^https?:\/\//i.test(key)
        ? "the key begins with https://: AWS's keys begin with the host"
        : undefined,
  },
  {
    id: "arn",
    find: (key, provider) => {
      const [, behind] = /:oidc-provider\/(.*)$/is.exec(key) ?? [];
      return behind !== undefined && isKeyOf(behind, provider.name)
        ? "the key begins with the provider's ARN: AWS's keys begin with the host"
        : undefined;
    },
  },
  {
    id: "slash",
    find: (key, provider) =>
      provider.name.endsWith("/") && isKeyOf(key, provider.name.replace(/\/$/, ""))
        ? `the key lacks the slash that the issuer ends with: ${shownProvider(provider)}:…`
        : isKeyOf(key, `${provider.name}/`)
          ? `the key has a slash behind the host that the issuer does not end with: ${shownProvider(provider)}:…`
          : undefined,
  },
  {
    id: "blank",
    find: (key, provider) =>
      key.trim() !== key && isKeyOf(key.trim(), provider.name) ? "the key has a blank at its ends" : undefined,
  },
  {
    id: "path",
    find: (key, provider) =>
      /^[^:]*\.[^:]*:/.test(key) && hostOf(key) === hostOf(provider.name)
        ? `the key names another path of the host: the issuer of this token is ${shownProvider(provider)}`
        : undefined,
  },
  {
    id: "saml",
    find: (key) => (/^saml:/i.test(key) ? "it is a key of SAML, which this token is not" : undefined),
  },
  {
    id: "other-provider",
    find: (key, provider) => {
      const [, name] = /^(.*):[^:]*$/s.exec(key) ?? [];
      if (name === undefined || !name.includes(".")) {
        return undefined;
      }
      const title = knownProvider(name)?.title;
      return `it is a key of ${title ?? shownName(name)}: this token comes from ${shownProvider(provider)}`;
    },
  },
  {
    id: "no-provider",
    find: (key, provider) =>
      key.includes(":") ? undefined : `the key lacks the provider: ${shownProvider(provider)}:${shownName(key)}`,
  },
];

/** Why AWS fills a key with nothing at this call that is not one of the token's provider. */
export function explainForeignKey(key: string, provider: Provider): string {
  for (const { find } of keyFaults) {
    const fault = find(key, provider);
    if (fault !== undefined) {
      return fault;
    }
  }
  return "AWS fills no such key when a web identity assumes a role";
}

function isKeyOf(key: string, name: string): boolean {
  return key.toLowerCase().startsWith(`${name.toLowerCase()}:`);
}

function hostOf(text: string): string {
  return text.toLowerCase().replace(/[/:].*$/s, "");
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "");
}
