import { setting, hint } from "@tegata/core";
import { refused } from "../refuse.ts";

/**
 * Issuers at which everybody can have an account or a pipeline. AWS knows most of them too, and refuses a new trust policy without
 * the keys that are named here.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
 */
const shared: readonly { readonly issuer: RegExp; readonly needsSubject: boolean }[] = [
  { issuer: /^token\.actions\.(?:githubusercontent\.com|[\w-]+\.ghe\.com)(?:\/|$)/, needsSubject: true },
  { issuer: /^oidc-configuration\.audit-log\.githubusercontent\.com$/, needsSubject: true },
  { issuer: /^gitlab\.com$/, needsSubject: true },
  { issuer: /^agent\.buildkite\.com$/, needsSubject: true },
  { issuer: /^app\.terraform\.io$/, needsSubject: true },
  { issuer: /^vstoken\.(?:dev\.azure\.com|actions\.githubusercontent\.com)(?:\/|$)/, needsSubject: true },
  { issuer: /^oidc\.codefresh\.io$/, needsSubject: true },
  { issuer: /^studio\.datachain\.ai\/api$/, needsSubject: true },
  { issuer: /^scalr\.io$/, needsSubject: true },
  { issuer: /^tokens\.cloud\.shisho\.dev$/, needsSubject: true },
  { issuer: /^proidc\.upbound\.io$/, needsSubject: true },
  { issuer: /^accounts\.google\.com$/, needsSubject: false },
  {
    issuer:
      /^login\.microsoftonline\.com\/(?:common|organizations|consumers|9188040d-6c67-4c5b-b112-36a304b66dad)(?:\/|$)/,
    needsSubject: false,
  },
  { issuer: /^api\.pulumi\.com\/oidc$/, needsSubject: false },
  { issuer: /^oidc\.vercel\.com$/, needsSubject: false },
  { issuer: /^oidc\.circleci\.com$/, needsSubject: false },
];

/** How far an issuer is one's own. */
export function reachOf(hostAndPath: string): { readonly isShared: boolean; readonly needsSubject: boolean } {
  const found = shared.find(({ issuer }) => issuer.test(hostAndPath));
  return { isShared: found !== undefined, needsSubject: found?.needsSubject === true };
}

/**
 * An issuer that IAM takes: https, no port, no query; characters that an ARN can hold.
 *
 * @throws TegataError `usage_invalid`
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
 */
export function iamIssuer(issuer: string): string {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const problem =
    url === undefined || url.protocol !== "https:"
      ? "is no URL that starts with https://, which IAM wants of an issuer"
      : url.port !== "" || /^https:\/\/[^/]*:/.test(issuer)
        ? "has a port, which IAM does not take in an issuer"
        : !/^https:\/\/[A-Za-z0-9.-]+(?:\/[\w.~%-]+)*\/?$/.test(issuer) || issuer.length > 255
          ? "is no issuer that IAM takes: host and path of letters, digits and -._~%, at most 255 characters"
          : undefined;
  if (problem !== undefined) {
    throw refused(
      setting("issuer"),
      issuer,
      problem,
      hint`write the iss of the tokens: ${setting("issuer", "https://HOST/PATH")}`,
    );
  }
  return issuer;
}
