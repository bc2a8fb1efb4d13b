import { fakePorts } from "@tegata/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../../test/fake-provider.ts";
import { TegataError } from "../base/errors.ts";
import { hint, hintInWords, plainVocabulary } from "../base/wording.ts";
import type { SignInPrompt } from "../base/ports.ts";
import { deviceGrant, type DeviceGrantOptions } from "./device-grant.ts";
import { discover } from "./openid-provider.ts";

let idp: FakeProvider;
let forms: URLSearchParams[];
let prompts: SignInPrompt[];
beforeEach(async () => {
  idp = await fakeProvider(Date.UTC(2030, 0, 1) / 1000);
  forms = [];
  prompts = [];
});

function refused(): TegataError {
  return new TegataError("sign_in_expired", "the code ran out", { hint: "try again" });
}

async function signIn(options: DeviceGrantOptions, methods?: readonly string[]) {
  idp.answers.discovery = () =>
    json(200, {
      issuer: idp.issuer,
      token_endpoint: `${idp.issuer}/token`,
      device_authorization_endpoint: `${idp.issuer}/device`,
      code_challenge_methods_supported: methods,
    });
  const ports = fakePorts({
    fetch: (url, init) => {
      if (init.body instanceof URLSearchParams) {
        forms.push(init.body);
      }
      return idp.fetch(url, init);
    },
  });
  const provider = await discover(idp.issuer, ports);
  const client = { clientId: "client" };
  const request = { provider, client, scope: "openid", otherFlow: undefined, refused };
  return deviceGrant(options).acquire(request, ports, (prompt) => {
    prompts.push(prompt);
    return () => undefined;
  });
}

describe("PKCE in the device grant", () => {
  it("is sent where the provider names S256: the challenge with the request for a code, its verifier for the tokens", async () => {
    await signIn({ pkce: true }, ["plain", "S256"]);
    const [asked, redeemed] = forms;
    const verifier = redeemed?.get("code_verifier") ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    expect(asked?.get("code_challenge")).toBe(Buffer.from(digest).toString("base64url"));
    expect(asked?.get("code_challenge_method")).toBe("S256");
    expect(asked?.has("code_verifier")).toBe(false);
  });

  it.each([
    [{ pkce: true }, undefined],
    [{ pkce: true }, ["plain"]],
    [{}, ["S256"]],
  ] as const)("is not sent with %j where the provider names %j", async (options, methods) => {
    await signIn(options, methods);
    expect(forms.flatMap((form) => [...form.keys()].filter((name) => name.startsWith("code_")))).toEqual([]);
  });
});

describe("advice for a page that shows an error", () => {
  it("stands in the prompt, and in the hint when the code has run out", async () => {
    const advice = hint`if the page says that access is blocked, use another flow`;
    idp.answers.token = () => json(400, { error: "expired_token" });
    const error: unknown = await signIn({ advice }).catch((reason: unknown) => reason);
    expect(hintInWords(prompts[0]?.advice ?? [], plainVocabulary)).toBe(
      "if the page says that access is blocked, use another flow",
    );
    expect(error).toMatchObject({
      code: "sign_in_expired",
      hint: "try again; if the page says that access is blocked, use another flow",
    });
  });
});
