import { enterNestedRun, hostTraits, nestedRunsVariable, setting, shownPath, words as saying } from "@tegata/core";
import * as v from "valibot";
import { tokenPrintedBy } from "./printed-token.ts";
import { tokenCommandSchema, tokenSettings } from "./settings.ts";
import { anyPlatform, issuerRuleIfNamed } from "./token-rules.ts";
import { definePlatform, tokenMissing } from "./token-source.ts";

const errorFormatVariable = "TEGATA_ERROR_FORMAT";

/** A program that prints a token, run again each time. */
export const command = definePlatform({
  name: "command",
  title: "a command",
  vouches: false,
  summary: "a command that prints an ID token",
  settings: v.strictObject({ ...tokenSettings, token_command: tokenCommandSchema }),
  find: async (settings, machine) => {
    const words = settings.token_command;
    const shown = shownPath(words[0]);
    const inside = machine.variable(nestedRunsVariable);
    const variables = {
      ...enterNestedRun(inside, ["token_command", ...words], saying`${setting("token_command")} (${shown})`),
      // What a tegata in it says becomes part of a message, and is no object for a program.
      ...(machine.variable(errorFormatVariable) === undefined ? {} : { [errorFormatVariable]: "text" }),
    };
    return {
      traits: [...words, ...(await hostTraits(machine))],
      issuer: issuerRuleIfNamed(settings),
      audience: settings.audience,
      profile: anyPlatform,
      hints: {
        notAToken: `${shown} must print an ID token to stdout and nothing else`,
        audience: `let ${shown} ask for that audience, one alone`,
        anyAudience: true,
        expired: `let ${shown} ask for a new token, and check the clock of this machine`,
      },
      token: async (context) => {
        const token = await tokenPrintedBy(words, context, { variables });
        if (token === undefined) {
          throw tokenMissing(`${shown} printed no token`, `run ${shown} by hand to see what is wrong`);
        }
        return token;
      },
    };
  },
});
