import { expectNoSecret, failure, fakeListen, type FakeRequest, fakePorts, heldClock } from "@tegata/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../../test/fake-provider.ts";
import { isTegataError, TegataError } from "../base/errors.ts";
import type { BrowserPrompt, SignInEnd } from "../base/ports.ts";
import { hintInWords, plainVocabulary } from "../base/wording.ts";
import { explainRefusal } from "./explain-refusal.ts";
import type { PersonTokens } from "./grant.ts";
import { loopbackGrant, type LoopbackGrantOptions } from "./loopback-grant.ts";
import { discover } from "./openid-provider.ts";

let idp: FakeProvider;
beforeEach(async () => {
  idp = await fakeProvider(Date.UTC(2030, 0, 1) / 1000);
});

function adviceIn(prompt: BrowserPrompt | undefined): string | undefined {
  return hintInWords(prompt?.advice ?? [], plainVocabulary);
}

type Discovery = Readonly<Record<string, unknown>>;

/** A sign-in that has asked a person. */
async function started(
  options: LoopbackGrantOptions = {},
  { taken = [], discovery = {} }: { readonly taken?: readonly number[]; readonly discovery?: Discovery } = {},
) {
  const clock = heldClock();
  const network = fakeListen({ taken });
  const abort = new AbortController();
  const ports = { ...fakePorts({ fetch: idp.fetch, listen: network.listen, signal: abort.signal }), clock };
  if (Object.keys(discovery).length > 0) {
    idp.answers.discovery = () => json(200, { ...endpoints(), ...discovery });
  }
  const provider = await discover(idp.issuer, ports);
  const forms: URLSearchParams[] = [];
  let prompt: BrowserPrompt | undefined;
  let ended = 0;
  const tokens = loopbackGrant(options).acquire(
    {
      provider,
      client: { clientId: "client" },
      scope: "openid email",
      otherFlow: "device",
      refused: (refusal, usual) =>
        usual ??
        explainRefusal(refusal, { clientId: "client", scope: "openid", scopesSupported: undefined }, "browser"),
    },
    ports,
    (shown) => {
      prompt = shown.kind === "browser" ? shown : undefined;
      return () => {
        ended += 1;
      };
    },
  );
  // Anyone who looks at it later handles it then.
  tokens.catch(() => undefined);
  await Promise.race([tokens.catch(() => undefined), until(() => prompt !== undefined)]);
  const asked = new URL(prompt?.authorizationUri ?? "https://nobody.example/").searchParams;
  const redirect = new URL(asked.get("redirect_uri") ?? "http://127.0.0.1/callback");
  const back = (parameters: Readonly<Record<string, string>>) =>
    `${redirect.pathname}?${new URLSearchParams(parameters).toString()}`;
  const right = { state: asked.get("state") ?? "", iss: idp.issuer };
  return {
    tokens,
    prompt: () => prompt,
    ended: () => ended,
    asked,
    redirect,
    right,
    clock,
    abort,
    lines: ports.lines,
    forms,
    isOpen: network.isOpen,
    back,
    send: (...request: Parameters<typeof network.send>) => network.send(...request),
    /** Brings an answer, and goes where it is sent, as a browser does. */
    arrive: async (target: string, request?: FakeRequest) => {
      const response = await network.send(target, request);
      return response.status === 303 ? network.send(response.headers?.["location"] ?? "/", request) : response;
    },
    /** The ID tokens of this sign-in from now on. */
    expectNonce: () => {
      idp.claims = { nonce: asked.get("nonce") };
    },
    /** Ends it as a surface does, and gives the page that the browser got. */
    page: async (arrival: Promise<{ readonly body?: string }>, end: SignInEnd) => {
      await tokens.catch(() => undefined);
      await prompt?.showEnd?.(end);
      return (await arrival).body ?? "";
    },
  };
}

const done: SignInEnd = { kind: "done", facts: [["Profile", "dev"]] };

