import { expectGoodWords } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { HttpFailure } from "../base/http.ts";
import { askForTokens, failedResponse, judgeTokenResponse, readJson, retryAfterOf } from "./token-response.ts";

const now = Date.UTC(2030, 0, 1);
const judge = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  judgeTokenResponse(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }), now);

describe("a token response holds tokens", () => {
  it.each([
    [{ access_token: "a", id_token: "i", refresh_token: "r" }, "i", "r"],
    [{ access_token: "a", id_token: "i" }, "i", undefined],
    [{ id_token: "i" }, "i", undefined],
    [{ access_token: "a", id_token: "i", refresh_token: null }, "i", undefined],
    [{ access_token: "a", id_token: "i", refresh_token: "" }, "i", undefined],
    [{ access_token: "a", id_token: null }, undefined, undefined],
    [{ access_token: "a", id_token: "" }, undefined, undefined],
  ])("when it is %j", async (body, idToken, refreshToken) => {
    expect(await judge(200, body)).toEqual({
      kind: "tokens",
      idToken,
      refreshToken,
      accessToken: "access_token" in body ? body.access_token : undefined,
    });
  });
});

describe("a token response is unexpected", () => {
  it.each([
    ["an empty object", 200, {}],
    ["a word from something in between", 200, { message: "ok" }],
    ["a refresh token alone", 200, { refresh_token: "r" }],
    ["an ID token that is a number", 200, { access_token: "a", id_token: 7 }],
    ["a refresh token that is an object", 200, { access_token: "a", refresh_token: {} }],
    ["an array", 200, [{ access_token: "a" }]],
    ["null", 200, null],
    ["text", 200, '"token"'],
    ["a form", 200, "access_token=a&id_token=i"],
    ["nothing", 200, ""],
    ["tokens with HTTP 201", 201, { access_token: "a", id_token: "i" }],
    ["tokens with HTTP 400", 400, { access_token: "a", id_token: "i" }],
    ["an empty error", 400, { error: "" }],
    ["an error that is a list", 400, { error: ["invalid_grant"] }],
    ["a page", 404, "<html>"],
  ])("when it is %s", async (_name, status, body) => {
    expect(await judge(status, body)).toMatchObject({ kind: "unexpected" });
  });
});

describe("a token response refuses", () => {
  it.each([200, 400, 401, 403, 404])("with HTTP %i, when there is an OAuth error in it", async (status) => {
    expect(await judge(status, { error: "invalid_grant", access_token: "a" })).toEqual({
      kind: "refused",
      refusal: { error: "invalid_grant", description: undefined, status, retryAfterSeconds: undefined },
    });
  });

  it("in Google's shape of a limit that is reached, and in no other that lacks an error", async () => {
    expect(await judge(403, { error_code: "rate_limit_exceeded" })).toMatchObject({
      refusal: { error: "rate_limit_exceeded", status: 403 },
    });
    expect(await judge(403, { error_code: "house_rule" })).toMatchObject({ kind: "unexpected" });
  });

  it.each([null, 7, {}, ""])("without a description when that is %j", async (description) => {
    expect(await judge(400, { error: "authorization_pending", error_description: description })).toMatchObject({
      kind: "refused",
      refusal: { error: "authorization_pending", description: undefined },
    });
  });

  it("in words without control characters, cut to a length", async () => {
    const body = { error: `\u001b[2J${"e".repeat(500)}`, error_description: "\u202e".repeat(9) + "d".repeat(900) };
    const answer = await judge(400, body);
    if (answer.kind !== "refused") {
      throw new Error(answer.kind);
    }
    expect(answer.refusal.error).toMatch(/^\[2Je{76}…$/);
    expect(answer.refusal.description).toMatch(/^d{299}…$/);
  });

  it.each(["slow_down", "authorization_pending"])("with HTTP 429 only by %s", async (error) => {
    expect(await judge(429, { error })).toMatchObject({ kind: "refused" });
    expect(await judge(429, { error: "access_denied" })).toMatchObject({ kind: "busy", status: 429 });
    expect(await judge(429, { error: "invalid_grant" })).toMatchObject({ kind: "busy", status: 429 });
  });

  it.each([500, 502, 503, 504])("never with HTTP %i: it is busy", async (status) => {
    expect(await judge(status, { error: "invalid_grant" }, { "retry-after": "9" })).toEqual({
      kind: "busy",
      status,
      retryAfterSeconds: 9,
    });
  });
});

describe("Retry-After", () => {
  it.each([
    ["7", 7],
    [" 7 ", 7],
    ["0", 0],
    ["Tue, 01 Jan 2030 00:00:30 GMT", 30],
    ["Mon, 31 Dec 2029 23:59:30 GMT", 0],
    ["soon", undefined],
    ["", undefined],
  ])("%j means %j seconds", (header, seconds) => {
    expect(retryAfterOf(new Response("", { headers: { "retry-after": header } }), now)).toBe(seconds);
  });
  it("may be missing", () => {
    expect(retryAfterOf(new Response(""), now)).toBeUndefined();
  });
});

describe("a request for tokens", () => {
  it("without a response is no_response, and passes on a bug", async () => {
    const failure = new HttpFailure("timeout", "no complete answer");
    expect(await askForTokens(() => Promise.reject(failure), now)).toEqual({ kind: "no_response", failure });
    await expect(askForTokens(() => Promise.reject(new RangeError("bug")), now)).rejects.toThrow(RangeError);
  });

  it.each([
    [{ kind: "no_response", failure: new HttpFailure("timeout", "none") }, "idp_unreachable"],
    [{ kind: "busy", status: 503, retryAfterSeconds: undefined }, "idp_unavailable"],
    [{ kind: "unexpected", reason: "it is not a JSON object with tokens", status: 200 }, "idp_invalid_response"],
  ] as const)("that ends as %j is %s", (answer, code) => {
    const error = failedResponse(answer, "https://idp.example.com/token");
    expectGoodWords(error);
    expect(error).toMatchObject({ code, message: expect.stringContaining("idp.example.com") as unknown });
  });

  it("whose response is not JSON reads undefined, and a byte order mark is allowed", async () => {
    expect(await readJson(new Response("{"))).toBeUndefined();
    expect(await readJson(new Response("\u{feff}{}"))).toEqual({});
  });
});
