/// <reference types="node" />
import { limitedFetch } from "@tegata/core";
import { startSandbox } from "@tegata/sandbox";
import { heldClock, idpContract } from "@tegata/testkit";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { idpAuth0 } from "./index.ts";

const good = { domain: "acme.eu.auth0.com", client_id: "client" };
const complaintOf = (patch: Readonly<Record<string, unknown>>) => {
  const issue = v.safeParse(idpAuth0.settings, { ...good, ...patch }).issues?.[0];
  return issue && `${String(issue.path?.[0]?.key)}: ${issue.message}`;
};

describe("the domain of an Auth0 tenant", () => {
  it.each([
    ["acme.eu.auth0.com", "https://acme.eu.auth0.com/"],
    ["acme.eu.auth0.com/", "https://acme.eu.auth0.com/"],
    ["https://acme.eu.auth0.com", "https://acme.eu.auth0.com/"],
    ["https://acme.eu.auth0.com/", "https://acme.eu.auth0.com/"],
    [" ACME.eu.auth0.com ", "https://acme.eu.auth0.com/"],
    ["login.example.com:8443", "https://login.example.com:8443/"],
    ["http://127.0.0.1:9401", "http://127.0.0.1:9401/"],
  ])("%j is the issuer %s, with its slash", (domain, issuer) => {
    const settings = v.parse(idpAuth0.settings, { ...good, domain });
    expect(idpAuth0.expectations(settings)).toEqual({ issuer, audience: "client" });
  });

  it.each([
    "",
    " ",
    "acme eu",
    "http://acme.eu.auth0.com",
    "acme.eu.auth0.com/oauth",
    "acme.eu.auth0.com?a=b",
    "acme.eu.auth0.com?",
    "acme.eu.auth0.com#a",
    "acme.eu.auth0.com#",
    "ann@acme.eu.auth0.com",
    ":secret@acme.eu.auth0.com",
    "https://ann:secret@acme.eu.auth0.com",
    "https://https://acme.eu.auth0.com",
    "javascript:alert(1)",
    "ftp://acme.eu.auth0.com",
    "acme.eu.auth0.com\\..\\x",
  ])("is not %j", (domain) => {
    expect(complaintOf({ domain })).toBe("domain: must be a host name such as acme.eu.auth0.com");
  });

  it("is no number", () => {
    expect(complaintOf({ domain: 5 })).toBe("domain: must be text");
  });
});

describe("the other settings of Auth0", () => {
  it("have Auth0's usual scopes", () => {
    expect(v.parse(idpAuth0.settings, good)).toEqual({ ...good, scope: "openid email offline_access" });
  });
  it.each([
    [{ client_id: "" }, "client_id: must not be empty"],
    [{ scope: "email" }, "scope: must hold openid, else there is no ID token"],
    [{ audience: "" }, "audience: must not be empty"],
    [
      { organization: "" },
      "organization: must be the id of an organization, such as org_9ybsU1dN2dKfDkBi, or its name",
    ],
    [
      { organization: "acme corp" },
      "organization: must be the id of an organization, such as org_9ybsU1dN2dKfDkBi, or its name",
    ],
    [{ connection: " " }, "connection: must not be empty"],
    [{ screen_hint: "signup\u001b" }, "screen_hint: must be printable ASCII"],
  ])("refuse %j", (patch, complaint) => {
    expect(complaintOf(patch)).toBe(complaint);
  });
});

const settingsWith = (patch: Readonly<Record<string, unknown>>) => v.parse(idpAuth0.settings, { ...good, ...patch });

describe("an organization of Auth0", () => {
  it.each([
    ["org_9ybsU1dN2dKfDkBi", { name: "org_id", value: "org_9ybsU1dN2dKfDkBi", setting: "organization" }],
    ["Acme-Corp", { name: "org_name", value: "Acme-Corp", ignoresCase: true, setting: "organization" }],
  ])("%s must be the one in the ID token", (organization, claim) => {
    expect(idpAuth0.requiredClaims?.(settingsWith({ organization }))).toEqual([claim]);
  });

  it("is asked for by nobody who has not set it", () => {
    expect(idpAuth0.requiredClaims?.(settingsWith({}))).toEqual([]);
  });

  it.each([{ organization: "acme" }, { connection: "okta-staff" }, { screen_hint: "signup" }])(
    "and what else the device grant cannot ask for leaves the browser flow: %j",
    (patch) => {
      expect(idpAuth0.flows?.(settingsWith({}))).toEqual(["device", "browser", "client-credentials"]);
      expect(idpAuth0.flows?.(settingsWith(patch))).toEqual(["browser", "client-credentials"]);
    },
  );
});

idpContract(idpAuth0, async () => {
  const sandbox = await startSandbox();
  return {
    settings: { domain: sandbox.auth0.domain, client_id: sandbox.auth0.clientId },
    fetch: limitedFetch(fetch, heldClock()),
    approve: (uri) => sandbox.approve(uri),
    deny: (uri) => sandbox.deny(uri),
    browser: { authorize: (uri, outcome) => sandbox.authorize(uri, { outcome }) },
    omitNextIdToken: () => sandbox.faults.set({ kind: "idToken", fault: { how: "missing" }, times: 1 }),
    secrets: () => sandbox.secrets().map(({ value }) => value),
    stop: () => sandbox.close(),
  };
});