function endpoints() {
  return {
    issuer: idp.issuer,
    authorization_endpoint: `${idp.issuer}/authorize`,
    token_endpoint: `${idp.issuer}/token`,
    jwks_uri: `${idp.issuer}/jwks`,
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

describe("the authorization request", () => {
  it("has PKCE with S256, a state and a nonce of its own, and the redirect address that is listened at", async () => {
    const [first, second] = [await started(), await started()];
    const { asked } = first;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: "code",
      client_id: "client",
      scope: "openid email",
      redirect_uri: "http://127.0.0.1:50000/callback",
      code_challenge_method: "S256",
    });
    for (const name of ["state", "nonce", "code_challenge"]) {
      // 256 bits.
      expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
      expect(asked.get(name)).not.toBe(second.asked.get(name));
    }
    expect(asked.has("response_mode")).toBe(false);
  });

  it("keeps the query of the provider's endpoint, and has the parameters of this provider", async () => {
    const { asked } = await started(
      { parameters: { audience: "https://api.example.com" } },
      { discovery: { authorization_endpoint: `${idp.issuer}/authorize?p=policy` } },
    );
    expect(asked.get("p")).toBe("policy");
    expect(asked.get("audience")).toBe("https://api.example.com");
  });

  it("names localhost without a path where the provider has it so, and both addresses are listened at", async () => {
    const { asked, redirect } = await started({ redirect: { host: "localhost", path: "" } });
    expect(asked.get("redirect_uri")).toBe("http://localhost:50000");
    expect(redirect.pathname).toBe("/");
  });

  it("takes the next registered port where the first is taken", async () => {
    const { asked } = await started({ redirect: { ports: [17_580, 17_581] } }, { taken: [17_580] });
    expect(asked.get("redirect_uri")).toBe("http://127.0.0.1:17581/callback");
  });
});

describe("a provider that wants the request pushed", () => {
  const pushed = {
    require_pushed_authorization_requests: true,
    pushed_authorization_request_endpoint: "https://idp.example.com/par",
  };

  it("gets it by POST, and the URL has what stands for it alone", async () => {
    const forms: URLSearchParams[] = [];
    idp.answers.par = (form) => {
      forms.push(form);
      return json(201, { request_uri: "urn:ietf:params:oauth:request_uri:x", expires_in: 60 });
    };
    const { asked } = await started({}, { discovery: pushed });
    expect(Object.fromEntries(asked)).toEqual({
      client_id: "client",
      request_uri: "urn:ietf:params:oauth:request_uri:x",
    });
    expect(Object.fromEntries(forms[0] ?? [])).toMatchObject({
      client_id: "client",
      redirect_uri: "http://127.0.0.1:50000/callback",
      code_challenge_method: "S256",
    });
  });

  it.each([
    [() => json(400, { error: "invalid_scope" }), "idp_rejected"],
    [() => json(503, {}), "idp_unavailable"],
    [() => json(200, { request_uri: "urn:x" }), "idp_invalid_response"],
    [() => json(201, {}), "idp_invalid_response"],
  ] as const)("is an error before anybody is asked where it does not take it: %#", async (answer, code) => {
    idp.answers.par = answer;
    const run = await started({}, { discovery: pushed });
    await failure(run.tokens, code);
    expect(run.prompt()).toBeUndefined();
    expect(run.isOpen()).toBe(false);
  });
});

describe("the prompt", () => {
  it("names the redirect URI to register, without the port where any will do, and the other flow", async () => {
    expect(adviceIn((await started()).prompt())).toContain("the redirect URI http://127.0.0.1/callback");
    const fixed = adviceIn((await started({ redirect: { ports: [17_580] } })).prompt());
    expect(fixed).toContain("the redirect URI http://127.0.0.1:17580/callback");
    expect(fixed).toContain("use flow device");
  });

  it("is taken away however it ends", async () => {
    const good = await started();
    good.expectNonce();
    const arrival = good.arrive(good.back({ ...good.right, code: "c" }));
    await good.page(arrival, done);
    expect(good.ended()).toBe(1);
    const bad = await started();
    bad.abort.abort(new Error("interrupted"));
    await expect(bad.tokens).rejects.toThrow("interrupted");
    expect(bad.ended()).toBe(1);
    expect(bad.isOpen()).toBe(false);
  });
});

