import { hint, or, setting, shownPath } from "@tegata/core";
import * as v from "valibot";
import { tokenFileSchema, tokenSettings } from "./settings.ts";
import { tokenInFile } from "./token-file.ts";
import { anyPlatform, issuerRuleIfNamed } from "./token-rules.ts";
import { definePlatform } from "./token-source.ts";

/** A token in a file that somebody else keeps up to date. */
export const file = definePlatform({
  name: "file",
  title: "a token file",
  summary: "a file with an ID token, read again each time",
  settings: v.strictObject({ ...tokenSettings, token_file: tokenFileSchema }),
  find: async (settings, machine) => {
    const path = settings.token_file;
    const shown = shownPath(path);
    const hints = {
      notAToken: `${shown} must hold an ID token and nothing else`,
      audience: `let the program that writes ${shown} ask for that audience alone`,
      anyAudience: true,
      expired: `check that the program that writes ${shown} still runs`,
    };
    return tokenInFile(path, machine, [hint`correct ${setting("token_file")}`, or`let something write a token there`], {
      issuer: issuerRuleIfNamed(settings),
      audience: settings.audience,
      profile: anyPlatform,
      hints,
    });
  },
});
