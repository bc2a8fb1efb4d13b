/// <reference types="node" />
import { limitedFetch } from "@tegata/core";
import { startSandbox } from "@tegata/sandbox";
import { heldClock, idpContract } from "@tegata/testkit";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { idpOidc } from "./index.ts";

const good = { issuer: "https://idp.example.com/realms/a", client_id: "client" };
const complaintOf = (patch: Readonly<Record<string, unknown>>) => {
  const issue = v.safeParse(idpOidc.settings, { ...good, ...patch }).issues?.[0];
  return issue && `${String(issue.path?.[0]?.key)}: ${issue.message}`;
};

describe("the settings of an OpenID provider", () => {
  it("need an issuer and a client id, and know what else to ask for", () => {
    expect(v.parse(idpOidc.settings, good)).toEqual({ ...good, scope: "openid email offline_access" });
  });

  it("say who must have issued a token, and for whom", () => {
    expect(idpOidc.expectations(v.parse(idpOidc.settings, good))).toEqual({
      issuer: "https://idp.example.com/realms/a",
      audience: "client",
    });
  });

  it.each([
    [{ issuer: "idp.example.com" }, "issuer: must be a URL that starts with https://"],
    [{ issuer: "http://idp.example.com" }, "issuer: must be https; http is taken only for a loopback address"],
    [{ issuer: "https://idp.example.com/?a" }, "issuer: must hold no user, query or fragment"],
    [{ client_id: "" }, "client_id: must not be empty"],
    [{ scope: "email" }, "scope: must hold openid, else there is no ID token"],
    [{ audience: "" }, "audience: must not be empty"],
    [{ audience: 5 }, "audience: must be text"],
    [{ verification_host: "https://login.example.com" }, "verification_host: must be a host name in lower case"],
    [{ verification_host: "Login.example.com" }, "verification_host: must be a host name in lower case"],
    [{ verification_host: "login.example.com/device" }, "verification_host: must be a host name in lower case"],
    [{ verification_host: "ann@login.example.com" }, "verification_host: must be a host name in lower case"],
    [{ verification_host: "" }, "verification_host: must be a host name in lower case"],
  ])("refuse %j", (patch, complaint) => {
    expect(complaintOf(patch)).toBe(complaint);
  });

  it.each(["login.example.com", "login.example.com:8443", "127.0.0.1:9400"])(
    "take %s as the host of the verification page",
    (host) => {
      expect(complaintOf({ verification_host: host })).toBeUndefined();
    },
  );
});

idpContract(idpOidc, async () => {
  const sandbox = await startSandbox();
  return {
    settings: { issuer: sandbox.oidc.issuer, client_id: sandbox.oidc.clientId },
    fetch: limitedFetch(fetch, heldClock()),
    approve: (uri) => sandbox.approve(uri),
    deny: (uri) => sandbox.deny(uri),
    browser: { authorize: (uri, outcome) => sandbox.authorize(uri, { outcome }) },
    omitNextIdToken: () => sandbox.faults.set({ kind: "idToken", fault: { how: "missing" }, times: 1 }),
    secrets: () => sandbox.secrets().map(({ value }) => value),
    stop: () => sandbox.close(),
  };
});
