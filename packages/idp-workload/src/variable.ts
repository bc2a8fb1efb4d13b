import { setting, words } from "@tegata/core";
import * as v from "valibot";
import { tokenSettings, tokenVariableSchema } from "./settings.ts";
import { anyPlatform, issuerRuleIfNamed } from "./token-rules.ts";
import { definePlatform, handedOutToken, tokenMissing } from "./token-source.ts";

/** A token in an environment variable. It does not renew itself: that lasts as long as the token does. */
export const variable = definePlatform({
  name: "variable",
  title: "a variable",
  vouches: false,
  summary: "an environment variable with an ID token",
  settings: v.strictObject({ ...tokenSettings, token_variable: tokenVariableSchema }),
  find: async (settings, machine) => {
    const name = settings.token_variable;
    const token = machine.variable(name)?.trim();
    if (token === undefined || token === "") {
      throw tokenMissing(
        words`the variable ${name}, which ${setting("token_variable")} names, is not set`,
        `put an ID token into ${name}`,
      );
    }
    const hints = {
      notAToken: `the variable ${name} must hold an ID token and nothing else`,
      audience: `let the program that sets ${name} ask for that audience alone`,
      anyAudience: true,
      expired: `put a new token into ${name}`,
    };
    return handedOutToken(token, {
      issuer: issuerRuleIfNamed(settings),
      audience: settings.audience,
      profile: anyPlatform,
      hints,
    });
  },
});
