import { isTegataError, type RoleArn, roleArnSchema } from "@tegata/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { roleProfiles, roleProfilesIn, type RoleToName, wordsForRole } from "./role-profiles.ts";
import type { SettingsFile } from "./settings-file.ts";

const settings: Pick<SettingsFile, "idps" | "profiles"> = {
  idps: new Map([
    ["acme", { type: "oidc", values: new Map() }],
    ["other", { type: "oidc", values: new Map() }],
  ]),
  profiles: new Map([["dev", new Map()]]),
};
const arnOf = (name: string, account = "123456789012") => `arn:aws:iam::${account}:role/${name}`;
const roleOf = (text: string): RoleArn => v.parse(roleArnSchema, text);
const known = (arn: string, more: Partial<RoleToName> = {}): RoleToName => ({
  role: roleOf(arn),
  idp: "acme",
  name: undefined,
  profile: undefined,
  ...more,
});
const named = (pattern: string, ...roles: readonly RoleToName[]) =>
  roleProfiles({ pattern, roles, isComplete: true }, settings).map(({ name }) => name);

const entry = (name: string, ...process: readonly string[]) => ({ name, process });

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isTegataError(error) ? `${error.code}: ${error.message}; ${error.hint ?? ""}` : "another error";
  }
  return "none";
}

describe("the profiles of roles", () => {
  it("are called by account, role, the company's name of it and identity provider", () => {
    const roles = [
      known(arnOf("path/Developer"), { name: "Read & write" }),
      known(arnOf("ReadOnly"), { idp: "other" }),
    ];
    expect(named("{account}-{role}", ...roles)).toEqual(["123456789012-Developer", "123456789012-ReadOnly"]);
    expect(named("{idp}/{name}", ...roles)).toEqual(["acme/Read-write", "other/ReadOnly"]);
  });

  it("are those that no profile of the settings has", () => {
    expect(named("{role}", known(arnOf("Developer"), { profile: "dev" }), known(arnOf("Other")))).toEqual(["Other"]);
  });

  it("have a - for what AWS clients do not take in a name, and take a role's text for no pattern", () => {
    expect(named("{role}", known(arnOf("a=b,c@d.e+f-g_h")))).toEqual(["a-b-c@d.e+f-g_h"]);
    expect(named("{name}", known(arnOf("x"), { name: "]\n[profile mine] {role} $& größe" }))).toEqual([
      "-profile-mine-role-größe",
    ]);
  });

  it.each([
    ["{account}", "neither {role} nor {name}"],
    ["", "neither {role} nor {name}"],
    ["{rolle}", 'the placeholder "{rolle}", which means nothing'],
    ["{role}{}", 'the placeholder "{}", which means nothing'],
    ["{role} {account}", "characters that not every AWS client finds"],
    ["{role", "neither {role} nor {name}"],
    ["{role}}", "characters that not every AWS client finds"],
    ["[{role}]", "characters that not every AWS client finds"],
    ["größe-{role}", "characters that not every AWS client finds"],
    ["{role}\u001b[2J", "characters that not every AWS client finds"],
  ])("refuses the pattern %j", (pattern, problem) => {
    const said = refusal(() => named(pattern, known(arnOf("x"))));
    expect(said).toContain("usage_invalid: ");
    expect(said).toContain(problem);
    expect(said).not.toContain("\u001b");
  });

  it("refuses two roles of one name, and names both and what would tell them apart", () => {
    const roles = [known(arnOf("Developer")), known(arnOf("Developer", "210987654321"))];
    expect(refusal(() => named("{role}", ...roles))).toBe(
      `usage_invalid: --roles "{role}" calls two roles Developer: ${arnOf("Developer")} (acme), ${arnOf("Developer", "210987654321")} (acme); tell them apart with {account}, {name}, {idp}`,
    );
  });

  it.each([
    [known(arnOf("dev")), /usage_invalid: the role .*role\/dev would be called dev, as a profile of the settings is/],
    [known(arnOf("default")), /usage_invalid: .* would be called default, which every AWS client takes/],
    [known(arnOf("x"), { idp: "auth0" }), /settings_incomplete: .* known from auth0, .* can only name a section/],
  ])("refuses what would stand for something else", (role, problem) => {
    expect(refusal(() => named("{role}", role))).toMatch(problem);
  });

  it("are told in a block by their lines, and nothing else is", () => {
    const role = { name: "x", idp: "acme", roleArn: arnOf("x") };
    const dashed = { ...role, idp: "-x" };
    expect(
      roleProfilesIn(
        [
          entry("x", "tegata", "credential-process", ...wordsForRole(role)),
          entry("x", "node", "a.js", "credential-process", ...wordsForRole(dashed), "--config", "f.toml"),
          entry("dev", "tegata", "credential-process", "dev"),
          entry("dev", "tegata", "credential-process", "--profile=--idp", "--role-arn", arnOf("x")),
          entry("none"),
        ],
        "credential-process",
      ),
    ).toEqual([role, dashed]);
  });
});
