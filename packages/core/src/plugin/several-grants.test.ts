import { failure, fakeMachine, fakePorts } from "@tegata/testkit";
import * as v from "valibot";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../../test/fake-provider.ts";
import type { SignInPrompt } from "../base/ports.ts";
import { deviceGrant } from "../oidc/device-grant.ts";
import type { Grant, MachineGrant, PersonFlow, PersonGrant } from "../oidc/grant.ts";
import { machineSettings } from "../oidc/machine-settings.ts";
import { discover } from "../oidc/openid-provider.ts";
import { signInAsWorkload } from "../sign-in/workload-sign-in.ts";
import { openIdConnectIdp } from "./openid-connect-idp.ts";

let idp: FakeProvider;
let prompts: SignInPrompt[];
let ended: number;

beforeEach(async () => {
  idp = await fakeProvider(Date.UTC(2030, 0, 1) / 1000);
  prompts = [];
  ended = 0;
});

/** A grant that sends a browser to the provider and gets its tokens for what comes back. */
function fakeLoopbackGrant(isOffered = true): PersonGrant {
  return {
    flow: "browser",
    needsPerson: true,
    isOffered: () => isOffered,
    acquire: async ({ provider, client, scope }, { clock }, promptPerson) => {
      const query = new URLSearchParams({ client_id: client.clientId, scope });
      const endPrompt = promptPerson({
        kind: "browser",
        authorizationUri: `${provider.issuer}/authorize?${query.toString()}`,
        redirectUri: "http://127.0.0.1:8400/callback",
        expiresAt: clock.now() + 300_000,
      });
      endPrompt();
      return { idToken: await idp.sign({ sub: "ann by browser" }), refreshToken: "refresh-1" };
    },
  };
}

/** A grant of a client that needs nobody. */
const fakeClientCredentialsGrant: MachineGrant = {
  flow: "client-credentials",
  needsPerson: false,
  keyAlgorithms: ["RS256"],
  acquire: async ({ client }) => ({
    idToken: await idp.sign({ sub: client.clientId, aud: "sts" }),
    audience: "sts",
  }),
};

function idpWith(grants: readonly [Grant, ...Grant[]]) {
  return openIdConnectIdp({
    id: "example",
    summary: "an example",
    settings: v.strictObject(machineSettings),
    issuer: () => idp.issuer,
    clientId: () => "client",
    scope: () => "openid",
    grants: () => grants,
  });
}

function acquire(
  grants: readonly [Grant, ...Grant[]],
  { flows, refreshToken }: { readonly flows?: readonly PersonFlow[]; readonly refreshToken?: string } = {},
) {
  const ports = fakePorts({ fetch: idp.fetch });
  return idpWith(grants).acquire(
    {},
    {
      ...ports,
      refreshToken,
      flows,
      discover: () => discover(idp.issuer, ports),
      promptPerson: (prompt) => {
        prompts.push(prompt);
        return () => {
          ended += 1;
        };
      },
      storeRefreshToken: () => Promise.resolve(),
      dropRefreshToken: () => Promise.resolve(),
    },
  );
}

const all = [deviceGrant(), fakeLoopbackGrant(), fakeClientCredentialsGrant] as const;

describe("an identity provider with several grants", () => {
  it("asks nobody where no flow may wait for a person, and names the flow that may", async () => {
    const { message, hint } = await failure(acquire(all, { flows: [] }), "sign_in_required");
    expect(message).toContain("on CI nobody is asked");
    expect(hint).toContain("flow device");
    expect(prompts).toEqual([]);
  });

  it("shows a code for the device flow, and a page for the browser flow", async () => {
    await acquire(all, { flows: ["device"] });
    expect(prompts).toMatchObject([{ kind: "device", userCode: "WDJB-MJHT" }]);
    const { idToken } = await acquire(all, { flows: ["browser"] });
    expect(prompts[1]).toMatchObject({
      kind: "browser",
      authorizationUri: "https://idp.example.com/authorize?client_id=client&scope=openid",
    });
    expect(idToken).not.toBe("");
    expect(ended).toBe(2);
  });

  it("takes its own first grant where nobody chooses, and else the first chosen one that it has", async () => {
    await acquire(all);
    await acquire([fakeLoopbackGrant(), deviceGrant()]);
    await acquire([deviceGrant()], { flows: ["browser", "device"] });
    expect(prompts.map(({ kind }) => kind)).toEqual(["device", "browser", "device"]);
  });

  it("takes the next grant where the provider does not offer the first", async () => {
    idp.answers.discovery = () =>
      json(200, { issuer: idp.issuer, token_endpoint: `${idp.issuer}/token`, jwks_uri: `${idp.issuer}/jwks` });
    await acquire(all);
    expect(prompts.map(({ kind }) => kind)).toEqual(["browser"]);
  });

  it("says what the provider lacks where it offers none of them", async () => {
    idp.answers.discovery = () => json(200, { issuer: idp.issuer, token_endpoint: `${idp.issuer}/token` });
    await failure(acquire([deviceGrant(), fakeLoopbackGrant(false)]), "idp_grant_disabled");
    expect(prompts).toEqual([]);
  });

  it("refuses a flow that it has not, and names those that it has", async () => {
    const { message, hint } = await failure(acquire([deviceGrant()], { flows: ["browser"] }), "settings_invalid");
    expect(message).toBe("the identity provider example has no browser flow");
    expect(hint).toBe("choose device");
  });

  it.each([["device"], ["browser"]] as const)(
    "renews by the refresh token and asks nobody, with the %s flow chosen",
    async (flow) => {
      const renewed = await acquire(all, { flows: [flow], refreshToken: "refresh-1" });
      expect(renewed).toMatchObject({ refreshToken: "refresh-2", byRefreshToken: true });
      expect(prompts).toEqual([]);
      expect(idp.requests).toEqual(["discovery", "token refresh_token"]);
    },
  );
});

describe("a client that signs in by itself", () => {
  it("is a workload: nobody is asked, and its token is verified for the audience that the grant names", async () => {
    const identity = idpWith(all).asMachine?.({ client_secret_variable: "SECRET" });
    expect(identity?.platform).toBe('the client "client"');
    expect(identity?.fingerprint).toBe('["example","https://idp.example.com","client"]');
    const ports = { ...fakePorts({ fetch: idp.fetch }), machine: fakeMachine({ variables: { SECRET: "s3cret" } }) };
    const signedIn = identity && (await signInAsWorkload(identity, ports));
    expect(signedIn?.idToken.claims).toMatchObject({ sub: "client", aud: ["sts"] });
    expect(prompts).toEqual([]);
  });

  it("is not there without a grant for it", () => {
    expect(idpWith([deviceGrant()]).asMachine?.({})).toBeUndefined();
  });
});
