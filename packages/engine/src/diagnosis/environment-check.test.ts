import { formatEnv } from "@tegata/format-env";
import { idpOidc } from "@tegata/idp-oidc";
import { describe, expect, it } from "vitest";
import { stepsOf } from "../../test/support/shown-steps.ts";
import { emptySettings } from "../settings/settings-file.ts";
import { systemOfLibrary } from "../this-system.ts";
import { environmentCheck } from "./environment-check.ts";

const found = (env: Readonly<Record<string, string>>) =>
  stepsOf(
    environmentCheck.run({
      system: { ...systemOfLibrary(), env },
      plugins: { idps: [idpOidc], formats: [formatEnv] },
      settingsFile: () => Promise.resolve(emptySettings(undefined)),
    }),
  );

describe("the check of the environment", () => {
  it("names what counts, and no value", async () => {
    const env = { AWS_REGION: "r", TEGATA_CLIENT_SECRET: "s3cret", HTTPS_PROXY: "http://u:p@x", HOME: "/h", CI: "1" };
    expect(await found(env)).toEqual([
      {
        id: "environment",
        state: "ok",
        message: "what counts is AWS_REGION, CI, HTTPS_PROXY, TEGATA_CLIENT_SECRET",
      },
    ]);
  });

  it("leaves empty variables out", async () => {
    expect(await found({ AWS_REGION: "", AWS_ACCESS_KEY_ID: "" })).toMatchObject([
      { message: "no variable changes anything" },
    ]);
  });

  it.each(["TEGATA_SHELL", "TEGATA_ISSUER", "TEGATA_CONFIG", "TEGATA_CHOSEN", "TEGATA_INSIDE"])(
    "knows %s",
    async (name) => {
      expect(await found({ [name]: "x" })).toHaveLength(1);
    },
  );

  it("lets a variable be that is like none of ours", async () => {
    expect(await found({ TEGATA_OF_A_WRAPPER: "x" })).toHaveLength(1);
  });
});
