import { defineIdp, TegataError } from "@tegata/core";
import { idpAuth0 as auth0 } from "@tegata/idp-auth0";
import { idpOidc as oidc } from "@tegata/idp-oidc";
import * as v from "valibot";
import { expect, test } from "vitest";
import { coreSettings, settingDefinitions } from "./setting-definitions.ts";

const pluginWith = (entries: v.ObjectEntries) =>
  defineIdp({
    kind: "interactive",
    id: "odd",
    summary: "for tests",
    settings: v.strictObject(entries),
    expectations: () => ({ issuer: "https://odd.example", audience: "x" }),
    acquire: () => Promise.reject(new TegataError("internal", "not here")),
  });

/** Each flag is one of the list. */
const ofList: Readonly<Record<string, string>> = {
  session_tags: "session-tag",
  transitive_tag_keys: "transitive-tag-key",
  session_policy_arns: "session-policy-arn",
};

test("every setting of tegata and of a plugin has a flag, a variable and a description", () => {
  const definitions = settingDefinitions([auth0, oidc]);
  for (const name of [...Object.keys(coreSettings), "domain", "issuer", "client_id", "scope", "audience"]) {
    expect(definitions.get(name)).toMatchObject({
      name,
      flag: ofList[name] ?? name.replaceAll("_", "-"),
      variable: `TEGATA_${name.toUpperCase()}`,
      description: expect.stringMatching(/^\S.*[^.]$/s) as unknown,
    });
  }
  expect(definitions.get("role_arn")?.sections).toEqual(["profile"]);
  expect(definitions.get("client_id")?.sections).toEqual(["profile", "idp"]);
  for (const name of ["profile", "config", "fresh", "quiet", "verbose", "error_format"]) {
    expect(definitions.get(name)?.sections).toEqual([]);
  }
});

test("a setting that two plugins share is one setting with both schemas", () => {
  const shared = settingDefinitions([auth0, oidc]).get("client_id");
  expect([...(shared?.idpSchemas.keys() ?? [])]).toEqual(["auth0", "oidc"]);
});

test("the kind, the choices and the default of a setting are found under optional and pipe", () => {
  const odd = pluginWith({
    tries: v.optional(v.nullable(v.pipe(v.number(), v.description("how often"))), 3),
    loud: v.optional(v.boolean(), false),
    mode: v.picklist(["a", "b"]),
  });
  const definitions = settingDefinitions([odd]);
  expect(definitions.get("tries")).toMatchObject({ kind: "number", defaultText: "3", description: "how often" });
  expect(definitions.get("loud")).toMatchObject({ kind: "boolean", defaultText: "false" });
  expect(definitions.get("mode")).toMatchObject({ kind: "text", choices: ["a", "b"], description: "a setting of odd" });
  expect(definitions.get("prompt")?.choices).toEqual(["auto", "always", "never", "tty"]);
});

test.each(["region", "type", "profile"])(
  "a plugin with a setting called %s, as tegata itself has, is refused",
  (name) => {
    expect(() => settingDefinitions([pluginWith({ [name]: v.string() })])).toThrow(/that name is taken/);
  },
);