describe("the answer that the browser brings", () => {
  it("is traded for tokens once, with the verifier and the same redirect URI", async () => {
    const forms: URLSearchParams[] = [];
    const run = await started();
    const idToken = await idp.sign({ nonce: run.asked.get("nonce") });
    idp.answers.token = (form) => {
      forms.push(form);
      return json(200, { id_token: idToken, refresh_token: "refresh-9", access_token: "a", token_type: "Bearer" });
    };
    const arrivals = [1, 2].map(() => run.arrive(run.back({ ...run.right, code: "the-code", session_state: "x" })));
    const given: PersonTokens = await run.tokens;
    await run.prompt()?.showEnd?.(done);
    expect(given).toMatchObject({ idToken, refreshToken: "refresh-9" });
    expect(forms).toHaveLength(1);
    expect(Object.fromEntries(forms[0] ?? [])).toMatchObject({
      grant_type: "authorization_code",
      code: "the-code",
      redirect_uri: "http://127.0.0.1:50000/callback",
      client_id: "client",
    });
    const verifier = forms[0]?.get("code_verifier") ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    expect(Buffer.from(digest).toString("base64url")).toBe(run.asked.get("code_challenge"));
    const [first, second] = await Promise.all(arrivals);
    expect(first?.body).toContain("<dt>Profile</dt><dd>dev</dd>");
    expect(second?.body).toContain("This sign-in has its answer");
    expect(second?.body).not.toContain("<dt>");
    expectNoSecret([...run.lines, first?.body ?? ""].join("\n"), ["the-code", verifier, idToken, "refresh-9"]);
    expect(run.isOpen()).toBe(false);
  });

  it.each<[string, number, (run: Awaited<ReturnType<typeof started>>) => Parameters<typeof run.send>]>([
    ["an icon", 404, () => ["/favicon.ico"]],
    ["the root", 404, () => ["/"]],
    ["another path with the right state", 404, (run) => [`/callback/x?state=${run.right.state}&code=c`]],
    ["no parameters", 400, () => ["/callback"]],
    ["another state", 400, (run) => [run.back({ ...run.right, state: "x".repeat(43), code: "c" })]],
    ["two states", 400, (run) => [`${run.back({ ...run.right, code: "c" })}&state=other`]],
    ["an error without a state", 400, (run) => [run.back({ error: "access_denied" })]],
    ["HEAD", 405, (run) => [run.back({ ...run.right, code: "c" }), { method: "HEAD" }]],
    ["a preflight request", 405, (run) => [run.back({ ...run.right, code: "c" }), { method: "OPTIONS" }]],
    ["a form", 405, (run) => [run.back({ ...run.right, code: "c" }), { method: "POST" }]],
    ["a prefetch", 204, (run) => [run.back({ ...run.right, code: "c" }), { headers: { "sec-purpose": "prefetch" } }]],
    ["a page made ahead", 204, (run) => [run.back({ ...run.right, code: "c" }), { headers: { purpose: "prerender" } }]],
    ["an old prefetch", 204, (run) => [run.back({ ...run.right, code: "c" }), { headers: { "x-moz": "prefetch" } }]],
    [
      "another user of this machine",
      403,
      (run) => [run.back({ ...run.right, code: "c" }), { peer: { kind: "other", uid: 1001 } }],
    ],
    ["one that has hung up", 403, (run) => [run.back({ ...run.right, code: "c" }), { peer: { kind: "gone" } }]],
    ["another host", 400, (run) => [run.back({ ...run.right, code: "c" }), { headers: { host: "localhost:50000" } }]],
    ["another port", 400, (run) => [run.back({ ...run.right, code: "c" }), { headers: { host: "127.0.0.1:1" } }]],
  ])("is not %s: it is answered %i, and the sign-in goes on", async (_what, status, request) => {
    const run = await started();
    run.expectNonce();
    expect((await run.send(...request(run))).status).toBe(status);
    expect(idp.requests).not.toContain("token authorization_code");
    const arrival = run.arrive(run.back({ ...run.right, code: "c" }));
    await run.page(arrival, done);
    expect((await run.tokens).idToken).toBeDefined();
  });

  it.each([
    ["of another provider", { iss: "https://evil.example" }, {}, "idp_invalid_response", /another provider/],
    [
      "that does not say whose it is, of a provider that announces it",
      { iss: "" },
      { authorization_response_iss_parameter_supported: true },
      "idp_invalid_response",
      /does not say which provider|another provider/,
    ],
    ["with an error that has no name", { error: "" }, {}, "idp_invalid_response", /without a name/],
    ["without a code", { code: "" }, {}, "idp_invalid_response", /no code/],
    ["with tokens beside the code", { id_token: "x" }, {}, "idp_invalid_response", /something else than a code/],
  ] as const)("%s ends the sign-in, and nothing is sent", async (_what, change, discovery, code, words) => {
    const run = await started({}, { discovery });
    const arrival = run.arrive(run.back({ ...run.right, code: "c", ...change }));
    const error = await failure(run.tokens, code);
    expect(error.message).toMatch(words);
    await run.page(arrival, { kind: "failed", message: error.message, hint: undefined });
    expect(idp.requests).not.toContain("token authorization_code");
  });

  it("that names a provider twice ends the sign-in", async () => {
    const run = await started();
    const arrival = run.arrive(`${run.back({ ...run.right, code: "c" })}&iss=https%3A%2F%2Fevil.example`);
    const error = await failure(run.tokens, "idp_invalid_response");
    expect(error.message).toContain("several providers");
    await run.page(arrival, { kind: "failed", message: error.message, hint: undefined });
  });

  it("may leave out whose it is where the provider announces nothing", async () => {
    const run = await started();
    run.expectNonce();
    const arrival = run.arrive(run.back({ state: run.right.state, code: "c" }));
    await run.page(arrival, done);
    expect((await run.tokens).idToken).toBeDefined();
  });

  it.each([
    ["access_denied", "sign_in_denied"],
    ["unauthorized_client", "idp_grant_disabled"],
    ["invalid_scope", "idp_rejected"],
    ["temporarily_unavailable", "idp_unavailable"],
    ["login_required", "idp_rejected"],
  ] as const)("that says %s is %s, with the provider's words made harmless", async (error, code) => {
    const run = await started();
    const description = "no\u001b[2J <script>alert(1)</script>";
    const arrival = run.arrive(run.back({ ...run.right, error, error_description: description }));
    const failed = await failure(run.tokens, code);
    expect(failed.message).not.toContain("\u001b");
    expect(failed.details).not.toHaveProperty("httpStatus");
    const page = await run.page(arrival, { kind: "failed", message: failed.message, hint: "run it again" });
    expect(page).not.toContain("<script");
    expect(page).toContain("run it again");
  });

  it.each([{}, { error_description: "" }])(
    "that says why in one word alone is told with that word: %j",
    async (more) => {
      const run = await started();
      const arrival = run.arrive(run.back({ ...run.right, error: "login_required", ...more }));
      const { message } = await failure(run.tokens, "idp_rejected");
      expect(message).toContain("login_required");
      expect(message).not.toMatch(/undefined|null|: *$|\(\)/);
      await run.page(arrival, { kind: "failed", message, hint: undefined });
    },
  );
});

