/// <reference types="node" />
import { type BrowserPrompt, limitedFetch } from "@tegata/core";
import {
  CLIENT_ID_WITHOUT_DEVICE_GRANT,
  GOOGLE_DESKTOP_CLIENT_ID,
  startSandbox,
  startTokenServer,
  type Sandbox,
} from "@tegata/sandbox";
import {
  failure,
  fakeListen,
  heldClock,
  idpContract,
  startRun,
  type IdpUnderTest,
  type RunOptions,
} from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { idpGoogle } from "./index.ts";

const good = { client_id: "1234.apps.googleusercontent.com", client_secret: "GOCSPX-example" };
const complaintOf = (patch: Readonly<Record<string, unknown>>) => {
  const issue = v.safeParse(idpGoogle.settings, { ...good, ...patch }).issues?.[0];
  return issue && `${String(issue.path?.[0]?.key)}: ${issue.message}`;
};

describe("the settings of Google", () => {
  it("have one issuer, and scopes without offline_access", () => {
    const settings = v.parse(idpGoogle.settings, good);
    expect(settings.scope).toBe("openid email");
    expect(idpGoogle.expectations(settings)).toEqual({
      issuer: "https://accounts.google.com",
      audience: good.client_id,
    });
  });

  it.each([
    [{ client_secret: undefined }, /^client_secret: /],
    [{ client_secret: "" }, "client_secret: must be printable ASCII without spaces"],
    [{ client_secret: "a b" }, "client_secret: must be printable ASCII without spaces"],
    [{ issuer: "https://accounts.google.com" }, /^issuer: /],
    [{ scope: "email" }, /^scope: must hold openid/],
  ])("refuse %j", (patch, complaint) => {
    expect(complaintOf(patch)).toMatch(complaint);
  });
});

/** Google's own names lead to the sandbox: the plugin knows no others. */
const wear = (sandbox: Sandbox, patch: Readonly<Record<string, unknown>> = {}): IdpUnderTest => {
  const { clientId, clientSecret, reach } = sandbox.face("google");
  return {
    settings: { client_id: clientId, client_secret: clientSecret, ...patch },
    fetch: limitedFetch((url, init) => fetch(reach(url), init), heldClock()),
    approve: (uri, userCode) => sandbox.approve(uri, { userCode }),
    deny: (uri, userCode) => sandbox.deny(uri, { userCode }),
    browser: {
      settings: { client_id: GOOGLE_DESKTOP_CLIENT_ID, client_secret: clientSecret },
      authorize: (uri, outcome) => sandbox.authorize(uri, { outcome }),
    },
    omitNextIdToken: () => sandbox.faults.set({ kind: "idToken", fault: { how: "missing" }, times: 1 }),
    secrets: () => sandbox.secrets().map(({ value }) => value),
    stop: () => sandbox.close(),
  };
};

const signIn = (provider: IdpUnderTest, options: RunOptions = { person: "allows" }) => {
  const run = startRun(idpGoogle, provider, options);
  return { run, grant: idpGoogle.acquire(v.parse(idpGoogle.settings, provider.settings), run.context) };
};

describe("Google", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ faces: ["google"] });
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.requests.clear();
  });
  afterAll(() => sandbox.close());

  it("signs a person in in the browser by a client of its own kind, with a refresh token", async () => {
    const program = await startTokenServer();
    const port = Number(new URL(program.origin).port);
    const network = fakeListen();
    // The real browser side of a server that is none.
    program.respond = async ({ target }) => {
      const { status, headers = {}, body = "" } = await network.send(target);
      return { status, headers, body };
    };
    const provider = wear(sandbox, { client_id: GOOGLE_DESKTOP_CLIENT_ID, redirect_ports: [port] });
    const run = startRun(idpGoogle, provider, { person: "allows" });
    let shown: BrowserPrompt | undefined;
    let page: Promise<{ readonly html: string }> | undefined;
    const grant = await idpGoogle.acquire(v.parse(idpGoogle.settings, provider.settings), {
      ...run.context,
      clock: heldClock(Date.now()),
      listen: network.listen,
      flows: ["browser"],
      promptPerson: (prompt) => {
        shown = prompt.kind === "browser" ? prompt : undefined;
        page = sandbox.browse(shown?.authorizationUri ?? "");
        return () => undefined;
      },
    });
    await shown?.showEnd?.({ kind: "done", facts: [] });
    expect((await page)?.html).toContain("ann@example.com");
    expect(new URL(shown?.authorizationUri ?? "").searchParams.get("access_type")).toBe("offline");
    expect(grant.refreshToken).toBeDefined();
    await program.close();
  });

  it("gives a refresh token without offline_access, and no other when it is used", async () => {
    const { refreshToken = "" } = await signIn(wear(sandbox)).grant;
    const { run, grant } = signIn(wear(sandbox), { person: "nobody", refreshToken });
    expect((await grant).refreshToken).toBe(refreshToken);
    expect(run.kept).toEqual([]);
  });

  it("is sent the secret at the token endpoint alone", async () => {
    await signIn(wear(sandbox)).grant;
    const sent = sandbox.requests
      .all()
      .filter(({ formParameterNames }) => formParameterNames.includes("client_secret"));
    expect(sent.map(({ area }) => area)).toEqual(["token"]);
  });

  it("refuses the wrong secret, and the hint says which kind of client it must be", async () => {
    const error = await failure(signIn(wear(sandbox, { client_secret: "GOCSPX-wrong" })).grant, "idp_client_rejected");
    expect(error.hint).toContain("TVs and Limited Input devices");
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain("GOCSPX");
  });

  it("refuses a client of another kind before anybody is asked", async () => {
    const { run, grant } = signIn(wear(sandbox, { client_id: CLIENT_ID_WITHOUT_DEVICE_GRANT }));
    expect((await failure(grant, "idp_client_rejected")).message).toContain("Invalid client type");
    expect(run.prompts.shown).toBe(0);
  });

  it("refuses a scope that devices do not get, and the hint says which to leave out", async () => {
    const { grant } = signIn(wear(sandbox, { scope: "openid email offline_access" }));
    const error = await failure(grant, "idp_rejected");
    expect(error.message).toBe('Google refuses the client "tegata-cli": Invalid device flow scope: offline_access');
    expect(error.hint).toContain("without offline_access");
  });

  it.each([
    [{ error: "org_internal" }, "idp_rejected", "organization"],
    [{ error: "admin_policy_enforced" }, "idp_rejected", "Google Workspace"],
    [{ error_code: "rate_limit_exceeded" }, "idp_unavailable", "in a moment"],
  ] as const)("refuses with %j, and the hint says what to do", async (body, code, words) => {
    sandbox.faults.set({ kind: "status", area: "device_authorization", status: 403, body: JSON.stringify(body) });
    expect((await failure(signIn(wear(sandbox)).grant, code)).hint).toContain(words);
  });
});

idpContract(idpGoogle, async () => wear(await startSandbox({ faces: ["google"] })));
