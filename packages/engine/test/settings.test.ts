import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { idpOidc } from "@tegata/idp-oidc";
import { failure } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EffectiveSetting } from "../src/verbs/settings.ts";
import { simulatedEngine } from "./support/simulated-engine.ts";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
beforeEach(async () => {
  world = await simulation({ onDisk: true });
});
afterEach(() => world.close());

const team = `[idp.acme]
type = "oidc"
issuer = "https://id.acme.com"
client_id = "tegata"

[profile.dev]
idp = "acme"
region = "eu-central-1"
duration = "4h"
`;
const own = `[profile.dev]
region = "eu-west-1"
session_tags = { team = "blue" }

[idp.acme]
client_secret_file = "/home/ann/secret"

[team]
url = "https://acme.com/tegata.toml"
sha256 = "${createHash("sha256").update(team).digest("hex")}"
`;

const settingsWith = async (options: Parameters<typeof simulatedEngine>[2] = {}, key?: string) => {
  await writeFile(join(world.base, "team.toml"), team, { mode: 0o600 });
  const { engine } = await simulatedEngine(world, own, {
    idps: [idpOidc],
    machineSettings: 'default_profile = "dev"\n[profile.dev]\n[fixed]\nflow = "browser"\n',
    ...options,
  });
  return engine.effectiveSettings(key);
};
const at = (file: string, line: number) => `${world.base}/${file}:${line}:1`;
const byKey = (settings: readonly EffectiveSetting[], key: string) => settings.find((each) => each.key === key);

describe("a setting of a run", () => {
  it("is shown with the file and the line that say it, of each of the three", async () => {
    const settings = await settingsWith();
    const origins = ["region", "session_tags", "duration", "issuer", "profile", "flow"].map((key) => {
      const { value, source } = byKey(settings, key) ?? {};
      return [key, value, source?.kind === "file" ? [source.layer, source.at] : source];
    });
    expect(origins).toEqual([
      ["region", "eu-west-1", ["person", at("tegata.toml", 2)]],
      ["session_tags", { team: "blue" }, ["person", at("tegata.toml", 3)]],
      ["duration", "4h", ["team", at("team.toml", 9)]],
      ["issuer", "https://id.acme.com", ["team", at("team.toml", 3)]],
      ["profile", "dev", ["machine", at("machine.toml", 1)]],
      ["flow", "browser", ["machine", at("machine.toml", 4)]],
    ]);
  });

  it("is shown with the flag or the variable that outdoes the files, in the form of its schema", async () => {
    const settings = await settingsWith({
      flags: { "session-tag": "a=b" },
      variables: { TEGATA_DURATION: "2h", AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/x", TEGATA_BROWSER: "no" },
    });
    expect(["session_tags", "duration", "role_arn", "browser"].map((key) => byKey(settings, key))).toEqual([
      { key: "session_tags", value: { a: "b" }, isHidden: false, source: { kind: "flag", key: "session_tags" } },
      { key: "duration", value: "2h", isHidden: false, source: { kind: "variable", name: "TEGATA_DURATION" } },
      {
        key: "role_arn",
        value: "arn:aws:iam::123456789012:role/x",
        isHidden: false,
        source: { kind: "variable", name: "AWS_ROLE_ARN" },
      },
      { key: "browser", value: false, isHidden: false, source: { kind: "variable", name: "TEGATA_BROWSER" } },
    ]);
  });

  it("that nobody says has its default, or what that depends on", async () => {
    const settings = await settingsWith();
    expect(["token_store", "scope", "role_session_name", "account"].map((key) => byKey(settings, key))).toEqual([
      { key: "token_store", value: "auto", isHidden: false, source: { kind: "built-in" } },
      { key: "scope", value: "openid email offline_access", isHidden: false, source: { kind: "built-in" } },
      {
        key: "role_session_name",
        value: undefined,
        words: "the e-mail address, else the subject",
        isHidden: false,
        source: { kind: "built-in" },
      },
      { key: "account", value: undefined, words: "anyone", isHidden: false, source: { kind: "built-in" } },
    ]);
  });

  it("that may be a secret, or lead to one, is named and not shown", async () => {
    const settings = await settingsWith();
    expect(byKey(settings, "client_secret_file")).toMatchObject({ value: undefined, isHidden: true });
    expect(JSON.stringify(settings)).not.toContain("/home/ann/secret");
  });

  it("can be asked for alone; one without a value is none, and one that is not there is an error", async () => {
    expect(await settingsWith({}, "region")).toMatchObject([{ key: "region", value: "eu-west-1" }]);
    expect(await settingsWith({}, "external_id")).toEqual([]);
    const error = await failure(settingsWith({}, "regoin"), "usage_invalid");
    expect(error.message).toBe('there is no setting "regoin"; did you mean region?');
  });

  it("that is bad, or that the administrator has fixed otherwise, is an error as for every command", async () => {
    await failure(settingsWith({ flags: { region: "mars" } }), "usage_invalid");
    await failure(settingsWith({ flags: { flow: "device" } }), "usage_invalid");
  });

  it("is shown where no profile and no identity provider is named", async () => {
    const { engine } = await simulatedEngine(world, "", { idps: [idpOidc], flags: { region: "eu-west-1" } });
    const settings = await engine.effectiveSettings();
    expect(byKey(settings, "region")).toMatchObject({ value: "eu-west-1", source: { kind: "flag" } });
    expect(byKey(settings, "issuer")).toBeUndefined();
  });
});
