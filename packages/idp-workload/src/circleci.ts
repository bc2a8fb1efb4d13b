import { hint, or, thisProgram, setting } from "@tegata/core";
import * as v from "valibot";
import { isFor, tokensIn } from "./carried-tokens.ts";
import { tokenPrintedBy } from "./printed-token.ts";
import { tokenSettings, tokenVariableSchema } from "./settings.ts";
import { issuerLike, issuerRule, readToken, subjectTraits } from "./token-rules.ts";
import { definePlatform, tokenMissing } from "./token-source.ts";

/**
 * CircleCI: every job has a token for its organization; for another audience its own command gets one.
 *
 * @see https://circleci.com/docs/openid-connect-tokens/
 * @see https://circleci.com/docs/oidc-tokens-with-custom-claims/
 */
export const circleci = definePlatform({
  name: "circleci",
  title: "CircleCI",
  summary: "CircleCI, by the job's token",
  settings: v.strictObject({ ...tokenSettings, token_variable: v.optional(tokenVariableSchema) }),
  find: async (settings, machine) => {
    if (machine.variable("CIRCLECI") === undefined) {
      return undefined;
    }
    const names =
      settings.token_variable === undefined ? ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"] : [settings.token_variable];
    const tokens = tokensIn(names, machine);
    const { audience } = settings;
    // With an audience, the token that has it; else the newest kind that can be read.
    const fitting = tokens.find(
      ({ claims }) => claims !== undefined && (audience === undefined || isFor(audience, claims)),
    );
    const token = (fitting ?? tokens.find(({ claims }) => claims !== undefined) ?? tokens[0])?.token;
    if (token === undefined) {
      throw tokenMissing(
        `this job of CircleCI has no ID token in ${names.join(" or ")}`,
        "a build of a fork gets none unless Pass secrets to builds from forked pull requests is on, and older CircleCI servers want a context in the job",
      );
    }
    const hints = {
      notAToken: `check what ${names.join(" or ")} holds`,
      audience: [
        hint`leave ${setting("audience")} out for the organization's own audience`,
        or`register this one in IAM`,
      ],
      expired: hint`a token of CircleCI lasts an hour: with ${setting("audience", "NAME")} ${thisProgram} gets a new one each time`,
    };
    const claims = readToken(token, hints);
    return {
      traits: subjectTraits(claims),
      issuer: issuerRule(
        settings,
        issuerLike("https://oidc.circleci.com/org/…", /^https:\/\/oidc\.circleci\.com(?:\/org\/[\w-]+)?$/),
      ),
      audience,
      hints,
      token: async (context) => {
        if (audience === undefined || claims.aud.includes(audience)) {
          return token;
        }
        const command = ["circleci", "run", "oidc", "get", "--claims", JSON.stringify({ aud: audience })] as const;
        const printed = await tokenPrintedBy(command, context);
        if (printed === undefined) {
          throw tokenMissing("circleci run oidc get printed no token", [
            hint`run the job again`,
            hint`if it stays, leave ${setting("audience")} out for the organization's own audience`,
          ]);
        }
        return printed;
      },
    };
  },
});
