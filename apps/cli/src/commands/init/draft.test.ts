import { describe, expect, it } from "vitest";
import { idpAuth0 } from "@tegata/idp-auth0";
import { firstFree, problemWith, sectionNameFor, trialFlags, wantedProfile } from "./draft.ts";

const none: ReadonlySet<string> = new Set();

describe("the name of a new section for a provider", () => {
  it.each([
    ["https://acme.eu.auth0.com/", "acme"],
    ["https://login.acme.com", "acme"],
    ["https://sso.example.com/realms/x", "example"],
    ["https://login.microsoftonline.com/8eaef023/v2.0", "corp"],
    ["http://127.0.0.1:9000", "corp"],
    ["http://localhost:9000", "corp"],
    ["http://[::1]:9000", "corp"],
    ["https://xn--bcher-kva.example", "xn--bcher-kva"],
  ] as const)("for %s is a word of its host, else corp", (issuer, name) => {
    expect(sectionNameFor(issuer, none)).toBe(name);
  });

  it("is one that is not taken", () => {
    expect(sectionNameFor("https://acme.eu.auth0.com/", new Set(["acme", "acme-2"]))).toBe("acme-3");
    expect(firstFree("dev", none)).toBe("dev");
  });
});

describe("an answer", () => {
  it.each([
    ["domain", "acme.eu.auth0.com", undefined],
    ["domain", "not a domain", /must be a host name/],
    ["client_id", "", /must not be empty/],
    ["role_arn", "arn:aws:iam::123456789012:user/x", /is a user/],
    ["region", "us-east-1", undefined],
  ])("for %s that is %j is judged by the setting's own schema", (key, value, problem) => {
    const found = problemWith(value, key, idpAuth0);
    expect(problem === undefined ? found : problem.test(found ?? "")).toBe(problem === undefined ? undefined : true);
  });
});

describe("a profile that is to be written", () => {
  const settings = new Map<string, unknown>([
    ["domain", "acme.eu.auth0.com"],
    ["client_id", "abc"],
    ["flow", "auto"],
    ["redirect_ports", "8400,8401"],
    ["role_arn", "arn:aws:iam::123456789012:role/Dev"],
    ["use_fips_endpoint", "yes"],
    ["session_tags", "Team=a,Stage=b"],
    ["browser", false],
    ["prompt", "always"],
    ["fresh", true],
  ]);
  const names = { profile: "dev", idp: "acme", replaces: false };

  it("has each setting in its section, as TOML has it, and none of how this run asks", () => {
    expect(wantedProfile({ plugin: idpAuth0, section: undefined }, settings, names)).toEqual({
      name: "dev",
      replaces: false,
      idp: {
        name: "acme",
        values: {
          type: "auth0",
          domain: "acme.eu.auth0.com",
          client_id: "abc",
          flow: "auto",
          redirect_ports: [8400, 8401],
        },
      },
      values: {
        idp: "acme",
        role_arn: "arn:aws:iam::123456789012:role/Dev",
        use_fips_endpoint: true,
        session_tags: { Team: "a", Stage: "b" },
      },
    });
  });

  it("has what differs from a section that is there in its own, as other profiles use that", () => {
    const section = {
      name: "corp",
      values: new Map<string, unknown>(Object.entries({ domain: "acme.eu.auth0.com", client_id: "abc" })),
    };
    const wanted = wantedProfile(
      { plugin: idpAuth0, section },
      new Map([
        ["client_id", "abc"],
        ["flow", "device"],
      ]),
      names,
    );
    expect(wanted).toEqual({ name: "dev", replaces: false, idp: undefined, values: { idp: "corp", flow: "device" } });
  });
});

it("a trial has the flags of answers, of what was typed and of a section, and names the plugin", () => {
  const section = {
    name: "corp",
    values: new Map<string, unknown>([
      ["domain", "acme.eu.auth0.com"],
      ["scope", "openid"],
    ]),
  };
  const flags = { duration: "2h", profile: "other", config: "x.toml", idp: "corp", print: true, scope: "openid email" };
  const context = { plugins: { idps: [idpAuth0], formats: [] } };
  expect(trialFlags({ plugin: idpAuth0, section }, new Map([["client_id", "abc"]]), flags, context)).toEqual({
    domain: "acme.eu.auth0.com",
    scope: "openid email",
    duration: "2h",
    "client-id": "abc",
    idp: "auth0",
  });
});
