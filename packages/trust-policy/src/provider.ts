import { printable } from "@tegata/core";

/** The identity provider of a token as IAM knows it. */
export interface Provider {
  /** The issuer, as the token has it. */
  readonly issuer: string;
  /** The issuer without `https://`, path and last slash included: what stands before the colon of its condition keys. */
  readonly name: string;
  /** What a trust policy names it by where AWS has it built in; `undefined` for those that IAM knows by an ARN. */
  readonly builtIn: string | undefined;
}

/** Providers that need no IAM resource: trust policies name them by their host. */
const builtInProviders: readonly string[] = [
  "accounts.google.com",
  "cognito-identity.amazonaws.com",
  "www.amazon.com",
  "graph.facebook.com",
];

/** @param issuer the claim `iss` */
export function providerOf(issuer: string): Provider {
  const name = issuer.replace(/^https?:\/\//i, "");
  return { issuer, name, builtIn: builtInProviders.find((host) => host === name) };
}

/** A provider's own ARN in an account. */
export function providerArn(provider: Provider, account: string, partition = "aws"): string {
  return `arn:${partition}:iam::${account}:oidc-provider/${provider.name}`;
}

/** How a provider is called in a sentence. */
export function shownProvider(provider: Provider): string {
  return printable(provider.name, 120);
}
