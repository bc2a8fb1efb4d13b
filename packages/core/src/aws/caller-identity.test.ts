/// <reference types="node" />
import { fakeListen } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { isTegataError } from "../base/errors.ts";
import type { Ports } from "../base/ports.ts";
import { getCallerIdentity } from "./caller-identity.ts";

const role = {
  arn: "arn:aws:iam::123456789012:role/Hub",
  partition: "aws",
  accountId: "123456789012",
  roleName: "Hub",
};
const credentials = {
  accessKeyId: "ASIAHUB",
  secretAccessKey: "hub-secret",
  sessionToken: "hub-session-token",
  expiration: "2026-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Hub/ann",
};
const target = { region: "eu-central-1", endpoint: undefined, useFipsEndpoint: false, useDualstackEndpoint: false };

const result = (members: string) =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${members}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
const refusal = (code: string, message: string) =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
const good = result(
  "<Arn>arn:aws:sts::123456789012:assumed-role/Hub/ann</Arn><UserId>AROA:ann</UserId><Account>123456789012</Account>",
);

/** What is asked of an STS that answers like this, and what comes of it. */
async function ask(body: string, status = 200) {
  const sent: { readonly url: string; readonly headers: Headers; readonly body: string }[] = [];
  const ports: Ports = {
    fetch: async (url, init) => {
      sent.push({ url, headers: new Headers(init.headers), body: typeof init.body === "string" ? init.body : "" });
      return new Response(body, { status });
    },
    clock: { now: () => Date.parse("2026-01-01T00:00:00Z"), monotonic: () => 0, sleep: async () => undefined },
    random: () => 1,
    signal: new AbortController().signal,
    log: () => undefined,
    listen: fakeListen().listen,
  };
  const outcome = await getCallerIdentity({ credentials, role, ...target }, ports).catch((error: unknown) => error);
  return { sent, outcome };
}

describe("asking STS whose credentials these are", () => {
  it("is one request, signed with them, that holds no secret", async () => {
    const { sent, outcome } = await ask(good);
    expect(outcome).toEqual({
      accountId: "123456789012",
      arn: "arn:aws:sts::123456789012:assumed-role/Hub/ann",
      userId: "AROA:ann",
    });
    expect(sent.map(({ url }) => url)).toEqual(["https://sts.eu-central-1.amazonaws.com/"]);
    expect(sent[0]?.body).toMatch(/^Action=GetCallerIdentity&Version=2011-06-15$/);
    expect(sent[0]?.headers.get("authorization")).toMatch(
      /Credential=ASIAHUB\/20260101\/eu-central-1\/sts\/aws4_request/,
    );
    expect(JSON.stringify([...(sent[0]?.headers ?? [])])).not.toContain("hub-secret");
  });

  it.each([
    ["ExpiredToken", "The security token included in the request is expired", 403, "sts_source_rejected", 1],
    ["InvalidClientTokenId", "The security token included in the request is invalid", 403, "sts_source_rejected", 1],
    ["SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", 403, "sts_source_rejected", 5],
    ["AccessDenied", "explicit deny in a VPC endpoint policy", 403, "sts_access_denied", 1],
    ["Throttling", "Rate exceeded", 400, "sts_throttled", 5],
  ])("that answers %s (%s) ends with its own error", async (code, message, status, expected, requests) => {
    const { sent, outcome } = await ask(refusal(code, message), status);
    expect(isTegataError(outcome) && outcome.code).toBe(expected);
    expect(sent).toHaveLength(requests);
  });

  it("shows no secret that an answer repeats", async () => {
    const { outcome } = await ask(refusal("ExpiredToken", "hub-session-token and hub-secret"), 403);
    expect(isTegataError(outcome) && outcome.message).not.toMatch(/hub-se/);
  });

  it.each([
    ["no members", result("")],
    ["an ARN with a line break", result("<Arn>a&#10;b</Arn><UserId>u</UserId><Account>1</Account>")],
    ["a page", "<html></html>"],
  ])("does not take an answer with %s", async (_what, body) => {
    const { outcome } = await ask(body);
    expect(isTegataError(outcome) && outcome.code).toBe("sts_invalid_response");
  });
});
