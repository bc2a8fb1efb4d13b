import { startSandbox } from "@tegata/sandbox";
import { idpContract } from "@tegata/testkit";
import * as v from "valibot";
import { expect, test } from "vitest";
import { idpAcme } from "./idp-acme.ts";

// A real OpenID provider on loopback, and a person in its pages.
idpContract(idpAcme, async () => {
  const sandbox = await startSandbox();
  return {
    settings: { url: sandbox.oidc.issuer, client_id: sandbox.oidc.clientId },
    approve: (uri) => sandbox.approve(uri),
    deny: (uri) => sandbox.deny(uri),
    omitNextIdToken: () => sandbox.faults.set({ kind: "idToken", fault: { how: "missing" }, times: 1 }),
    secrets: () => sandbox.secrets().map(({ value }) => value),
    stop: () => sandbox.close(),
  };
});

test("a token has to come from the issuer, and be for the client, that the settings name", () => {
  const settings = v.parse(idpAcme.settings, { url: "https://sign-in.example.com/", client_id: "1234" });
  expect(idpAcme.expectations(settings)).toEqual({ issuer: "https://sign-in.example.com", audience: "1234" });
});

test("a sign-in without TLS is refused", () => {
  const settings = { url: "http://sign-in.example.com", client_id: "1234" };
  expect(v.safeParse(idpAcme.settings, settings).success).toBe(false);
});
