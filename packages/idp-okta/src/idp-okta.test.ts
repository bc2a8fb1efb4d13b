/// <reference types="node" />
import { limitedFetch } from "@tegata/core";
import { CLIENT_ID_WITHOUT_DEVICE_GRANT, startSandbox, type Sandbox } from "@tegata/sandbox";
import { failure, heldClock, idpContract, startRun, type IdpUnderTest, type RunOptions } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { idpOkta } from "./index.ts";

const good = { domain: "acme.okta.com", client_id: "0oa1example" };
const complaintOf = (patch: Readonly<Record<string, unknown>>) => {
  const issue = v.safeParse(idpOkta.settings, { ...good, ...patch }).issues?.[0];
  return issue && `${String(issue.path?.[0]?.key)}: ${issue.message}`;
};

describe("the issuer of an Okta org", () => {
  it.each([
    [{}, "https://acme.okta.com"],
    [{ domain: "https://ACME.okta.com/" }, "https://acme.okta.com"],
    [{ domain: "login.example.com" }, "https://login.example.com"],
    [{ authorization_server: "default" }, "https://acme.okta.com/oauth2/default"],
    [{ authorization_server: " aus9o8wzkhckw9TLa0h7 " }, "https://acme.okta.com/oauth2/aus9o8wzkhckw9TLa0h7"],
  ])("with %j is %s", (patch, issuer) => {
    const settings = v.parse(idpOkta.settings, { ...good, ...patch });
    expect(idpOkta.expectations(settings)).toEqual({ issuer, audience: "0oa1example" });
  });

  it.each([
    [{ domain: "acme-admin.okta.com" }, /^domain: must be the org's own host, without -admin/],
    [{ domain: "https://acme-admin.oktapreview.com" }, /^domain: must be the org's own host/],
    [{ domain: "acme.okta.com/oauth2/default" }, /^domain: must be a host name such as acme\.okta\.com$/],
    [{ authorization_server: "" }, /^authorization_server: must be default, or the id/],
    [{ authorization_server: "../../x" }, /^authorization_server: must be default/],
    [{ authorization_server: "https://acme.okta.com/oauth2/default" }, /^authorization_server: must be default/],
    [{ tenant: "acme" }, /^tenant: /],
    [{ scope: "email" }, /^scope: must hold openid/],
  ])("is refused with %j", (patch, complaint) => {
    expect(complaintOf(patch)).toMatch(complaint);
  });
});

const wear = (sandbox: Sandbox, clientId = sandbox.face("okta").clientId): IdpUnderTest => ({
  settings: { domain: sandbox.face("okta").origin, authorization_server: "default", client_id: clientId },
  fetch: limitedFetch(fetch, heldClock()),
  approve: (uri) => sandbox.approve(uri),
  deny: (uri) => sandbox.deny(uri),
  browser: { authorize: (uri, outcome) => sandbox.authorize(uri, { outcome }) },
  omitNextIdToken: () => sandbox.faults.set({ kind: "idToken", fault: { how: "missing" }, times: 1 }),
  secrets: () => sandbox.secrets().map(({ value }) => value),
  stop: () => sandbox.close(),
});

const signIn = (provider: IdpUnderTest, options: RunOptions = { person: "allows" }) => {
  const run = startRun(idpOkta, provider, options);
  return { run, grant: idpOkta.acquire(v.parse(idpOkta.settings, provider.settings), run.context) };
};

describe("Okta", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ faces: ["okta"] });
  });
  afterEach(() => sandbox.faults.clear());
  afterAll(() => sandbox.close());

  it("refuses a client without the grant Device Authorization, and the hint says where to tick it, before anybody is asked", async () => {
    const { run, grant } = signIn(wear(sandbox, CLIENT_ID_WITHOUT_DEVICE_GRANT));
    const error = await failure(grant, "idp_grant_disabled");
    expect(error.message).toContain('Okta refuses the client "no-device-grant": The client is not authorized');
    expect(error.hint).toContain("tick Device Authorization");
    expect(run.prompts.shown).toBe(0);
  });

  it("refuses an unknown client, and the hint says where its id stands", async () => {
    const error = await failure(signIn(wear(sandbox, "nobody")).grant, "idp_client_rejected");
    expect(error.message).toBe(`Okta refuses the client "nobody": Invalid value for 'client_id' parameter`);
    expect(error.hint).toContain("copy client_id");
  });

  it.each([
    ["Policy evaluation failed for this request, please check the policy configuration.", "Access Policies"],
    ["User is not assigned to the client application.", "Assignments"],
  ])("refuses by a policy, and the hint does not blame the person: %s", async (description, place) => {
    const body = JSON.stringify({ error: "access_denied", error_description: description });
    for (const area of ["token", "device_authorization"] as const) {
      sandbox.faults.clear();
      sandbox.faults.set({ kind: "status", area, status: 400, body });
      const error = await failure(signIn(wear(sandbox)).grant, "idp_rejected");
      expect(error.hint).toContain(place);
    }
  });

  it("says that the person denied the sign-in, and blames no policy", async () => {
    const error = await failure(signIn(wear(sandbox), { person: "denies" }).grant, "sign_in_denied");
    expect(error.message).toContain("The resource owner or authorization server denied the request");
  });

  it("refuses offline_access without the grant Refresh Token, and the hint says so", async () => {
    const body = JSON.stringify({
      error: "invalid_scope",
      error_description: "One or more scopes are not configured.",
    });
    sandbox.faults.set({ kind: "status", area: "device_authorization", status: 400, body });
    const error = await failure(signIn(wear(sandbox)).grant, "idp_rejected");
    expect(error.hint).toContain("offline_access needs the grant type Refresh Token");
  });
});

idpContract(idpOkta, async () => wear(await startSandbox({ faces: ["okta"] })));
