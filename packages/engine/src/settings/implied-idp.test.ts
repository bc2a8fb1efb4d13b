import { clientIdSchema, type IdentityProvider, inWords, plainVocabulary } from "@tegata/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { impliedIdps, linesOfIdp, settingsOfIdps } from "./implied-idp.ts";
import { settingDefinitions } from "./setting-definitions.ts";

const idp = (id: string, entries: v.ObjectEntries, impliedBy?: string): IdentityProvider => ({
  kind: "interactive",
  id,
  summary: "a provider for tests",
  settings: v.strictObject(entries),
  ...(impliedBy === undefined ? {} : { impliedBy }),
  expectations: () => ({ issuer: "https://id.example", audience: "x" }),
  acquire: () => Promise.reject(new Error("asks nobody")),
});
const acme = idp("acme", { tenant: v.string(), client_id: clientIdSchema, scope: v.optional(v.string()) }, "tenant");
const any = idp("any", { issuer: v.string() }, "issuer");
const named = idp("named", { org: v.string(), client_id: clientIdSchema });

describe("identity providers that a setting is enough to name", () => {
  it("are those that say so, in their order", () => {
    expect(impliedIdps([named, any, acme]).map(({ plugin, setting }) => [plugin.id, setting])).toEqual([
      ["any", "issuer"],
      ["acme", "tenant"],
    ]);
  });

  it("are named in a hint by all settings that they need", () => {
    expect(inWords(settingsOfIdps([acme, named, any]), plainVocabulary)).toBe(
      "tenant TENANT client_id CLIENT_ID (acme) or issuer ISSUER (any)",
    );
    expect(inWords(settingsOfIdps([named]), plainVocabulary)).toBe("idp NAME");
  });

  it("give the example of a settings file: the last of them, else the first provider of people", () => {
    expect(linesOfIdp([any, acme, named])).toBe('type = "acme", tenant = "…" and client_id = "…"');
    expect(linesOfIdp([named])).toBe('type = "named", org = "…" and client_id = "…"');
    expect(linesOfIdp([])).toBe('type = "…"');
  });

  it("are the default of idp in the help", () => {
    expect(settingDefinitions([acme, any, named]).get("idp")?.defaultText).toBe(
      "acme with --tenant, any with --issuer",
    );
    expect(settingDefinitions([named]).get("idp")?.defaultText).toBeUndefined();
  });
});
