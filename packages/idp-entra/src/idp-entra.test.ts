/// <reference types="node" />
import { limitedFetch } from "@tegata/core";
import { ENTRA_TENANT, startSandbox, type Sandbox } from "@tegata/sandbox";
import { failure, heldClock, idpContract, startRun, type IdpUnderTest, type RunOptions } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { idpEntra } from "./index.ts";

const good = { tenant: ENTRA_TENANT, client_id: "535fb089-9ff3-47b6-9bfb-4f1264799865" };
const complaintOf = (patch: Readonly<Record<string, unknown>>) => {
  const issue = v.safeParse(idpEntra.settings, { ...good, ...patch }).issues?.[0];
  return issue && `${String(issue.path?.[0]?.key)}: ${issue.message}`;
};

describe("the issuer of an Entra tenant", () => {
  it.each([
    [{}, `https://login.microsoftonline.com/${ENTRA_TENANT}/v2.0`],
    [{ tenant: ` ${ENTRA_TENANT.toUpperCase()} ` }, `https://login.microsoftonline.com/${ENTRA_TENANT}/v2.0`],
    [{ authority_host: "login.microsoftonline.us" }, `https://login.microsoftonline.us/${ENTRA_TENANT}/v2.0`],
    [
      { authority_host: "https://login.partner.microsoftonline.cn/" },
      `https://login.partner.microsoftonline.cn/${ENTRA_TENANT}/v2.0`,
    ],
  ])("with %j is %s", (patch, issuer) => {
    const settings = v.parse(idpEntra.settings, { ...good, ...patch });
    expect(idpEntra.expectations(settings)).toEqual({ issuer, audience: good.client_id });
  });

  it.each(["common", "organizations", "consumers", "contoso.onmicrosoft.com", "", `${ENTRA_TENANT}/v2.0`])(
    "is refused for %j, which names no issuer",
    (tenant) => {
      expect(complaintOf({ tenant })).toMatch(/^tenant: must be the tenant's id, such as .*: a domain name, common/);
    },
  );

  it("is refused on a host with a path", () => {
    expect(complaintOf({ authority_host: "login.microsoftonline.us/common" })).toMatch(
      /^authority_host: must be a host/,
    );
  });
});

const wear = (sandbox: Sandbox, clientId = sandbox.face("entra").clientId): IdpUnderTest => ({
  settings: { tenant: ENTRA_TENANT, authority_host: sandbox.face("entra").origin, client_id: clientId },
  fetch: limitedFetch(fetch, heldClock()),
  approve: (uri, userCode) => sandbox.approve(uri, { userCode }),
  deny: (uri, userCode) => sandbox.deny(uri, { userCode }),
  browser: { authorize: (uri, outcome) => sandbox.authorize(uri, { outcome }) },
  omitNextIdToken: () => sandbox.faults.set({ kind: "idToken", fault: { how: "missing" }, times: 1 }),
  secrets: () => sandbox.secrets().map(({ value }) => value),
  stop: () => sandbox.close(),
});

const signIn = (provider: IdpUnderTest, options: RunOptions = { person: "allows" }) => {
  const run = startRun(idpEntra, provider, options);
  return { run, grant: idpEntra.acquire(v.parse(idpEntra.settings, provider.settings), run.context) };
};

describe("Entra", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ faces: ["entra"] });
  });
  afterEach(() => sandbox.faults.clear());
  afterAll(() => sandbox.close());
  const answers = (status: number, error: string, number: number) =>
    sandbox.faults.set({
      kind: "status",
      area: "token",
      status,
      body: JSON.stringify({
        error,
        error_description: `AADSTS${number}: What happened.\r\nTrace ID: 0e1f8ddc\r\nCorrelation ID: 7ca43917`,
        error_codes: [number],
      }),
    });

  it.each([
    "https://microsoft.com/devicelogin",
    "https://login.microsoft.com/device",
    "https://www.microsoft.com/link",
  ])("may have its page on the host of %s", async (page) => {
    sandbox.faults.set({ kind: "patchJson", area: "device_authorization", patch: { verification_uri: page } });
    const { run, grant } = signIn(wear(sandbox), { person: "aborts" });
    await expect(grant).rejects.toBe(run.abortReason);
    expect(run.prompts.shown).toBe(1);
  });

  it("may not have its page on any other host", async () => {
    const patch = { verification_uri: "https://microsoft.com.example.com/devicelogin" };
    sandbox.faults.set({ kind: "patchJson", area: "device_authorization", patch });
    const { run, grant } = signIn(wear(sandbox));
    await failure(grant, "idp_untrusted_url");
    expect(run.prompts.shown).toBe(0);
  });

  it("means by authorization_declined that the person denied the sign-in", async () => {
    await failure(signIn(wear(sandbox), { person: "denies" }).grant, "sign_in_denied");
  });

  it("may deny without a description: the error says no more than that", async () => {
    sandbox.faults.set({ kind: "status", area: "token", status: 400, body: '{"error":"authorization_declined"}' });
    const error = await failure(signIn(wear(sandbox)).grant, "sign_in_denied");
    expect(error.message).toBe("the sign-in was denied");
  });

  it("says bad_verification_code: its words are shown without ids", async () => {
    answers(400, "bad_verification_code", 70_018);
    const error = await failure(signIn(wear(sandbox)).grant, "idp_rejected");
    expect(error.message).toBe(
      "the identity provider does not finish the sign-in: bad_verification_code: AADSTS70018: What happened",
    );
  });

  it("refuses a client without public client flows, and the hint says where to allow them", async () => {
    answers(401, "invalid_client", 7_000_218);
    const error = await failure(signIn(wear(sandbox)).grant, "idp_grant_disabled");
    expect(error.message).toBe('Entra refuses the client "tegata-cli": AADSTS7000218: What happened');
    expect(error.hint).toContain("Allow public client flows");
  });

  it("refuses an unknown client, and the hint says where the ids stand", async () => {
    const error = await failure(signIn(wear(sandbox, "nobody")).grant, "idp_client_rejected");
    expect(error.message).toContain("AADSTS700016: Application with identifier 'nobody' was not found");
    expect(error.hint).toContain("Directory ID");
  });

  it.each([
    ["invalid_grant", 53_003, /Conditional Access policy block the device code flow: use flow browser/],
    ["access_denied", 530_035, /security defaults .* use flow browser/],
    ["access_denied", 530_036, /security defaults .* use flow browser/],
    ["interaction_required", 50_105, /Users and groups/],
    ["invalid_grant", 65_001, /has to consent/],
    ["access_denied", 90_094, /has to consent/],
  ])(
    "refuses by a policy (%s, AADSTS%i), and the hint blames neither the person nor the code",
    async (error, number, words) => {
      answers(400, error, number);
      const refused = await failure(signIn(wear(sandbox)).grant, "idp_rejected");
      expect(refused.message).toBe(`Entra refuses the client "tegata-cli": AADSTS${number}: What happened`);
      expect(refused.hint).toMatch(words);
    },
  );

  it("needs the person when a policy has changed since the refresh token was given", async () => {
    answers(400, "interaction_required", 50_076);
    const { run, grant } = signIn(wear(sandbox), { person: "nobody", refreshToken: "once-good" });
    const error = await failure(grant, "sign_in_required");
    expect(error.message).toContain("(interaction_required: AADSTS50076: What happened)");
    expect(run.dropped()).toBe(0);
  });
});

idpContract(idpEntra, async () => wear(await startSandbox({ faces: ["entra"] })));