it.each([
  ["root", { kind: "other", uid: 0 }],
  ["somebody whom the system does not tell", { kind: "unknown" }],
] as const)("takes the answer of %s", async (_who, peer) => {
  const run = await started();
  run.expectNonce();
  await run.page(run.arrive(run.back({ ...run.right, code: "c" }), { peer }), done);
  expect((await run.tokens).idToken).toBeDefined();
});

it("shows another user nothing of a sign-in that has succeeded", async () => {
  const run = await started();
  run.expectNonce();
  const arrival = run.arrive(run.back({ ...run.right, code: "c" }));
  const other = run.send(run.back({ ...run.right, code: "c" }), { peer: { kind: "other", uid: 1001 } });
  await run.page(arrival, done);
  const { status, body } = await other;
  expect(status).toBe(403);
  expect(body).not.toContain("<dt>");
});

it("takes the answer at port 80, which no browser names", async () => {
  const run = await started({ redirect: { ports: [80] } });
  run.expectNonce();
  const headers = { host: "127.0.0.1" };
  await run.page(run.arrive(run.back({ ...run.right, code: "c" }), { headers }), done);
  expect((await run.tokens).idToken).toBeDefined();
});

describe("the tokens", () => {
  it.each([{ sub: 5 }, { sub: { x: 1 } }, { sub: null, email: null }])(
    "whose claims are of the wrong kind are given on, to be judged: %j",
    async (claims) => {
      const run = await started();
      idp.claims = { nonce: run.asked.get("nonce"), email: { a: 1 }, ...claims };
      const arrival = run.arrive(run.back({ ...run.right, code: "c" }));
      expect((await run.tokens).idToken).toBeDefined();
      await run.page(arrival, done);
    },
  );

  it.each([
    ["of another sign-in", { nonce: "another" }, /nonce is that of another sign-in/],
    ["without a nonce", {}, /nonce is missing/],
  ])("with an ID token %s are refused", async (_what, claims, words) => {
    idp.claims = claims;
    const run = await started();
    const arrival = run.arrive(run.back({ ...run.right, code: "c" }));
    const error = await failure(run.tokens, "id_token_invalid");
    expect(error.message).toMatch(words);
    await run.page(arrival, { kind: "failed", message: error.message, hint: undefined });
  });

  it.each([
    [() => json(400, { error: "invalid_grant", error_description: "code used twice" }), "idp_rejected"],
    [() => json(503, {}), "idp_unavailable"],
    [() => new Response("<html>"), "idp_invalid_response"],
  ] as const)("that are refused are an error, and the code is not sent again", async (answer, code) => {
    idp.answers.token = answer;
    const run = await started();
    const arrival = run.arrive(run.back({ ...run.right, code: "c" }));
    await failure(run.tokens, code);
    await run.page(arrival, { kind: "failed", message: "no", hint: undefined });
    expect(idp.requests.filter((each) => each.startsWith("token"))).toHaveLength(1);
  });
});

