import { hint, type Machine, or, setting } from "@tegata/core";
import * as v from "valibot";
import { tokenSettings } from "./settings.ts";
import { readTokenFile } from "./token-file.ts";
import { requestToken, tokenMember } from "./token-request.ts";
import { issuerLike, issuerRule, judgeToken, readToken, subjectTraits, type TokenRules } from "./token-rules.ts";
import { definePlatform, tokenMissing } from "./token-source.ts";

const what = "the token exchange of Vercel";

/**
 * Vercel, in a build or during development: its token is for the team, and is exchanged for one with another audience.
 *
 * @see https://vercel.com/docs/oidc/reference
 */
export const vercel = definePlatform({
  name: "vercel",
  title: "Vercel",
  summary: "Vercel, by the token of a build",
  settings: v.strictObject(tokenSettings),
  find: async (settings, machine) => {
    const file = machine.variable("VERCEL_OIDC_TOKEN_FILE");
    const variable = machine.variable("VERCEL_OIDC_TOKEN");
    if (machine.variable("VERCEL") === undefined && file === undefined && variable === undefined) {
      return undefined;
    }
    const turnOn = "turn on Secure Backend Access with OIDC Federation in the project's settings, and deploy again";
    const read = async (from: Machine): Promise<string> => {
      const token = file === undefined ? variable : await readTokenFile(file, from, turnOn);
      if (token === undefined) {
        throw tokenMissing(
          "this build of Vercel has no ID token: neither VERCEL_OIDC_TOKEN_FILE nor VERCEL_OIDC_TOKEN is set",
          `${turnOn}; on your own machine: vercel env pull`,
        );
      }
      return token;
    };
    const hints = {
      notAToken: `check what ${file === undefined ? "VERCEL_OIDC_TOKEN" : "the file of VERCEL_OIDC_TOKEN_FILE"} holds`,
      audience: hint`leave ${setting("audience")} out for the team's own audience`,
      expired: "a build's token lasts an hour; on your own machine: vercel env pull",
    };
    const { audience } = settings;
    const rules: TokenRules = {
      issuer: issuerRule(
        settings,
        issuerLike("https://oidc.vercel.com/…", /^https:\/\/oidc\.vercel\.com(?:\/[^/?#]+)?$/),
      ),
      audience,
      hints,
    };
    return {
      ...rules,
      traits: subjectTraits(readToken(await read(machine), hints)),
      token: async (context) => {
        const token = await read(context.machine);
        if (audience === undefined || readToken(token, hints).aud.includes(audience)) {
          return token;
        }
        // It is sent to its issuer: judged before.
        const { issuer } = judgeToken(token, { ...rules, audience: undefined }, context);
        const url = new URL("/~token", issuer).href;
        const response = await requestToken(
          {
            what,
            url,
            init: {
              method: "POST",
              headers: { accept: "application/json", "content-type": "application/json" },
              body: JSON.stringify({ token, aud: audience }),
            },
            transient: [500, 502, 503, 504],
            refused: () => [hint`leave ${setting("audience")} out for the team's own audience`, or`check it`],
          },
          context,
        );
        return tokenMember(response, "token", what, url);
      },
    };
  },
});
