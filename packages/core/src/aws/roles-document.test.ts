import { describe, expect, it } from "vitest";
import type { Fetch } from "../base/ports.ts";
import { HttpFailure } from "../base/http-failure.ts";
import { claimNamed, readRolesDocument } from "./roles-document.ts";

const url = "https://acme.example/roles.json";
const signal = new AbortController().signal;
const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;

/** @param answer a text, or what is written as JSON */
function answering(answer: unknown, status = 200) {
  const requests: { readonly url: string; readonly init: RequestInit }[] = [];
  const fetch: Fetch = (asked, init) => {
    requests.push({ url: asked, init });
    return Promise.resolve(new Response(typeof answer === "string" ? answer : JSON.stringify(answer), { status }));
  };
  return { fetch, requests };
}

const read = (answer: unknown, claims = {}, status = 200) =>
  readRolesDocument(url, claims, { fetch: answering(answer, status).fetch, signal });

const silent: Fetch = () => Promise.reject(new HttpFailure("timeout", "no complete answer within 10 s"));

describe("a company's list of roles", () => {
  it("gives its roles in their order, with the names that they have there", async () => {
    const { roles, invalid } = await read({
      version: 1,
      roles: [
        { roleArn: arn("Admin"), name: "Production" },
        { roleArn: arn("Dev"), team: "ignored" },
      ],
    });
    expect(roles.map(({ role, name }) => [role.roleName, name])).toEqual([
      ["Admin", "Production"],
      ["Dev", undefined],
    ]);
    expect(invalid).toBeUndefined();
  });

  it("leaves out what is for people with other claims", async () => {
    const claims = { groups: ["dev", "ops"], department: "it", realm_access: { roles: ["aws"] }, level: 3 };
    const { roles } = await read(
      {
        version: 1,
        roles: [
          { roleArn: arn("Group"), claims: { groups: ["ops", "other"] } },
          { roleArn: arn("OtherGroup"), claims: { groups: ["other"] } },
          { roleArn: arn("Both"), claims: { groups: ["dev"], department: ["it"] } },
          { roleArn: arn("NotBoth"), claims: { groups: ["dev"], department: ["hr"] } },
          { roleArn: arn("Lacking"), claims: { team: ["x"] } },
          { roleArn: arn("NoValue"), claims: { groups: [] } },
          { roleArn: arn("Nested"), claims: { "realm_access.roles": ["aws"] } },
          { roleArn: arn("Number"), claims: { level: [3] } },
        ],
      },
      claims,
    );
    expect(roles.map(({ role }) => role.roleName)).toEqual(["Group", "Both", "Nested", "Number"]);
  });

  it("says which entries are no roles, and gives the others", async () => {
    const { roles, invalid } = await read({
      version: 1,
      roles: ["text", { roleArn: arn("Dev") }, { roleArn: "arn:aws:iam::1:role/x" }, { roleArn: arn("a"), name: 7 }],
    });
    expect(roles.map(({ role }) => role.roleName)).toEqual(["Dev"]);
    expect(invalid).toEqual({ count: 3, first: "entry 1: it must be an object" });
    const { invalid: without } = await read({ version: 1, roles: [{ name: "Dev" }] });
    expect(without).toEqual({ count: 1, first: "entry 1: roleArn is missing" });
  });

  it("is asked for without anything of the person", async () => {
    const { fetch, requests } = answering({ version: 1, roles: [] });
    await readRolesDocument(url, { sub: "ann" }, { fetch, signal });
    expect(requests.map(({ url: asked, init }) => [asked, init.method, init.headers, init.body])).toEqual([
      [url, undefined, { accept: "application/json" }, undefined],
    ]);
  });

  it.each([
    ["a page", "<html>sign in</html>", 200, "idp_invalid_response", /no list of roles/],
    ["another version", { version: 2, roles: [] }, 200, "idp_invalid_response", /no list of roles/],
    ["a list without its frame", [arn("Dev")], 200, "idp_invalid_response", /no list of roles/],
    ["not found", "", 404, "idp_invalid_response", /acme\.example answers HTTP 404$/],
    ["not allowed", "", 401, "idp_invalid_response", /answers HTTP 401$/],
    ["not available", "", 503, "idp_unavailable", /answers HTTP 503$/],
  ])("is refused when it is %s", async (_what, answer, status, code, message) => {
    await expect(read(answer, {}, status)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown,
    });
  });

  it("that cannot be reached is an error that names the host", async () => {
    await expect(readRolesDocument(url, {}, { fetch: silent, signal })).rejects.toMatchObject({
      code: "idp_unreachable",
      message: "the list of roles cannot be reached at acme.example: no complete answer within 10 s",
    });
  });
});

describe("a claim by its name", () => {
  const claims = { "a.b": 1, a: { b: 2, c: { d: 3 } }, list: [{ x: 1 }] };

  it.each([
    ["a.b", 1],
    ["a.c.d", 3],
    ["a.x", undefined],
    ["list.x", undefined],
    ["__proto__", undefined],
    ["toString", undefined],
  ])("%s is found as %j", (name, value) => {
    expect(claimNamed(claims, name)).toEqual(value);
  });
});