describe("a browser that never comes back", () => {
  it("is waited for ten minutes; then the error names the redirect URI and the other flow", async () => {
    const run = await started();
    run.clock.advance(600_000);
    const error = await failure(run.tokens, "sign_in_expired");
    expect(error.hint).toContain("the redirect URI http://127.0.0.1/callback");
    expect(error.hint).toContain("flow device");
    expect(run.isOpen()).toBe(false);
  });
});

describe("a provider that cannot do it", () => {
  it.each([
    [{ authorization_endpoint: undefined }, /no authorization_endpoint/],
    [{ code_challenge_methods_supported: ["plain"] }, /PKCE with S256/],
    [{ code_challenge_methods_supported: [] }, /PKCE with S256/],
  ])("is found out before anybody is asked: %j", async (discovery, words) => {
    const run = await started({}, { discovery });
    expect((await failure(run.tokens, "idp_grant_disabled")).message).toMatch(words);
    expect(run.prompt()).toBeUndefined();
    expect(run.isOpen()).toBe(false);
  });
});

it("says which ports are taken, and what else can be done", async () => {
  const taken = new TegataError("port_taken", "ports 1 and 2 are taken");
  const acquired = loopbackGrant({ redirect: { ports: [1, 2] } }).acquire(
    {
      provider: { issuer: idp.issuer, metadata: endpoints() },
      client: { clientId: "client" },
      scope: "openid",
      otherFlow: "device",
      refused: () => taken,
    },
    fakePorts({ fetch: idp.fetch, listen: () => Promise.reject(taken) }),
    () => () => undefined,
  );
  const error = await acquired.catch((reason: unknown) => reason);
  expect(isTegataError(error) && error.hint).toMatch(/redirect_ports.*flow device/);
});

