import { hint, or, setting } from "@tegata/core";
import * as v from "valibot";
import { tokenSettings } from "./settings.ts";
import { issuerLike, issuerRule } from "./token-rules.ts";
import { definePlatform, handedOutToken, tokenMissing } from "./token-source.ts";

/**
 * Bitbucket Pipelines: a step with `oidc: true` has a token in its environment. The workspace names the audience.
 *
 * @see https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
 */
export const bitbucket = definePlatform({
  name: "bitbucket",
  title: "Bitbucket Pipelines",
  summary: "Bitbucket Pipelines, by the step's token",
  settings: v.strictObject(tokenSettings),
  find: async (settings, machine) => {
    if (machine.variable("BITBUCKET_BUILD_NUMBER") === undefined) {
      return undefined;
    }
    const token = machine.variable("BITBUCKET_STEP_OIDC_TOKEN");
    if (token === undefined) {
      throw tokenMissing(
        "this step of Bitbucket Pipelines has no ID token: BITBUCKET_STEP_OIDC_TOKEN is not set",
        "add oidc: true to the step",
      );
    }
    const hints = {
      notAToken: "leave BITBUCKET_STEP_OIDC_TOKEN as the runner sets it",
      audience: [
        hint`leave ${setting("audience")} out for the workspace's own`,
        or`add it under OpenID Connect of the repository, one alone`,
      ],
      expired: "a step's token does not outlast it: get the credentials in the step that uses them",
    };
    return handedOutToken(token, {
      issuer: issuerRule(
        settings,
        issuerLike(
          "https://api.bitbucket.org/2.0/workspaces/…/pipelines-config/identity/oidc",
          /^https:\/\/api\.bitbucket\.org\/2\.0\/workspaces\/[^/?#]+\/pipelines-config\/identity\/oidc$/,
        ),
      ),
      audience: settings.audience,
      hints,
    });
  },
});
