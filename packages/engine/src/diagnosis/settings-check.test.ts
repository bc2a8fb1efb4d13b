import { createHash } from "node:crypto";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idpOidc } from "@tegata/idp-oidc";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stepsOf } from "../../test/support/shown-steps.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import { settingsCheck } from "./settings-check.ts";

const host = { platform: process.platform, uid: process.getuid?.() };
let base: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-settings-check-")));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(base, name), text, { mode: 0o644 });
const steps = () =>
  stepsOf(
    settingsCheck.run({
      hasHome: true,
      settingsFile: () =>
        readSettingsFile({
          path: join(base, "tegata.toml"),
          namedBy: undefined,
          idps: [idpOidc],
          host,
          machineFile: { path: join(base, "machine.toml"), owner: host.uid ?? 0 },
        }),
    }),
  );

describe("the check of the settings", () => {
  it("says where a file would be, where there is none", async () => {
    expect(await steps()).toEqual([
      {
        id: "settings",
        state: "ok",
        message: `there is no settings file (none is named, and ${base}/tegata.toml is not there); what is typed and variables have to say everything`,
      },
    ]);
  });

  it("names each layer, where the team's came from, and what is fixed", async () => {
    const team = '[profile.shared]\nregion = "us-east-1"\n';
    const sha256 = createHash("sha256").update(team).digest("hex");
    await write("team.toml", team);
    await write("machine.toml", '[fixed]\nflow = "device"\nissuers = ["https://id.acme.com"]\n');
    await write(
      "tegata.toml",
      `[profile.dev]\nregion = "us-east-1"\n[team]\nurl = "https://acme.com/t.toml"\nsha256 = "${sha256}"\nfetched_at = "2026-11-29T12:00:00Z"\nversion = 3\n`,
    );
    expect((await steps()).map(({ id, message }) => [id, message])).toEqual([
      ["settings", `${base}/tegata.toml, with 1 profile`],
      [
        "team-settings",
        `${base}/team.toml, with 1 profile, from "https://acme.com/t.toml", fetched 2026-11-29T12:00:00Z, version 3`,
      ],
      ["machine-settings", `${base}/machine.toml, with 0 profiles; it fixes issuers, flow`],
    ]);
  });
});