describe("the page at the end", () => {
  it("lets nothing in but its own style, and leaves no trace", async () => {
    const run = await started();
    run.expectNonce();
    const arrival = run.arrive(run.back({ ...run.right, code: "c" }));
    await run.page(arrival, done);
    const { headers = {}, body = "" } = await arrival;
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+=*'; /);
    expect(body).not.toMatch(/<script|<link|<img|@import|url\(/);
    expect(body).toContain("<dt>Profile</dt><dd>dev</dd>");
  });

  it("is at a bare path of its own: the browser is sent there at once, and code and state leave its address bar", async () => {
    const [run, another] = [await started(), await started()];
    run.expectNonce();
    const { status, headers = {}, body } = await run.send(run.back({ ...run.right, code: "the-code" }));
    expect([status, body ?? ""]).toEqual([303, ""]);
    expect(headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
    expect(headers["location"]).toMatch(/^\/done\/[\w-]{43}$/);
    expect(headers["location"]).not.toContain(run.right.state);
    const { headers: others } = await another.send(another.back({ ...another.right, code: "c" }));
    expect(others?.["location"]).not.toBe(headers["location"]);
    await run.page(run.send(headers["location"] ?? ""), done);
    expect((await run.tokens).idToken).toBeDefined();
    expect(run.isOpen()).toBe(false);
  });

  it.each<[string, number, (path: string) => [string, FakeRequest?]]>([
    ["another path of that kind", 404, () => ["/done/" + "x".repeat(43)]],
    ["HEAD", 405, (path) => [path, { method: "HEAD" }]],
    ["a prefetch", 204, (path) => [path, { headers: { purpose: "prefetch" } }]],
    ["another user", 403, (path) => [path, { peer: { kind: "other", uid: 1001 } }]],
    ["another host", 400, (path) => [path, { headers: { host: "localhost:50000" } }]],
  ])("is not shown to %s (%i), and is shown to the browser after that", async (_what, status, request) => {
    const run = await started();
    run.expectNonce();
    const { headers = {} } = await run.send(run.back({ ...run.right, code: "c" }));
    const path = headers["location"] ?? "";
    const refused = await run.send(...request(path));
    expect(refused.status).toBe(status);
    expect(refused.body ?? "").not.toContain("<dt>");
    expect(await run.page(run.send(path), done)).toContain("<dt>Profile</dt>");
  });

  it("is shown once: who asks for it again learns nothing of the sign-in", async () => {
    const run = await started();
    run.expectNonce();
    const { headers = {} } = await run.send(run.back({ ...run.right, code: "c" }));
    const [first, second] = [1, 2].map(() => run.send(headers["location"] ?? ""));
    expect((await second)?.body).toContain("This sign-in has its answer");
    expect((await second)?.body).not.toContain("<dt>");
    expect(await run.page(first ?? Promise.reject(new Error("nothing was sent")), done)).toContain("<dt>Profile</dt>");
  });

  it("is waited for two seconds where the browser does not come for it", async () => {
    const run = await started();
    run.expectNonce();
    await run.send(run.back({ ...run.right, code: "c" }));
    await run.tokens;
    const shown = run.prompt()?.showEnd?.(done);
    await until(() => run.clock.sleepers > 1);
    run.clock.advance(2000);
    await shown;
    expect(run.isOpen()).toBe(false);
  });

  it("is shown without the end where nobody says it", async () => {
    const run = await started();
    run.expectNonce();
    const arrival = run.arrive(run.back({ ...run.right, code: "c" }));
    await run.tokens;
    await until(() => run.clock.sleepers > 0);
    run.clock.advance(30_000);
    expect((await arrival).body).toContain("The browser has done its part");
    await until(() => !run.isOpen());
  });
});
