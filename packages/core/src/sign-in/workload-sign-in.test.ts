import { failure, fakeDocuments, fakeMachine, fakePorts } from "@tegata/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../../test/fake-provider.ts";
import { HttpFailure } from "../base/http.ts";
import type { WorkloadToken } from "../plugin/idp.ts";
import type { ProviderDocuments } from "../base/ports.ts";
import { signInAsWorkload } from "./workload-sign-in.ts";

const now = Date.UTC(2030, 0, 1) / 1000;
let idp: FakeProvider;
beforeEach(async () => {
  idp = await fakeProvider(now);
});

interface Options {
  readonly vouches?: boolean;
  readonly jwt?: string;
  readonly documents?: ProviderDocuments;
}

async function signIn({ vouches = true, jwt, documents }: Options = {}) {
  const token: WorkloadToken = {
    idToken: jwt ?? (await idp.sign()),
    issuer: idp.issuer,
    audience: "client",
    platformVouches: vouches,
  };
  const ports = fakePorts({ fetch: idp.fetch, ...(documents === undefined ? {} : { documents }) });
  const identity = { platform: "a pod", fingerprint: "x", acquire: () => Promise.resolve(token) };
  const { idToken } = await signInAsWorkload(identity, { ...ports, machine: fakeMachine() });
  return { idToken, lines: ports.lines };
}

const outOfReach = (): never => {
  throw new HttpFailure("unreachable", "getaddrinfo ENOTFOUND idp.example.com");
};
const spoiled = async () => `${(await idp.sign()).slice(0, -86)}${"A".repeat(86)}`;

describe("a workload's token whose issuer answers", () => {
  it("is verified", async () => {
    const { idToken, lines } = await signIn();
    expect(idToken).not.toHaveProperty("whyUnverified");
    expect(lines).toEqual([]);
  });

  it("is refused when its signature is wrong, or the document contradicts", async () => {
    await failure(signIn({ jwt: await spoiled() }), "id_token_signature_invalid");
    idp.answers = { discovery: () => json(200, { issuer: "https://other.example.com" }) };
    await failure(signIn(), "idp_invalid_response");
    idp.answers = { discovery: () => new Response(null, { status: 404 }) };
    await failure(signIn(), "idp_invalid_response");
  });
});

describe("a workload's token whose issuer does not answer", () => {
  it.each([
    ["the discovery document is out of reach", () => ({ discovery: outOfReach }), /ENOTFOUND/],
    ["the keys are out of reach", () => ({ jwks: outOfReach }), /ENOTFOUND/],
    ["the issuer is out of order", () => ({ discovery: () => json(503, {}) }), /HTTP 503/],
  ])("is sent to AWS, and the log says that it is not verified: %s", async (_what, answers, why) => {
    idp.answers = answers();
    const { idToken, lines } = await signIn();
    expect(idToken.claims.sub).toBe("ann");
    expect("whyUnverified" in idToken && idToken.whyUnverified).toMatch(why);
    expect(lines).toEqual([
      expect.stringMatching(/^the signature of the ID token is not verified here, AWS does it: /),
    ]);
  });

  it("is refused where nothing but the token says where it comes from", async () => {
    idp.answers = { discovery: outOfReach };
    await failure(signIn({ vouches: false }), "idp_unreachable");
  });

  it("is refused when it has ended, or is for somebody else", async () => {
    idp.answers = { discovery: outOfReach };
    await failure(signIn({ jwt: await idp.sign({ exp: now - 1 }) }), "id_token_expired");
    await failure(signIn({ jwt: await idp.sign({ aud: "vault" }) }), "id_token_invalid");
    await failure(signIn({ jwt: await idp.sign({ iss: "https://other.example.com" }) }), "id_token_invalid");
  });

  it("is refused where something that is not the issuer answers: its certificate is wrong, or it redirects", async () => {
    for (const error of [
      new HttpFailure("tls", "its certificate is signed by itself"),
      new HttpFailure("redirect", "the answer redirects elsewhere (HTTP 302)"),
    ]) {
      idp.answers = {
        discovery: () => {
          throw error;
        },
      };
      await failure(signIn(), "idp_unreachable");
    }
  });

  it("is refused when cached keys show that its signature is wrong", async () => {
    const documents = fakeDocuments();
    await signIn({ documents });
    idp.answers = { discovery: outOfReach, jwks: outOfReach };
    await failure(signIn({ documents, jwt: await spoiled() }), "id_token_signature_invalid");
  });

  it("is sent to AWS when cached keys do not hold its key: the issuer may have a new one", async () => {
    const documents = fakeDocuments();
    await signIn({ documents });
    await idp.changeKeys();
    idp.answers = { discovery: outOfReach, jwks: outOfReach };
    expect((await signIn({ documents })).idToken).toHaveProperty("whyUnverified");
  });
});
