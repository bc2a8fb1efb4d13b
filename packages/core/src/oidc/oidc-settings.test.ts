import * as v from "valibot";
import { describe, expect, it } from "vitest";
import {
  clientIdSchema,
  defaultScope,
  hostSchema,
  originOf,
  redirectSettings,
  scopeSchema,
  secureUrlSchema,
} from "./oidc-settings.ts";

const complaintOf = (schema: v.GenericSchema, value: unknown) => v.safeParse(schema, value).issues?.[0].message;

describe("an issuer in the settings", () => {
  it.each([
    "https://idp.example.com",
    "https://idp.example.com/",
    "https://idp.example.com:8443/realms/a",
    "http://127.0.0.1:9400",
    "http://[::1]:9400/",
    "http://localhost",
  ])("%s is accepted as it is", (issuer) => {
    expect(v.parse(secureUrlSchema, ` ${issuer} `)).toBe(issuer);
  });

  it.each([
    [5, "must be a URL"],
    ["", "must be a URL that starts with https://"],
    ["idp.example.com", "must be a URL that starts with https://"],
    ["ftp://idp.example.com", "must be a URL that starts with https://"],
    ["https://", "must be a URL that starts with https://"],
    ["javascript:alert(1)", "must be a URL that starts with https://"],
    ["http://idp.example.com", "must be https; http is taken only for a loopback address"],
    ["http://127.0.0.1.evil.com", "must be https; http is taken only for a loopback address"],
    ["https://ann@idp.example.com", "must hold no user, query or fragment"],
    ["https://:secret@idp.example.com", "must hold no user, query or fragment"],
    ["https://idp.example.com/?tenant=a", "must hold no user, query or fragment"],
    ["https://idp.example.com/#a", "must hold no user, query or fragment"],
  ])("%j is refused: %s", (issuer, complaint) => {
    expect(complaintOf(secureUrlSchema, issuer)).toBe(complaint);
  });
});

describe("a host in the settings", () => {
  it.each([
    ["acme.example.com", "https://acme.example.com"],
    ["https://ACME.example.com/", "https://acme.example.com"],
    [" acme.example.com:8443 ", "https://acme.example.com:8443"],
    ["http://127.0.0.1:9401", "http://127.0.0.1:9401"],
  ])("%j is the origin %s", (host, origin) => {
    expect(originOf(v.parse(hostSchema("acme.example.com"), host))).toBe(origin);
  });

  it.each(["", "http://acme.example.com", "acme.example.com/path", "acme.example.com?", "ann@acme.example.com"])(
    "%j is refused",
    (host) => {
      expect(complaintOf(hostSchema("acme.example.com"), host)).toBe("must be a host name such as acme.example.com");
    },
  );
});

describe("a client id in the settings", () => {
  it("may hold a blank and the signs that RFC 6749 allows", () => {
    expect(v.parse(clientIdSchema, " 0oa-~!{} x ")).toBe("0oa-~!{} x");
  });
  it.each([
    ["", /empty/],
    ["a\nb", /ASCII/],
    ["clé", /ASCII/],
    [7, /must be text/],
  ] as const)("%j is refused", (id, words) => {
    expect(complaintOf(clientIdSchema, id)).toMatch(words);
  });
});

describe("a scope in the settings", () => {
  it("is sent with single spaces between its words", () => {
    expect(v.parse(scopeSchema, " openid\t email\n offline_access")).toBe("openid email offline_access");
  });
  it("may be the default", () => {
    expect(v.parse(scopeSchema, defaultScope)).toBe(defaultScope);
  });
  it.each(["", "email", "openidemail", "OpenID", "openid,email"])("%j is refused: it holds no openid", (scope) => {
    expect(complaintOf(scopeSchema, scope)).toMatch(/must hold openid/);
  });
  it("is refused with letters that RFC 6749 does not allow", () => {
    expect(complaintOf(scopeSchema, "openid é")).toMatch(/ASCII/);
  });
});

describe("the ports of a redirect address", () => {
  it.each([[[80]], [["17580", 17_581]], [[65_535]], [undefined]])("may be %j", (ports) => {
    expect(complaintOf(redirectSettings.redirect_ports, ports)).toBeUndefined();
  });

  it.each([
    [[], "must name a port"],
    [[0], "must be a port between 1 and 65535"],
    [["80.5"], "must be a port between 1 and 65535"],
    [[17_580, 6666], "must be ports that browsers open: they refuse 6666"],
    [["22"], "must be ports that browsers open: they refuse 22"],
    [17_580, "must be a list of ports"],
  ])("are not %j", (ports, complaint) => {
    expect(complaintOf(redirectSettings.redirect_ports, ports)).toBe(complaint);
  });
});
